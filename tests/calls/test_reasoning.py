"""What a model writes inside `<think>...</think>` is told from what it answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.calls import split_reasoning, without_reasoning
from coalm_oumi.calls.reasoning import Passage, ReasoningSplitter

CALL = '[find_bus(to="Ely")]'
# Pieces that make and break tags, quotes, brackets and lines.
PIECES = st.lists(
    st.sampled_from(
        [
            *[
                "<think>",
                "</think>",
                "<",
                "/think>",
                "<thi",
                "nk>",
                '"',
                "'",
                "\\",
                "(",
                ")",
                "[",
                "]",
                "{",
                "}",
                "a",
                "=",
                "don't",
            ],
            "\n",
            " ",
            CALL,
        ]
    ),
    max_size=30,
)


@pytest.mark.parametrize(
    ("text", "reasoning", "content"),
    [
        ("Hello!", (), "Hello!"),
        (" Hello! \n", (), " Hello! \n"),
        ("<think>\n\n</think>\n\n" + CALL, (), CALL),
        (f"\n<think>Not {CALL}.</think>\n{CALL}", (f"Not {CALL}.",), CALL),
        (f"<think>It is {CALL}", (f"It is {CALL}",), ""),
        (f"I look it up: {CALL}\n</think>\n\nHi", (f"I look it up: {CALL}",), "Hi"),
        ("<think>a</think> b <think>c</think> d", ("a", "c"), "b  d"),
        ("Wait.<think>a</think>\nHi", ("a",), "Wait.\nHi"),
        ("<think>a <think> b</think>c", ("a <think> b",), "c"),
        ("<think>a</think>b</think>c", ("a", "b"), "c"),
        ("a<think></think>b</think>c", ("b",), "ac"),
        ("</think>Hi", (), "Hi"),
        ("<think>", (), ""),
        ("<thinker> a </thinks>", (), "<thinker> a </thinks>"),
        ("<Think> a", (), "<Think> a"),
        ("", (), ""),
    ],
)
def test_reasoning_and_content(text, reasoning, content):
    assert split_reasoning(text) == (reasoning, content)
    assert without_reasoning(text) == content


@pytest.mark.parametrize(
    "text",
    [
        '[note(text="write <think> and </think>")]',
        "Action: note(text='a <think> of mine')",
        '[{"name": "note", "arguments": {"text": "a \\" <think>"}}]',
        '{"domain": "Note", "slot_values": {"text": "</think>"}}',
        "[note(text=\"it's <think>\", b='\"</think>')]",
    ],
)
def test_a_tag_in_quotes_inside_brackets_is_text(text):
    assert split_reasoning(text) == ((), text)
    assert split_reasoning(f"<think>a</think>{text}") == (("a",), text)


@pytest.mark.parametrize(
    "before",
    [
        "The user said 5\" (don't ask). ",
        'He said "',
        "(it's open and 'unclosed\n",
        '(the users\' "bus") ',
        "f(",
    ],
)
def test_quotes_of_prose_do_not_hide_reasoning(before):
    text = f"{before}<think>not {CALL}</think>Hi"
    assert split_reasoning(text) == ((f"not {CALL}",), f"{before}Hi")


def _joined(passages: list[Passage]) -> list[Passage]:
    """The passages with neighbouring content put together."""
    joined: list[Passage] = []
    for passage in passages:
        if joined and not (joined[-1].is_reasoning or passage.is_reasoning):
            passage = Passage(joined.pop().text + passage.text)
        joined.append(passage)
    return joined


def _split(pieces: list[str], *, begun: bool = False) -> list[Passage]:
    splitter = ReasoningSplitter(begun=begun)
    passages = [p for piece in pieces for p in splitter.feed(piece)]
    return _joined(passages + splitter.finish())


@given(PIECES, st.booleans())
def test_it_is_the_same_wherever_the_text_is_cut(pieces, begun):
    whole = _split(["".join(pieces)], begun=begun)
    assert _split(pieces, begun=begun) == whole
    assert _split(list("".join(pieces)), begun=begun) == whole


@given(PIECES)
def test_content_is_what_the_splitter_says_where_every_tag_has_its_partner(pieces):
    text = "".join(pieces)
    passages = _split([text])
    if not any(passage.reaches_back for passage in passages):
        content = "".join(p.text for p in passages if not p.is_reasoning)
        assert without_reasoning(text) == content


@given(PIECES)
def test_every_word_is_content_or_reasoning(pieces):
    text = "".join(pieces)
    reasoning, content = split_reasoning(text)
    assert "".join([*reasoning, content]).count("a") == text.count("a")


@given(st.text(alphabet="ab'\"[]() \n"), st.text(alphabet="ab'\"[]() \n"))
def test_a_text_begun_in_reasoning_is_split_plainly(thought, answer):
    passages = _split([f"{thought}</think>{answer}"], begun=True)
    assert passages[0] == Passage(thought.strip(), is_reasoning=True)
    assert "".join(p.text for p in passages[1:]) == answer.lstrip()


@pytest.mark.parametrize("unit", ["<think></think>", "<", "[", '["', " ", "<think>a"])
def test_a_long_text_is_read_once(unit):
    # Quadratic time would not end here.
    text = unit * (300_000 // len(unit))
    without_reasoning(text + "</think>")
    splitter = ReasoningSplitter()
    for start in range(0, len(text), 1000):
        splitter.feed(text[start : start + 1000])
