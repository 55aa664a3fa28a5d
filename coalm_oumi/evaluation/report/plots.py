"""Plots as SVG, drawn by matplotlib without a display, text left as text."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from coalm_oumi.evaluation.report.document import Bars, HeatMap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = ("#1f6f8b", "#d98032", "#5b8c5a", "#8a5a9e", "#a64d4d", "#6b6b6b")
# The names of what an SVG draws are random without a salt.
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "coalm",
    "font.size": 9,
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw(plot: Bars | HeatMap) -> str:
    """Returns a plot as an `<svg>` element that needs nothing from outside.

    Args:
        plot: What to draw.
    """
    import matplotlib

    with matplotlib.rc_context(_STYLE):
        figure = _bars(plot) if isinstance(plot, Bars) else _heat_map(plot)
        buffer = io.StringIO()
        figure.savefig(
            buffer,
            format="svg",
            bbox_inches="tight",
            transparent=True,
            metadata={"Date": None, "Creator": None, "Title": plot.title},
        )
    return _embeddable(buffer.getvalue())


def _embeddable(document: str) -> str:
    """Returns the `<svg>` element of a document, as wide as it is but no wider."""
    element = document[document.index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    element = re.sub(
        r'\sxmlns(:\w+)?="[^"]*"', "", element.replace("xlink:href", "href")
    )
    element = re.sub(r'\sheight="[\d.]+pt"', "", element, count=1)
    width = re.compile(r'\swidth="([\d.]+pt)"')
    return width.sub(r' style="width: \1"', element, count=1).strip()


def _figure(width: float, height: float) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    return figure, figure.add_subplot()


def _bars(plot: Bars) -> Figure:
    series = len(plot.series)
    figure, axes = _figure(8.5, 0.9 + len(plot.groups) * (0.1 + 0.16 * series))
    thickness = 0.8 / series
    for number, (label, values) in enumerate(plot.series):
        places = [
            place - 0.4 + thickness * (number + 0.5)
            for place in range(len(plot.groups))
        ]
        kept = [(at, v) for at, v in zip(places, values, strict=True) if v is not None]
        axes.barh(
            [at for at, _ in kept],
            [value for _, (value, _, _) in kept],
            height=thickness * 0.9,
            color=_COLOURS[number % len(_COLOURS)],
            label=_literal(label),
            xerr=[
                [max(0.0, value - low) for _, (value, low, _) in kept],
                [max(0.0, high - value) for _, (value, _, high) in kept],
            ],
            error_kw={"elinewidth": 0.9, "ecolor": "#333333", "capsize": 1.5},
        )
    axes.set_yticks(range(len(plot.groups)), [_literal(name) for name in plot.groups])
    axes.set_ylim(len(plot.groups) - 0.5, -0.5)
    axes.set_xlim(0, 105)
    axes.set_xlabel("per cent, with 95 % interval")
    axes.grid(axis="x", linewidth=0.4, alpha=0.5)
    axes.set_axisbelow(True)
    if series > 1:
        axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure


def _heat_map(plot: HeatMap) -> Figure:
    import numpy as np

    values = np.array(
        [[np.nan if v is None else v for v in row] for row in plot.values], dtype=float
    )
    figure, axes = _figure(2.6 + 0.95 * len(plot.columns), 1.0 + 0.28 * len(plot.rows))
    shades = _shades(values, plot.by_column)
    shown = np.ma.masked_invalid(shades)
    axes.pcolormesh(shown, cmap="YlGnBu", vmin=0, vmax=1, edgecolors="white")
    for row, column in zip(*np.where(~np.isnan(values)), strict=True):
        value = values[row, column]
        axes.text(
            column + 0.5,
            row + 0.5,
            f"{value:.1f}" if plot.unit else f"{value:.0f}",
            ha="center",
            va="center",
            color="white" if shades[row, column] > 0.55 else "black",
        )
    names = [_literal(name) for name in plot.columns]
    places = np.arange(len(names)) + 0.5
    axes.set_xticks(places, names, rotation=30, ha="left")
    rows = [_literal(name) for name in plot.rows]
    axes.set_yticks(np.arange(len(rows)) + 0.5, rows)
    axes.invert_yaxis()
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return figure


def _shades(values: Any, by_column: bool) -> Any:
    """Maps values to 0 to 1, over all of them or for each column on its own."""
    import numpy as np

    axis = 0 if by_column else None
    # A column may be empty: its ends then do not matter.
    high = np.max(values, axis=axis, where=~np.isnan(values), initial=0.0)
    low = np.min(values, axis=axis, where=~np.isnan(values), initial=100.0)
    low = low if by_column else 0.0
    return (values - low) / np.maximum(high - low, 1e-9)


def _literal(text: str) -> str:
    """Keeps matplotlib from reading a formula into a text with dollar signs."""
    return text.replace("$", r"\$")
