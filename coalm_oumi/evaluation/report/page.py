"""A report as one HTML page that needs nothing from outside: no script, no network."""

from __future__ import annotations

from pathlib import Path

from coalm_oumi.evaluation.invented import INVENTED
from coalm_oumi.evaluation.report.document import Report
from coalm_oumi.evaluation.report.plots import draw

_TEMPLATE = Path(__file__).with_name("page.html.j2")


def to_page(report: Report, version: str) -> str:
    """Returns a report as an HTML page.

    Args:
        report: What to show.
        version: This package's, for the foot of the page.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    # Safe as it is: our own drawing, in which matplotlib has escaped the names.
    environment.filters["drawn"] = lambda plot: Markup(draw(plot))  # noqa: S704
    # A place between 0 and 100 %, whatever a stored number says.
    environment.filters["place"] = lambda value: f"{min(max(value, 0), 100):.2f}%"
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(report=report, version=version, invented=INVENTED)
