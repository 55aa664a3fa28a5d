"""What a model is asked for each dialogue: Table 6's prompt, or that for thoughts."""

from __future__ import annotations

from dataclasses import dataclass

from coalm_oumi.calls import write_action, write_literal
from coalm_oumi.cra.dialogue import CraDialogue, CraTurn
from coalm_oumi.cra.functions import FunctionCatalogue, signature
from coalm_oumi.cra.generate.options import CraOptions
from coalm_oumi.cra.generate.seeds import Seeds
from coalm_oumi.prompts import (
    cra_generation_template,
    cra_grounded_template,
    cra_rephrasing_template,
)

# Characters that a model writes for a turn, beside what it repeats of the dialogue: a
# thought, or two with a call and its result. Measured on the rule-written thoughts.
_THOUGHT = 180
_THOUGHTS_AND_CALL = 620
_TWO_THOUGHTS = 330


@dataclass(frozen=True)
class Asked:
    """A request.

    Attributes:
        id: The dialogue's.
        prompt: The prompt.
        expected: Characters that the reply may have; a guess.
    """

    id: str
    prompt: str
    expected: int


def prompt_version(options: CraOptions) -> str:
    """Returns the names and versions of the templates in use."""
    if options.mode == "paper":
        return cra_generation_template().id
    ids = [cra_grounded_template().id]
    if options.rephrase:
        ids.append(cra_rephrasing_template().id)
    return "+".join(ids)


def requests(seeds: Seeds, options: CraOptions) -> list[Asked]:
    """Returns the request of each dialogue, in order."""
    if options.mode == "paper":
        listing = functions_listing(
            seeds.functions, required_only=options.listed_arguments == "required"
        )
        names = _names(seeds.functions)
        return [_whole(dialogue, listing, names) for dialogue in seeds.dialogues]
    return [_thoughts(dialogue, seeds, options) for dialogue in seeds.dialogues]


def functions_listing(functions: FunctionCatalogue, *, required_only: bool) -> str:
    """Returns the numbered lines of Table 6.

    Args:
        functions: The functions.
        required_only: Whether optional arguments are left out, as the print does.
    """
    lines = []
    for number, function in enumerate(functions.functions, 1):
        if required_only:
            names = ", ".join(map(str, function.extra.get("required", ())))
            lines.append(f"{number}. {function.name}({names})")
        else:
            lines.append(f"{number}. {signature(function)}")
    return "\n".join(lines)


def _whole(dialogue: CraDialogue, listing: str, names: str) -> Asked:
    said = "\n".join(
        f"{turn.user_line()}\n{turn.response_output()}" for turn in dialogue.turns
    )
    template = cra_generation_template()
    prompt = template.render(functions=listing, names=names, user_input=said)
    # A model calls a function in about every other turn.
    extra = (_THOUGHT + _THOUGHTS_AND_CALL) // 2 * len(dialogue.turns)
    return Asked(dialogue.record_id, prompt, len(said) + extra)


def _names(functions: FunctionCatalogue) -> str:
    names = [f"{function.name}()" for function in functions.functions]
    if len(names) <= 4:
        return ", ".join(names)
    return f"{names[0]}, {names[1]},..., {names[-2]}, {names[-1]}"


def _thoughts(dialogue: CraDialogue, seeds: Seeds, options: CraOptions) -> Asked:
    services = dict.fromkeys(turn.service for turn in dialogue.turns)
    listed = [
        f"- {signature(function)}: {function.description}"
        f" Required: {', '.join(map(str, function.extra.get('required', ()))) or 'none'}."
        for service in services
        for function in seeds.by_service[service].functions
    ]
    template = cra_grounded_template()
    rephrasing = f"{cra_rephrasing_template().text}\n" if options.rephrase else ""
    prompt = template.render(
        functions="\n".join(dict.fromkeys(listed)),
        conversation="\n\n".join(_turn(n, t) for n, t in enumerate(dialogue.turns, 1)),
        rephrasing=rephrasing,
        response_field=', "response": "..."' if options.rephrase else "",
    )
    expected = sum(
        (_TWO_THOUGHTS if turn.step else _THOUGHT)
        + (len(turn.response) + 20 if options.rephrase else 0)
        for turn in dialogue.turns
    )
    return Asked(dialogue.record_id, prompt, expected)


def _turn(number: int, turn: CraTurn) -> str:
    lines = [f"Turn {number}", turn.user_line()]
    if turn.step is not None:
        lines.append(f"Call: {write_action(turn.step.call)}")
        lines.append(f"Result: {write_literal(turn.step.observation)}")
    lines.append(turn.response_output().replace("System: ", "Assistant: ", 1))
    return "\n".join(lines)
