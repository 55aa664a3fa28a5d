"""Chat templates filled in by hand, where that gives the same, and only there."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coalm_oumi.datasets.sft.chat_rendering import ChatRenderer

HEAD = "{% for message in messages %}"
LLAMA_3 = (
    "{% set loop_messages = messages %}{% for message in loop_messages %}"
    "{% set content = '<|start|>' + message['role'] + '<|end|>\n\n' + "
    "message['content'] | trim + '<|eot|>' %}{% if loop.index0 == 0 %}"
    "{% set content = '<|pad|>' + content %}{% endif %}{{ content }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start|>assistant<|end|>\n\n' }}{% endif %}"
)
FRAMED = {
    "plain": HEAD + "<{{ message.role }}>{{ message.content }}\n{% endfor %}",
    "llama 3": LLAMA_3,
    "trimmed": HEAD + "[{{ message['content'].strip() }}]{% endfor %}",
    "joined and written": HEAD + "{{ '[' ~ message['content'] ~ ']' }}{% endfor %}",
    "system message taken out": (
        "{% if messages[0]['role'] == 'system' %}{% set system = messages[0]['content']"
        " | trim %}{% set messages = messages[1:] %}{% else %}{% set system = '' %}"
        "{% endif %}{{ '[' + system + ']' }}" + HEAD + "{{ message.content }};"
        "{% endfor %}"
    ),
    "branches for tools that are not taken": (
        "{% if tools %}{{ 'Tools: ' ~ tools | tojson(indent=2) }}{% endif %}"
        + HEAD
        + "{% if message.tool_calls %}{{ message.tool_calls[0].arguments | tojson }}"
        "{% else %}{{ message.content }}{% endif %}{% endfor %}"
    ),
    "roles that alternate": (
        HEAD + "{% if (message.role == 'user') != (loop.index0 % 2 == 0) %}"
        "{{ raise_exception('no') }}{% endif %}{{ message.content | trim }}|{% endfor %}"
    ),
}
LOOKING = {
    "empty or not": HEAD + "{% if message.content %}x{% endif %}{% endfor %}",
    "begins with": (
        HEAD + "{% if message.content.startswith('a') %}!{% endif %}"
        "{{ message.content }}{% endfor %}"
    ),
    "contains": (
        HEAD + "{{ message.content }}{% if 'tool' in message.content %}!{% endif %}"
        "{% endfor %}"
    ),
    "compares": HEAD + "{{ message.content == 'a' }}{% endfor %}",
    "counts": HEAD + "{{ message.content | length }}{% endfor %}",
    "cuts": HEAD + "{{ message.content[:3] }}{% endfor %}",
    "splits": HEAD + "{{ message.content.split('</think>')[-1] }}{% endfor %}",
    "replaces": HEAD + "{{ message.content | replace('a', 'b') }}{% endfor %}",
    "raises letters": HEAD + "{{ message.content | upper }}{% endfor %}",
    "escapes": HEAD + "{{ message.content | e }}{% endfor %}",
    "as json": HEAD + "{{ message | tojson }}{% endfor %}",
    "trims what it joined": HEAD + "{{ (' ' + message.content) | trim }}{% endfor %}",
    "trims a letter": HEAD + "{{ message.content | trim('x') }}{% endfor %}",
    "looks at what it joined": (
        HEAD
        + "{% set text = 'a' ~ message.content %}{% if 'abc' in text %}!{% endif %}"
        "{{ text }}{% endfor %}"
    ),
    "looks at what it formatted": (
        HEAD + "{% set text = '%s' % message.content %}{% if 'b' in text %}!{% endif %}"
        "{% endfor %}"
    ),
    "looks at a block": (
        HEAD + "{% set text %}{{ message.content }}{% endset %}"
        "{% if 'b' in text %}!{% endif %}{% endfor %}"
    ),
    "looks at what a macro wrote": (
        "{% macro w(m) %}{{ m.content }}{% endmacro %}"
        + HEAD
        + "{% set text = w(message)"
        " %}{% if 'b' in text %}!{% endif %}{{ text }}{% endfor %}"
    ),
    "looks at what a method joined": (
        HEAD + "{% set text = '-'.join([message.content, 'x']) %}"
        "{% if 'b' in text %}!{% endif %}{{ text }}{% endfor %}"
    ),
    "reads a number": HEAD + "{{ message.content | int }}{% endfor %}",
}
TURNS = [("system", "Be brief."), ("user", "  Hi \n"), ("assistant", "Yes.")]


def with_template(tokenizer: Any, template: str) -> Any:
    other = copy.copy(tokenizer)
    other.chat_template = template
    return other


def by_template(tokenizer: Any, turns: Sequence[tuple[str, str]]) -> str:
    messages = [{"role": role, "content": content} for role, content in turns]
    return tokenizer.apply_chat_template(messages, tokenize=False)


@pytest.mark.parametrize("name", FRAMED)
def test_a_template_that_only_writes_is_framed(tokenizer: Any, name: str) -> None:
    own = with_template(tokenizer, FRAMED[name])
    renderer = ChatRenderer(own, add_generation_prompt=False)
    for turns in (TURNS[1:], TURNS[1:], [("user", "{0}"), ("assistant", "")]):
        assert renderer.render(turns) == by_template(own, turns)
    assert renderer.framed == {("user", "assistant"): True}


@pytest.mark.parametrize("name", LOOKING)
def test_a_template_that_looks_is_asked_each_time(tokenizer: Any, name: str) -> None:
    own = with_template(tokenizer, LOOKING[name])
    renderer = ChatRenderer(own, add_generation_prompt=False)
    for content in ("abc", "", "12", "tool </think> x<y", "xax"):
        turns = [("user", content), ("assistant", "b")]
        assert renderer.render(turns) == by_template(own, turns)
    assert renderer.framed == {("user", "assistant"): False}


def test_each_sequence_of_roles_has_a_frame(tokenizer: Any) -> None:
    own = with_template(tokenizer, LLAMA_3)
    renderer = ChatRenderer(own, add_generation_prompt=False)
    assert renderer.render(TURNS) == by_template(own, TURNS)
    assert renderer.render(TURNS[1:]) == by_template(own, TURNS[1:])
    assert list(renderer.framed.values()) == [True, True]


def test_the_reply_s_heading_is_added_if_asked_for(tokenizer: Any) -> None:
    own = with_template(tokenizer, LLAMA_3)
    renderer = ChatRenderer(own, add_generation_prompt=True)
    text = renderer.render(TURNS[1:])
    assert text.endswith("Yes.<|eot|><|start|>assistant<|end|>\n\n")


def test_an_error_of_the_template_is_raised(tokenizer: Any) -> None:
    own = with_template(tokenizer, "{{ raise_exception('no system') }}")
    with pytest.raises(Exception, match="no system"):
        ChatRenderer(own, add_generation_prompt=False).render(TURNS)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.text(), min_size=2, max_size=2))
def test_any_content_is_rendered_as_the_template_does(
    tokenizer: Any, contents: list[str]
) -> None:
    turns = list(zip(("user", "assistant"), contents, strict=True))
    for template in (LLAMA_3, FRAMED["plain"]):
        own = with_template(tokenizer, template)
        renderer = ChatRenderer(own, add_generation_prompt=False)
        renderer.render(TURNS[1:])
        assert renderer.render(turns) == by_template(own, turns)
