"""`coalm preview`: what a training recipe shows the model, and what it trains on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import inf
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coalm_oumi.cli import output

if TYPE_CHECKING:
    from coalm_oumi.cli.recipe import Part, Recipe, Tokens

_LONGEST_PROMPT = 1500
_OVERLONG = ("rejected", "longer than model_max_length")


@dataclass(frozen=True)
class Counts:
    """What a dataset comes to.

    Attributes:
        lengths: Tokens of each sample.
        trained: Tokens of each sample that the loss is taken over.
        dropped: Samples left out because they are too long.
        cut: Samples that training cuts short.
    """

    lengths: list[int]
    trained: list[int]
    dropped: int
    cut: int


def preview(
    ctx: typer.Context,
    recipe_path: Annotated[
        str, typer.Option("--config", "-c", metavar="RECIPE", help="A *_train.yaml.")
    ],
    n: Annotated[
        int, typer.Option("-n", min=0, help="Samples to show of each dataset.")
    ] = 3,
    all_tokens: Annotated[
        bool, typer.Option("--all-tokens", help="Show every token on its own line.")
    ] = False,
) -> None:
    """Show the samples of a training recipe as the model sees them.

    What is trained on is marked. Fields of the recipe can be changed as for `oumi
    train`: `--model.model_max_length 512`.
    """
    from oumi.cli.cli_utils import parse_extra_cli_args

    from coalm_oumi.cli.recipe import open_recipe, quiet_oumi

    with quiet_oumi():
        recipe = open_recipe(recipe_path, parse_extra_cli_args(ctx))
        for part in recipe.parts:
            _show_samples(recipe, part, n, all_tokens)
        _show_counts(recipe)


def _show_samples(recipe: Recipe, part: Part, n: int, all_tokens: bool) -> None:
    if not n:
        return
    rows = part.rows.select(range(min(n, len(part.rows)))).to_list()
    for number, tokens in enumerate(recipe.tokens(rows)):
        total, trained = len(tokens.ids), sum(tokens.trained)
        output.heading(
            f"{part.name}, sample {number + 1} of {len(part.rows)}"
            f"{_origin(part, number)}: {total} tokens, {trained} trained"
        )
        if all_tokens:
            _show_tokens(recipe.tokenizer, tokens)
        else:
            _show_runs(recipe.tokenizer, tokens)
        if not trained:
            output.warning(
                f"{part.name}, sample {number + 1} has no trained token: it teaches "
                "nothing. Does the collator's template fit the chat template?"
            )


def _origin(part: Part, number: int) -> str:
    """Returns the record a sample was made of, if rows and samples keep one order."""
    shuffled = part.params.shuffle or part.params.sample_count is not None
    if part.made is None or shuffled:
        return ""
    row = part.made.data.iloc[number]
    parts = (row.get("source"), row.get("record_id"), row.get("transformation"))
    return f" ({', '.join(str(part) for part in parts if part)})"


def _show_runs(tokenizer: Any, tokens: Tokens) -> None:
    """Writes the text, cut where training begins and ends."""
    for trained, ids in _runs(tokens):
        text = tokenizer.decode(ids, skip_special_tokens=False)
        if trained:
            output.line(f"trained ({len(ids)} tokens)", style="bold green")
        else:
            output.line(f"prompt ({len(ids)} tokens, not trained)", style="bold")
            text = _shortened(text)
        for line in text.split("\n"):
            output.line(f"  {line}", style="green" if trained else "dim")


def _runs(tokens: Tokens) -> Iterator[tuple[bool, list[int]]]:
    pairs = zip(tokens.trained, tokens.ids, strict=True)
    for trained, run in groupby(pairs, key=lambda pair: pair[0]):
        yield trained, [token for _, token in run]


def _shortened(text: str) -> str:
    left_out = len(text) - _LONGEST_PROMPT
    if left_out <= 0:
        return text
    half = _LONGEST_PROMPT // 2
    return (
        f"{text[:half]}\n[... {left_out} characters; --all-tokens shows them ...]\n"
        f"{text[-half:]}"
    )


def _show_tokens(tokenizer: Any, tokens: Tokens) -> None:
    for position, (token, trained) in enumerate(
        zip(tokens.ids, tokens.trained, strict=True)
    ):
        text = tokenizer.decode([token], skip_special_tokens=False)
        mark = "trained" if trained else "-"
        output.line(
            f"{position:>6}  {token:>7}  {mark:<7}  {text!r}",
            style="green" if trained else "dim",
        )


def _show_counts(recipe: Recipe) -> None:
    from coalm_oumi.cli.recipe import mixture_counts

    limit = int(recipe.tokenizer.model_max_length)
    counts = [_count(recipe, part, limit) for part in recipe.parts]
    drawn = mixture_counts(recipe)
    output.heading("Datasets")
    output.table(
        (
            "dataset",
            "#samples",
            "#tokens",
            "#mean",
            "#longest",
            "#trained",
            "#overlong",
            "#in the mixture",
        ),
        [
            _row(part, count, n, sum(drawn))
            for part, count, n in zip(recipe.parts, counts, drawn, strict=True)
        ],
    )
    cut = sum(count.cut for count in counts)
    output.line(
        "longest: tokens; trained: share of the tokens; overlong: samples left out "
        "because they are longer than model_max_length"
    )
    output.line(f"model_max_length: {limit}; samples that would be cut: {cut}")
    for part in recipe.parts:
        for ledger in part.made.ledgers if part.made else ():
            for line in ledger.lines():
                output.line(line, style="dim")
    _warn(recipe.parts, counts)


def _count(recipe: Recipe, part: Part, limit: int) -> Counts:
    lengths = [len(ids) for ids in part.rows["input_ids"]]
    ledgers = part.made.ledgers if part.made else []
    # Oumi's own datasets are cut before they come here: those that reach the limit. In a
    # row of several samples none is longer than it.
    longest: float = limit if part.made else limit - 1
    if part.made and part.made.pack_tokens is not None:
        longest = inf
    return Counts(
        lengths=lengths,
        trained=list(recipe.trained_counts(part)),
        dropped=sum(ledger.counts().get(_OVERLONG, 0) for ledger in ledgers),
        cut=sum(length > longest for length in lengths),
    )


def _row(part: Part, count: Counts, drawn: int, mixture: int) -> tuple[str, ...]:
    tokens, samples = sum(count.lengths), len(count.lengths)
    return (
        part.name,
        f"{samples:,}",
        f"{tokens:,}",
        f"{tokens / max(samples, 1):.1f}",
        f"{max(count.lengths, default=0):,}",
        f"{100 * sum(count.trained) / max(tokens, 1):.1f} %",
        f"{count.dropped:,}",
        f"{drawn:,} ({100 * drawn / max(mixture, 1):.1f} %)",
    )


def _warn(parts: Sequence[Part], counts: Sequence[Counts]) -> None:
    for part, count in zip(parts, counts, strict=True):
        untaught = count.trained.count(0)
        if untaught:
            output.warning(
                f"{part.name}: {untaught} of {len(count.trained)} samples have no "
                "trained token."
            )
        if count.cut:
            output.warning(
                f"{part.name}: {count.cut} samples reach model_max_length and are cut, "
                "so that they train on a part of the reply. Raise it."
            )
