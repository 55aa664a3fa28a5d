r"""Conversations as text, by the tokenizer's chat template, without asking it each time.

Most templates only write a message's content, or its trimmed form. Such a template gives
the same frame for every conversation of the same roles::

    <|im_start|>user\n{0}<|im_end|>\n<|im_start|>assistant\n{1}<|im_end|>\n

and the contents can be put in by hand. Whether a template is of this kind is found out,
not assumed: it is rendered with contents that stop the rendering when anything looks at
them (`_Watched`), constructs by which a look would go unseen are refused beforehand
(`_hides_looks`), and the frame has to give what the template gives for contents made to
break it (`_AWKWARD`). Otherwise each conversation is rendered by the template itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

Turn = tuple[str, str]
"""A message's role and content."""

_AWKWARD = (
    "",
    " ",
    "  leading and trailing \n",
    "\n\nlines\n\n",
    "<b>&amp; \"double\", 'single', back\\slash \\n",
    "{{ braces }} {% tag %} {# note #} %s {0}",
    "</think> <think> [INST] <|eot_id|> <|im_end|>\n",
    "System: tool_calls user assistant None true 0",
    "12.50",
    "caf\u00e9 e\u0301 \u4e2d\u6587 \U0001f389 \u2028 \u00a0 \u200b",
    "\ttab\r\nwindows",
    "x" * 3000,
)
_MARK = re.compile("\ue000([0-9]+)(s?)\ue001")


class _LookedAtError(Exception):
    """A template looked at a content instead of writing it."""


class _Watched(str):
    """A content that may be written, joined and trimmed, but not looked at."""

    def __new__(cls, text: str) -> _Watched:
        return super().__new__(cls, text)

    def __str__(self) -> str:
        return self

    def __add__(self, other: str) -> _Watched:
        return _Watched("".join((self, other)))

    def __radd__(self, other: str) -> _Watched:
        return _Watched("".join((other, self)))

    def strip(self, chars: str | None = None, /) -> _Watched:
        match = _MARK.fullmatch("".join((self,)))
        if chars is not None or match is None:
            raise _LookedAtError
        return _Watched(f"\ue000{match[1]}s\ue001")


def _looked_at(*_: Any, **__: Any) -> NoReturn:
    raise _LookedAtError


_ALLOWED = {
    *("__new__", "__init__", "__class__", "__str__", "__add__", "__radd__", "strip"),
    *("__getattribute__", "__setattr__", "__delattr__", "__dir__", "__doc__"),
    *("__init_subclass__", "__subclasshook__", "__sizeof__", "__reduce__"),
    *("__reduce_ex__", "__getnewargs__", "__getstate__", "__repr__"),
}
for _name in dir(str):
    if _name not in _ALLOWED:
        setattr(_Watched, _name, _looked_at)

# On a content these raise, being methods of it; on messages and roles they are harmless.
_PLAIN_FILTERS = {
    *("trim", "length", "count", "default", "d", "upper", "lower", "capitalize"),
    *("first", "last", "list", "selectattr", "rejectattr"),
}
_PLAIN_FUNCTIONS = {"raise_exception", "namespace", "strftime_now", "range"}
_ENVIRONMENT = ImmutableSandboxedEnvironment(extensions=["jinja2.ext.loopcontrols"])


def _hides_looks(template: str) -> bool:
    """Says whether a template could look at a content without `_Watched` noticing.

    That is where a new text is made of it in one go (`~`, `%`, `join`, a macro, a block
    that is assigned) and then used further. What is written at once is not used further.
    """
    try:
        parsed = _ENVIRONMENT.parse(template)
    except TemplateSyntaxError:
        return True
    return any(_hides(node) for node in _unwritten(parsed))


def _unwritten(node: nodes.Node, *, written: bool = False) -> Iterator[nodes.Node]:
    """Yields all nodes but those whose value is written as it is."""
    if not written:
        yield node
    passes = isinstance(node, nodes.Output) or (
        written and isinstance(node, (nodes.Add, nodes.Concat))
    )
    for child in node.iter_child_nodes():
        mixes = isinstance(child, (nodes.Add, nodes.Concat, nodes.Filter, nodes.Call))
        yield from _unwritten(child, written=passes and mixes)


