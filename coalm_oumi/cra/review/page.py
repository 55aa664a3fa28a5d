"""The review page: one HTML file that needs no network and no server.

The texts are data and models' writing, and are never markup: they stand in the page as
JSON in which `<`, `>` and `&` are escaped, and the script puts them there as text. The
page's own policy allows its one script and its one style sheet, by their digests, and
nothing else: no request, no form, no other script.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from coalm_oumi.cra.check.defect import ErrorClass
from coalm_oumi.cra.functions import FunctionCatalogue
from coalm_oumi.cra.review.dialogues import ReviewDialogue
from coalm_oumi.cra.review.schemas import shown_functions

FORMAT = "coalm-review-1"
"""What a saved file says it is."""
EXPLAINED = {
    ErrorClass.UNDEFINED_FUNCTION: "a function or argument that is not listed, or a "
    "required one missing",
    ErrorClass.ARGUMENT_TYPE: "a value of another type, or outside a closed list",
    ErrorClass.ARGUMENT_HALLUCINATION: "a value that nothing said or observed supports",
    ErrorClass.REASONING: "a thought, call or answer that does not follow",
}
"""The four classes, in a few words for the reviewer."""
_HERE = Path(__file__).parent


def review_page(
    dialogues: Sequence[ReviewDialogue],
    catalogue: FunctionCatalogue | None,
    *,
    title: str,
    version: str,
) -> str:
    """Returns the page.

    Args:
        dialogues: The sample, in the order in which it is reviewed.
        catalogue: The functions that the dialogues may call, if they are known.
        title: What is reviewed.
        version: This package's, for the foot of the page.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    script = (_HERE / "page.js").read_text("utf-8")
    style = (_HERE / "page.css").read_text("utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string((_HERE / "page.html.j2").read_text("utf-8"))
    return template.render(
        title=title,
        version=version,
        policy=f"default-src 'none'; script-src {_source(script)}; "
        f"style-src {_source(style)}; form-action 'none'; base-uri 'none'",
        # Safe as they are: our own files, and JSON that holds no markup.
        script=Markup(script),  # noqa: S704
        style=Markup(style),  # noqa: S704
        data=Markup(_json(page_data(dialogues, catalogue, title=title))),  # noqa: S704
    )


def page_data(
    dialogues: Sequence[ReviewDialogue],
    catalogue: FunctionCatalogue | None,
    *,
    title: str,
) -> dict[str, Any]:
    """Returns what the page shows, as its script reads it."""
    return {
        "format": FORMAT,
        "review": review_id(dialogues),
        "title": title,
        "classes": [
            {"key": e.value, "title": e.words, "about": about}
            for e, about in EXPLAINED.items()
        ],
        "functions": shown_functions(dialogues, catalogue),
        "dialogues": [
            {
                "id": dialogue.record_id,
                "called": dialogue.called,
                "lines": [[line.role, line.text] for line in dialogue.lines],
            }
            for dialogue in dialogues
        ],
    }


def review_id(dialogues: Sequence[ReviewDialogue]) -> str:
    """Returns what tells this review from others: the same dialogues have the same."""
    digest = hashlib.sha256()
    for dialogue in dialogues:
        lines = [[line.role, line.text] for line in dialogue.lines]
        digest.update(json.dumps([dialogue.record_id, lines]).encode("ascii"))
    return digest.hexdigest()[:16]


def _source(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _json(value: Any) -> str:
    """Returns JSON that can stand in a script element: no markup, ASCII only."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
