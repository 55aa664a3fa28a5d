"""Imperfect replies: the right ones, with one thing changed, drawn by seed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

from coalm_oumi.benchmarks.bfcl.gold import gold_prediction
from coalm_oumi.benchmarks.bfcl.load import BfclCase

_Change = Callable[[str, random.Random], str]


def _fenced(text: str, draw: random.Random) -> str:
    return f"```{draw.choice(['', 'python'])}\n{text}\n```"


def _on_lines(text: str, draw: random.Random) -> str:
    return text.replace("), ", "),\n ").replace("(", draw.choice(["(", "(\n"]), 1)


def _a_letter_lost(text: str, draw: random.Random) -> str:
    if not text:
        return text
    at = draw.randrange(len(text))
    return text[:at] + text[at + 1 :]


def _another_name(text: str, draw: random.Random) -> str:
    return re.sub(r"\w+\(", "look_up(", text, count=1)


def _another_number(text: str, draw: random.Random) -> str:
    return re.sub(r"\d+", lambda m: str(int(m[0]) + 1), text, count=1)


def _number_as_text(text: str, draw: random.Random) -> str:
    return re.sub(r"=(-?[\d.]+)", r"='\1'", text, count=1)


def _number_as_sum(text: str, draw: random.Random) -> str:
    return re.sub(r"=(\d+)", r"=\1 + 0", text, count=1)


def _whole_as_fraction(text: str, draw: random.Random) -> str:
    return re.sub(r"=(\d+)([,)])", r"=\1.0\2", text, count=1)


def _other_case(text: str, draw: random.Random) -> str:
    return text.swapcase() if draw.random() < 0.3 else re.sub("'(.)", _upper, text)


def _upper(match: re.Match[str]) -> str:
    return match[0].upper()


def _parameter_lost(text: str, draw: random.Random) -> str:
    return re.sub(r", \w+=[^,()\[\]{}]+", "", text, count=1)


def _parameter_more(text: str, draw: random.Random) -> str:
    return text.replace(")]", ", verbose=True)]")


def _names_lost(text: str, draw: random.Random) -> str:
    return re.sub(r"\w+=", "", text, count=draw.choice([1, 0]))


def _twice(text: str, draw: random.Random) -> str:
    return text.replace("]", f", {text[1:]}", 1) if text.endswith("]") else text


def _half(text: str, draw: random.Random) -> str:
    return text[: draw.randrange(len(text) + 1)]


def _without_brackets(text: str, draw: random.Random) -> str:
    return text.strip("[]")


def _with_prose(text: str, draw: random.Random) -> str:
    return draw.choice([f"Sure: {text}", f"{text} Done.", f"{text}<|eot_id|>"])


def _nothing(text: str, draw: random.Random) -> str:
    return draw.choice(["", "[]", "I cannot do that.", "[Sorry(no)]", "[{}]"])


def _right(text: str, draw: random.Random) -> str:
    return text


CHANGES: tuple[_Change, ...] = (
    *(_right, _fenced, _on_lines, _a_letter_lost, _another_name, _another_number),
    *(_number_as_text, _number_as_sum, _whole_as_fraction, _other_case),
    *(_parameter_lost, _parameter_more, _names_lost, _twice, _half),
    *(_without_brackets, _with_prose, _nothing),
)


def corrupted_prediction(case: BfclCase, seed: int) -> Any:
    """Returns a prediction for a case, right or wrong in one of many ways."""
    draw = random.Random(f"{seed} {case.id}")  # noqa: S311
    gold = gold_prediction(case)
    if not case.multi_turn:
        if case.answer is None and draw.random() < 0.5:
            gold = f"[{case.functions[0]['name']}()]" if case.functions else "[f(a=1)]"
        return draw.choice(CHANGES)(gold, draw)
    turns = [list(turn) for turn in gold]
    way = draw.randrange(6)
    turn = draw.randrange(len(turns))
    if way == 0:
        turns.pop()
    elif way == 1:
        turns[turn] = []
    elif way == 2:
        turns[turn] = [*turns[turn], *turns[draw.randrange(len(turns))], "Done."]
    elif way == 3:
        turns[turn], turns[0] = turns[0], turns[turn]
    else:
        turns[turn] = [draw.choice(CHANGES)(text, draw) for text in turns[turn]]
    return turns
