"""The options of a build that decide its bytes."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args, get_type_hints

from coalm_oumi.cra.prompt_options import PromptOptions
from coalm_oumi.datasets.part import Part
from coalm_oumi.errors import OptionError, expected_one_of
from coalm_oumi.options import Options

RowFormat = Literal["alpaca", "messages"]
Missing = Literal["download", "embedded", "error", "skip"]
# What CRA's prompts say and list: the flag that changes it, and the option.
_PROMPT_OPTIONS = {
    "--function-list": "function_list",
    "--action-turns": "action_turns",
    "--function-names": "function_names",
    "--no-state-date": "state_date",
    "--undated-actions": "undated_actions",
}


@dataclass(frozen=True)
class BuildOptions(PromptOptions):
    """What is built. Nothing else but the sources and the versions decides the bytes.

    Attributes:
        seed: Fixes every draw and the order of the rows.
        only: Names of the parts to build, in the table's order; all if empty.
        limit: Rows to read of each source at most; None for all.
        on_missing: What to do about a source that is not on this machine: `download`
            it, take the `embedded` corpus, end with an `error`, or `skip` it and say so.
        format: `alpaca` (instruction, input, output) or `messages` (and tools).
        tokenizer: Folder or Hub name of the tokenizer that counts; None counts nothing.
        overlaps: Whether samples are compared with the benchmarks.
        drop_overlaps: Whether samples that overlap with them are left out.
        catalogue: A catalogue of the user's own functions, of which the part `cra` is
            then made instead of SGD; None for SGD.
        dialogues: The seed dialogues about them.
        generated: The folder that `coalm generate-cra` or `coalm validate-cra` left, or
            a file of its rows, of which the part `cra` is then made; None for SGD.
    """

    seed: int = 42
    only: tuple[str, ...] = ()
    limit: int | None = None
    on_missing: Missing = "download"
    format: RowFormat = "alpaca"
    tokenizer: str | None = None
    overlaps: bool = True
    drop_overlaps: bool = False
    catalogue: str | None = None
    dialogues: str | None = None
    generated: str | None = None

    def __post_init__(self) -> None:
        """Checks the choices.

        Raises:
            OptionError: A value is unknown or outside its range.
        """
        hints = get_type_hints(type(self))
        for flag, name in {
            "--format": "format",
            "--on-missing": "on_missing",
            **_PROMPT_OPTIONS,
        }.items():
            value, choices = getattr(self, name), get_args(hints[name])
            if choices and value not in choices:
                raise OptionError(expected_one_of(value, choices), field=flag)
        if self.limit is not None and self.limit < 1:
            raise OptionError("expected a whole number from 1.", field="--limit")
        if (self.catalogue is None) != (self.dialogues is None):
            raise OptionError(
                "a catalogue and its dialogues go together: name both, or neither.",
                field="--catalogue" if self.dialogues else "--dialogues",
            )
        for field, value in (
            ("--catalogue", self.catalogue),
            ("--generated", self.generated),
        ):
            if value and self.only and "cra" not in self.only:
                raise OptionError(
                    "it is for the part cra, which --only leaves out. Add cra there.",
                    field=field,
                )
        if self.generated:
            self._check_generated()
        if self.drop_overlaps and not self.overlaps:
            raise OptionError(
                "what is not looked for cannot be dropped: leave out --no-overlaps.",
                field="--drop-overlaps",
            )

    def _check_generated(self) -> None:
        if self.catalogue:
            raise OptionError(
                "the part cra is made of one of them: --generated, or --catalogue with "
                "--dialogues.",
                field="--generated",
            )
        given = [
            flag
            for flag, name in _PROMPT_OPTIONS.items()
            if getattr(self, name) != getattr(BuildOptions, name)
        ]
        if given:
            raise OptionError(
                "the prompts of generated rows are written already: leave out "
                f"{' and '.join(given)}.",
                field="--generated",
            )

    def of_part(self, part: Part) -> Options:
        """Returns the options of a part as this build has them, the rest by default."""
        names = set(part.options.option_names())
        shared = {field.name for field in fields(self)} - {"on_missing"}
        own = {name: getattr(self, name) for name in names & shared}
        if "sample_seed" in names:
            own["sample_seed"] = self.seed
        return part.options(**own)

    def as_json(self) -> dict[str, Any]:
        """Returns the options as a JSON object."""
        found = {**asdict(self), "only": list(self.only)}
        # Last, as they have always stood in the manifest.
        return found | {n: found.pop(n) for n in _PROMPT_OPTIONS.values()}

    def command(self) -> str:
        """Returns the command that builds the same, but for where it writes."""
        given = ["coalm build --output coalm-it", f"--seed {self.seed}"]
        if self.only:
            given.append(f"--only {','.join(self.only)}")
        if self.limit is not None:
            given.append(f"--limit {self.limit}")
        if self.on_missing != "download":
            given.append(f"--on-missing {self.on_missing}")
        if self.format != "alpaca":
            given.append(f"--format {self.format}")
        if self.tokenizer:
            given.append(f"--tokenizer {self.tokenizer}")
        for flag, name in _PROMPT_OPTIONS.items():
            value = getattr(self, name)
            if value != getattr(BuildOptions, name):
                given.append(flag if value is False else f"{flag} {value}")
        if self.drop_overlaps:
            given.append("--drop-overlaps")
        if self.catalogue and self.dialogues:
            given.append(f"--catalogue {shlex.quote(self.catalogue)}")
            given.append(f"--dialogues {shlex.quote(self.dialogues)}")
        if self.generated:
            given.append(f"--generated {shlex.quote(self.generated)}")
        if not self.overlaps:
            given.append("--no-overlaps")
        return " ".join(given)