def _hides(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Filter):
        trims = node.name == "trim" and bool(node.args or node.kwargs)
        return trims or node.name not in _PLAIN_FILTERS
    if isinstance(node, nodes.Call):
        if isinstance(node.node, nodes.Name):
            return node.node.name not in _PLAIN_FUNCTIONS
        given = [*node.args, *(keyword.value for keyword in node.kwargs)]
        return not all(isinstance(argument, nodes.Const) for argument in given)
    if isinstance(node, nodes.Mod):
        return not (
            isinstance(node.right, nodes.Const) and isinstance(node.right.value, int)
        )
    making = (nodes.Concat, nodes.Macro, nodes.CallBlock)
    return isinstance(node, (*making, nodes.FilterBlock, nodes.AssignBlock))


class _Frame:
    """The constant parts of a rendered conversation and where its contents go."""

    def __init__(self, rendered: str) -> None:
        # Constant text, content's number, whether it is trimmed, constant text, ...
        found = _MARK.split(rendered)
        self._parts: list[str] = found[0::3]
        self._places = [
            (int(number), bool(trimmed))
            for number, trimmed in zip(found[1::3], found[2::3], strict=True)
        ]

    def fill(self, turns: Sequence[Turn]) -> str:
        """Returns the conversation with its contents in their places."""
        pieces = [self._parts[0]]
        for (number, trimmed), part in zip(self._places, self._parts[1:], strict=True):
            content = turns[number][1]
            pieces.append(content.strip() if trimmed else content)
            pieces.append(part)
        return "".join(pieces)


class ChatRenderer:
    """Renders conversations by a tokenizer's chat template."""

    def __init__(self, tokenizer: Any, *, add_generation_prompt: bool) -> None:
        """Takes the tokenizer whose template is meant.

        Args:
            tokenizer: A tokenizer with a chat template.
            add_generation_prompt: Whether the reply's heading is added at the end.
        """
        self._tokenizer = tokenizer
        self._add_generation_prompt = add_generation_prompt
        self._frames: dict[tuple[str, ...], _Frame | None] = {}
        template = getattr(tokenizer, "chat_template", None)
        self._plain = isinstance(template, str) and not _hides_looks(template)

    @property
    def framed(self) -> dict[tuple[str, ...], bool]:
        """For each sequence of roles met so far, whether a frame could be used."""
        return {roles: frame is not None for roles, frame in self._frames.items()}

    def render(self, turns: Sequence[Turn]) -> str:
        """Returns a conversation as text.

        Args:
            turns: Role and content of each message.
        """
        roles = tuple([role for role, _ in turns])
        if roles not in self._frames:
            self._frames[roles] = self._frame(roles, turns) if self._plain else None
        frame = self._frames[roles]
        return self._by_template(turns) if frame is None else frame.fill(turns)

    def _by_template(self, turns: Sequence[Turn]) -> str:
        return self._tokenizer.apply_chat_template(
            [{"role": role, "content": content} for role, content in turns],
            tokenize=False,
            add_generation_prompt=self._add_generation_prompt,
        )

    def _frame(self, roles: tuple[str, ...], turns: Sequence[Turn]) -> _Frame | None:
        watched = [
            (role, _Watched(f"\ue000{number}\ue001"))
            for number, role in enumerate(roles)
        ]
        try:
            frame = _Frame(self._by_template(watched))
            same = all(
                frame.fill(changed) == self._by_template(changed)
                for changed in _changed(turns)
            )
        except Exception:  # the template's own, too, which the row then raises itself
            return None
        return frame if same else None


def _changed(turns: Sequence[Turn]) -> Iterator[list[Turn]]:
    """Yields conversations with an awkward content in one place, and in all."""
    yield list(turns)
    for content in _AWKWARD:
        yield [(role, content) for role, _ in turns]
        for number in range(len(turns)):
            changed = list(turns)
            changed[number] = (turns[number][0], content)
            yield changed
