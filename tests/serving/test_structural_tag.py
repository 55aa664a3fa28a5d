"""What replies may be under the structural tag, decoded by xgrammar at random."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from coalm_oumi.calls import NOTATIONS
from coalm_oumi.serving import read_reply
from coalm_oumi.serving.structural_tag import OfferedTool, structural_tag

xgrammar = pytest.importorskip("xgrammar", reason="xgrammar comes with vllm")

TOOLS = [
    OfferedTool(
        "find_bus",
        {
            "type": "object",
            "properties": {
                "to": {"enum": ["Ely", "St Ives, it's"]},
                "seats": {"type": "integer"},
                "daily": {"type": "boolean"},
                "note": {"type": ["string", "null"]},
                "stops": {"type": "array", "items": {"type": "number"}},
                "by": {"anyOf": [{"const": None}, {"type": "object"}]},
            },
            "required": ["to", "seats"],
        },
        strict=True,
    ),
    OfferedTool("clock"),
    OfferedTool("find_bus_2", {"properties": {"from": {}, "at-time": {}}}),
    OfferedTool(
        "note.add",
        {
            "properties": {
                "text": {"type": "string"},
                "more": {"properties": {"k": {"type": "string"}, "l": {}}},
            },
            "required": ["text", "more"],
        },
        strict=True,
    ),
]
NAMES = {tool.name for tool in TOOLS}
# Characters and pieces that belong, and others that only a text in quotes may hold.
VOCABULARY = [
    "",
    *map(chr, range(1, 127)),
    *('="', '")', "='", "')", "[f", "()", ")]", '"}}]', "\\u", "Action", "find"),
    *("é", "中", "\U0001f389", "\u2028", "<think>", "</think>"),
]
CLOSING = [VOCABULARY.index(c) for c in (*"]})\n", '"', "'")]


def compiled(tag: dict[str, Any]) -> Any:
    info = xgrammar.TokenizerInfo(VOCABULARY, stop_token_ids=[0])
    return xgrammar.GrammarCompiler(info).compile_structural_tag(json.dumps(tag))


def allows(tag: dict[str, Any], text: str) -> bool:
    """Whether a text is a whole reply under a tag."""
    matcher = xgrammar.GrammarMatcher(compiled(tag))
    return matcher.accept_string(text) and matcher.accept_token(0)


def sampled(grammar: Any, draw: random.Random) -> str:
    """A reply of random tokens, each of which is allowed; at some length it closes."""
    matcher = xgrammar.GrammarMatcher(grammar)
    mask = xgrammar.allocate_token_bitmask(1, len(VOCABULARY))
    reply: list[str] = []
    while not matcher.is_terminated():
        matcher.fill_next_token_bitmask(mask)
        words = [int(word) for word in mask[0]]
        allowed = [n for n in range(len(VOCABULARY)) if words[n // 32] >> n % 32 & 1]
        closing = [n for n in (0, *CLOSING) if n in allowed]
        near_end = len(reply) > 40 or draw.random() < 0.2
        token = draw.choice(closing if near_end and closing else allowed)
        assert matcher.accept_token(token)
        reply.append(VOCABULARY[token])
        assert len(reply) < 5000, "".join(reply[-200:])
    return "".join(reply)


@pytest.mark.parametrize("notation", NOTATIONS)
def test_a_thousand_random_replies_are_all_calls_of_offered_tools(
    notation: str,
) -> None:
    grammar = compiled(structural_tag(TOOLS, notation, required=True))
    draw = random.Random(notation)  # noqa: S311

    for _ in range(1000):
        text = sampled(grammar, draw)
        reply = read_reply(text, functions=NAMES, notation=notation)

        assert reply.content is None, text
        assert reply.calls, text
        for call in reply.calls:
            assert call.name in NAMES, text
            if call.name == "find_bus":
                assert call.arguments["to"] in ("Ely", "St Ives, it's")
                assert type(call.arguments["seats"]) is int
                assert isinstance(call.arguments.get("stops", []), list)
            if call.name == "note.add":
                assert isinstance(call.arguments["text"], str)
                assert isinstance(call.arguments["more"], dict)


GOOD = {
    "bracket": (
        '[find_bus(to="Ely", seats=2)]',
        "[clock(), clock()]",
        '[find_bus(to="Ely", seats=2, daily=True, note=None), clock()]',
        '[find_bus_2(from={"a": [1, 2.5e3], "b": null})]',
        "Where to?",
        "It is late [sic].",
    ),
    "json": (
        '[{"name": "clock", "arguments": {}}]',
        '```\n[{"name": "find_bus", "arguments": {"to": "Ely", "seats": 2}}]\n```',
        "Where to?",
    ),
    "cra": (
        "Action: find_bus(to='Ely', seats=2)",
        "Thought: I look.\nAction: clock()\nAction: find_bus_2(at-time=[None, 'x'])",
        "System: Where to? Action films are on.",
    ),
}
BAD = {
    "bracket": (
        '[find_bus(to="Ely", seats=2)',
        '[find_bus(to="Ely")]',
        '[find_bus(to="York", seats=2)]',
        '[find_bus(to="Ely", seats="two")]',
        "[find_taxi()]",
        "Well. [find_bus(to=]",
        "Well.</think>[find_taxi()]",
        "<think>Hm.</think>[find_taxi()]",
        "```\n[find_taxi()]",
        "",
    ),
    "json": (
        '[{"name": "find_taxi", "arguments": {}}]',
        '[{"name": "clock", "arguments": {}}',
        "[]",
        'So: [{"name": "find_taxi", "arguments": {}}]',
    ),
    "cra": (
        "Action: find_taxi()",
        "Action: clock(",
        "System: Hm.\nAction : find_taxi()",
        "System: Hm.\nAction2  : find_taxi()",
        "clock(",
    ),
}


# Words without calls need `excludes`, which 0.1.29, vLLM 0.17's, does not know.
@pytest.mark.skipif(
    "excludes" not in xgrammar.structural_tag.AnyTextFormat.model_fields,
    reason="an xgrammar that is too old for vLLM's tags",
)
@pytest.mark.parametrize("notation", NOTATIONS)
def test_replies_that_a_tag_allows(notation: str) -> None:
    tag = structural_tag(TOOLS, notation)

    assert [text for text in GOOD[notation] if not allows(tag, text)] == []
    assert [text for text in BAD[notation] if allows(tag, text)] == []


def test_required_calls_and_one_call() -> None:
    one = structural_tag(TOOLS, "bracket", required=True, parallel=False)

    assert allows(one, "[clock()]")
    assert not allows(one, "[clock(), clock()]")
    assert not allows(one, "Where to?")
    assert not allows(structural_tag(TOOLS, "bracket", required=True), "Where to?")
