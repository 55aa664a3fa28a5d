"""`coalm generate-cra`: CRA dialogues written by a language model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from coalm_oumi.cli import output
from coalm_oumi.errors import CoalmError

if TYPE_CHECKING:
    from coalm_oumi.cra.generate.costs import Estimate
    from coalm_oumi.cra.generate.judging import Judged
    from coalm_oumi.cra.generate.options import CraOptions
    from coalm_oumi.cra.generate.run import Generated, Planned


def generate_cra(
    ctx: typer.Context,
    config_path: Annotated[
        str,
        typer.Option(
            "--config",
            "-c",
            metavar="CONFIG",
            help="Such as configs/cra_generate.yaml.",
        ),
    ],
    preview: Annotated[
        int | None,
        typer.Option(min=1, help="Show the first N results and ask for no others."),
    ] = None,
    only_estimate: Annotated[
        bool, typer.Option("--estimate", help="Tell tokens and price; ask for nothing.")
    ] = False,
) -> None:
    """Let a language model write CRA dialogues, from SGD or from your own APIs.

    The same command takes a run that broke off up where it was; a reply is paid for
    once. Fields of the config can be changed: `--cra.limit 100`.
    """
    from oumi.cli.cli_utils import parse_extra_cli_args

    from coalm_oumi.cli.recipe import quiet_oumi
    from coalm_oumi.cra.generate.config import read_config
    from coalm_oumi.cra.generate.run import estimate_run, generate, preview_run
    from coalm_oumi.secret_keys import hidden_in_errors

    with quiet_oumi():
        config = read_config(config_path, parse_extra_cli_args(ctx))
        with hidden_in_errors(config.hider):
            if only_estimate:
                _show_estimate(*estimate_run(config), config.options)
            elif preview is not None:
                _show_preview(*preview_run(config, preview))
            else:
                _show(generate(config), config.options)


def _show_estimate(
    planned: Planned, found: Estimate, spent: float | None, options: CraOptions
) -> None:
    done = len(planned.asked) - found.requests
    again = f"; {done} have their reply already" if done else ""
    output.line(f"{found.requests:,} requests ({planned.prompt}){again}")
    output.line(f"Tokens: {found.read:,} read, {found.written:,} written (a guess)")
    output.line(f"At most {found.at_most:,} written (generation.max_new_tokens)")
    output.line(f"Counted by {found.how}")
    prices = options.prices
    if prices is None or found.cost is None or found.most is None:
        output.line("No price: the config has no cra.prices")
        return
    output.line(
        f"Price: ${found.cost:,.2f}, at most ${found.most:,.2f} (prices of {prices.as_of})"
    )
    if spent:
        output.line(f"Spent so far: ${spent:,.4f}")
    limit = options.max_cost_usd
    if limit is not None and found.cost + (spent or 0) > limit:
        output.warning(f"max_cost_usd is ${limit:g}: the run will stop before its end")


def _show_preview(planned: Planned, made: Generated) -> None:
    for number, one in enumerate(planned.asked, 1):
        output.heading(f"{number}. {one.id}")
        if one.id in made.judged:
            _show_judged(made.judged[one.id])
        elif one.id in made.failures:
            output.line(f"Failed: {made.failures[one.id]}", style="bold red")
        else:
            output.line("Not asked for.")
    output.heading("The run keeps these replies and does not pay for them again.")
    _show_cost(made)
    if made.stopped is not None:
        raise made.stopped


def _show_judged(one: Judged) -> None:
    if one.dialogue is None:
        output.line(f"Rejected: {one.reason} ({one.detail})", style="bold red")
        return
    for turn in one.dialogue.turns:
        output.line(turn.lines())
        output.line()
    for repair in one.repairs:
        output.line(f"Repaired: {repair.rule} {repair.detail}".rstrip())
    for defect in one.defects:
        output.line(f"Noted: {defect.message}")


def _show(made: Generated, options: CraOptions) -> None:
    from coalm_oumi.cra.generate.outputs import FAILURES, REJECTED

    counts = made.record["counts"]
    output.line(
        f"{counts['asked']:,} asked for: {counts['dialogues']:,} dialogues "
        f"({counts['samples']:,} samples), {counts['rejected']:,} rejected, "
        f"{counts['failed']:,} failed"
    )
    reasons = sorted(counts["rejected_by_reason"].items(), key=lambda item: -item[1])
    for reason, n in reasons[:10]:
        output.line(f"  {n:,} rejected: {reason}")
    _show_cost(made)
    if counts["failed"]:
        output.warning(
            f"{counts['failed']} dialogues have no reply; failures.jsonl says why. Run "
            "the same command again to ask for those that may be asked for again."
        )
    output.line(f"Written to {options.output_dir}", style="bold")
    if made.stopped is not None:
        raise made.stopped
    if counts["asked"] and not counts["dialogues"]:
        raise CoalmError(
            f"none of the {counts['asked']:,} dialogues that were asked for was kept: "
            f"{counts['rejected']:,} rejected, {counts['failed']:,} without a reply. "
            f"{REJECTED} and {FAILURES} say why.",
            path=options.output_dir,
        )


def _show_cost(made: Generated) -> None:
    tokens, cost = made.record["tokens"], made.record["cost_usd"]
    price = "" if cost is None else f", ${cost:,.4f}"
    guessed = tokens["replies_estimated"]
    output.line(
        f"{made.record['replies_paid']:,} replies paid for: {tokens['read']:,} tokens "
        f"read, {tokens['written']:,} written{price}"
        + (f" ({guessed:,} of them estimated)" if guessed else "")
    )
