"""Prompt templates: the wording that a model is trained on and must be served with.

Each template is a file `<name>_v<version>.txt` beside this module, reproduced byte for
byte from the paper (Figures 4 to 7), or of our own where it prints none (ToolACE);
`<<field>>` marks where a row's content goes. A changed wording is a new version, never
an edit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FIELD = re.compile(r"<<([a-z_]+)>>")


@dataclass(frozen=True)
class PromptTemplate:
    """A prompt with places for a row's content.

    Attributes:
        name: What it is for (`hammer`, `snips`).
        version: Counts up with every change of wording.
        text: The wording, with `<<field>>` for each place.
    """

    name: str
    version: int
    text: str

    @property
    def id(self) -> str:
        """Name and version in one word, as results and provenance carry it."""
        return f"{self.name}_v{self.version}"

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the places to fill, in order."""
        return tuple(_FIELD.findall(self.text))

    def render(self, **content: str) -> str:
        """Fills every place.

        Args:
            **content: The text for each field. It goes in as it is: a `<<field>>`
                inside a row's own content stays text.

        Raises:
            ValueError: The names given are not the template's.
        """
        if set(content) != set(self.fields):
            raise ValueError(
                f"template {self.id} has the fields {sorted(set(self.fields))}, "
                f"not {sorted(content)}"
            )
        return _FIELD.sub(lambda match: content[match.group(1)], self.text)


@cache
def load_template(name: str, version: int) -> PromptTemplate:
    """Loads a template of this package.

    Args:
        name: The file's name before `_v`.
        version: The number behind `_v`.

    Raises:
        FileNotFoundError: The package has no such template.
    """
    path = Path(__file__).with_name(f"{name}_v{version}.txt")
    return PromptTemplate(name, version, path.read_bytes().decode("utf-8"))


def hammer_template() -> PromptTemplate:
    """Single-turn function calling (Figure 5): fields `tools` and `query`."""
    return load_template("hammer", 1)


def toolace_template() -> PromptTemplate:
    """One turn of a ToolACE conversation in a sample's input: `speaker` and `text`.

    The paper prints no prompt for ToolACE. A row's own system text is the instruction.
    """
    return load_template("toolace", 1)


def snips_template() -> PromptTemplate:
    """Single-turn state tracking over the seven SNIPS intents (Figure 4): no fields.

    The paper's print leaves out AddToPlaylist's line of slots; it stands first here.
    """
    return load_template("snips", 1)


def cra_action_template(*, dated: bool = False) -> PromptTemplate:
    """CRA action prediction: fields `tools` and `history`, and `today` if it is dated.

    Args:
        dated: Whether it states today's date before the history, which is ours. Without
            it, it is Figure 6.
    """
    return load_template("cra_action", 2 if dated else 1)


def cra_response_template(*, dated: bool = False) -> PromptTemplate:
    """CRA response generation: field `history`, and `today` if it is dated.

    Args:
        dated: As for `cra_action_template`; without it, it is Figure 7.
    """
    return load_template("cra_response", 2 if dated else 1)


def cra_tools_template(*, dated: bool = False) -> PromptTemplate:
    """The system message of a CRA dialogue as a chat with tools; the wording is ours.

    Args:
        dated: Whether it states today's date, as field `today`; else it has no fields.
    """
    return load_template("cra_tools", 2 if dated else 1)


def cra_generation_template() -> PromptTemplate:
    """CRA written whole by a model (Table 6): `functions`, `names` and `user_input`.

    The braces around the dictionaries and the `# ` before headings, which the print has
    lost, are restored.
    """
    return load_template("cra_generation", 1)


def cra_grounded_template() -> PromptTemplate:
    """Thoughts of a dialogue whose calls and results are given; the wording is ours.

    Fields `functions`, `conversation`, and, both empty unless the responses are to be
    rephrased, `rephrasing` (`cra_rephrasing_template`) and `response_field`.
    """
    return load_template("cra_grounded", 1)


def cra_rephrasing_template() -> PromptTemplate:
    """The line that asks for rephrased responses: no fields."""
    return load_template("cra_rephrasing", 1)
