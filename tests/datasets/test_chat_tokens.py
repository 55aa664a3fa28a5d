"""Chats with tools as tokens: real templates against a slow, obvious reference."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.datasets.cra import CRA
from coalm_oumi.datasets.hammer_masked import HAMMER_MASKED
from coalm_oumi.datasets.part import Part, PartRequest
from coalm_oumi.datasets.sft.chat_tokens import ChatEncoder
from coalm_oumi.datasets.snips_dst import SNIPS_DST
from coalm_oumi.datasets.toolace import TOOLACE
from coalm_oumi.prompts.chat_template import ChatTemplate
from coalm_oumi.sample import Chat, chat_calls
from coalm_oumi.sources.locate import locate

ASSET = Path(__file__).parents[1] / "assets/tiny_llama"
TOKENIZERS = Path(os.environ.get("COALM_TEST_TOKENIZERS", ""))
REAL = ("llama3_1", "qwen3", "gemma3", "deepseek_v3", "mistral_nemo")
"""Folders of tokenizers with their families' templates (`.ci/tokenizers`)."""
PARTS = (SNIPS_DST, HAMMER_MASKED, TOOLACE, CRA)
CHATS = 25
TOOL = {
    "type": "function",
    "function": {
        "name": "find_bus",
        "description": "Finds buses.",
        "parameters": {"type": "object", "properties": {"to": {"type": "string"}}},
    },
}


def tokenizer_of(name: str) -> Any:
    from transformers import AutoTokenizer

    folder = ASSET if name == "tiny_llama" else TOKENIZERS / name
    if name != "tiny_llama" and not os.environ.get("COALM_TEST_TOKENIZERS"):
        pytest.skip("COALM_TEST_TOKENIZERS names no folder of tokenizers")
    return AutoTokenizer.from_pretrained(folder)


def dialogues(part: Part, **options: Any) -> list[Chat]:
    options = {"on_missing": "embedded", **options}
    given = part.options(**options)
    names = part.read_from(given, None)
    places = {name: locate(name, on_missing="embedded") for name in names}
    found = part.dialogues(PartRequest(places, given))
    return [chat for chat, _ in zip(found, range(CHATS), strict=False)]


@pytest.fixture(scope="module")
def chats() -> dict[str, list[Chat]]:
    lists = {"cra": {"function_list": "dialogue"}}
    return {part.name: dialogues(part, **lists.get(part.name, {})) for part in PARTS}


def expected(tokenizer: Any, template: ChatTemplate, chat: Chat) -> dict[int, Any]:
    """The tokens that inference gives and gets, for each turn of the assistant."""
    found = {}
    for number, message in enumerate(chat.messages):
        if message["role"] != "assistant":
            continue
        prompt = template.text(chat.messages[:number], chat.tools, reply=True)
        whole = template.text(chat.messages[: number + 1], chat.tools)
        start = len(prompt)
        if not whole.startswith(prompt):  # Mistral's leaves out the system message
            start = whole.rindex("[/INST]") + len("[/INST]")
        ids = [
            tokenizer(text, add_special_tokens=False)["input_ids"]
            for text in (prompt, whole[start:].rstrip())
        ]
        found[number] = ids
    return found


@pytest.mark.parametrize("name", ["tiny_llama", *REAL])
def test_masks_are_those_of_each_turn_at_inference(
    name: str, chats: dict[str, list[Chat]]
) -> None:
    tokenizer = tokenizer_of(name)
    encoder = ChatEncoder(tokenizer)
    ends = set(tokenizer.all_special_ids)
    shared = 0
    for part, of_part in chats.items():
        for chat in of_part:
            rows, overlong = encoder.rows(chat)
            assert not overlong
            turns = expected(tokenizer, encoder.template, chat)
            trained = dict.fromkeys(turns, 0)
            for row in rows:
                mask = [0] * len(row.ids)
                for number, (prompt, reply) in turns.items():
                    whole, span = (
                        prompt + reply,
                        slice(len(prompt), len(prompt + reply)),
                    )
                    # A turn with a row of its own may be what another row begins with.
                    if row.ids[: len(whole)] == whole and all(row.mask[span]):
                        mask[span] = [1] * len(reply)
                        trained[number] += 1
                assert row.mask == mask, (part, chat.origin)
                assert row.ids[-1] in ends
            assert set(trained.values()) == {1}, (part, chat.origin)
            shared += len(turns) > len(rows)
    # Mistral's leaves the system message out once a reply stands behind the question.
    assert shared or name == "mistral_nemo", "no dialogue has turns that share a row"


@pytest.mark.parametrize("name", ["tiny_llama", *REAL])
def test_a_template_writes_everything_once(name: str) -> None:
    template = ChatTemplate(tokenizer_of(name))
    calls = chat_calls([("find_bus", {"to": "Ely"}), ("find_bus", {"to": 'Rye "x"'})])
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "A bus to Ely, one to Rye"},
        {"role": "assistant", "tool_calls": calls},
        *(
            {"role": "tool", "tool_call_id": c["id"], "content": f"result {n}"}
            for n, c in enumerate(calls)
        ),
        {"role": "assistant", "content": "At nine, and at ten."},
        {"role": "user", "content": "Thanks."},
    ]
    text = template.text(messages, [TOOL], reply=True)
    for part in ("Finds buses.", "A bus to Ely, one to Rye", "result 0", "result 1"):
        assert text.count(part) == 1, (part, text)
    assert text.count("Be brief.") == 1
    assert text.index("result 0") < text.index("result 1") < text.index("At nine")
    assert '"Rye \\"x\\""' in text


def test_without_tools_the_model_s_own_template_writes() -> None:
    tokenizer = tokenizer_of("tiny_llama")
    messages = [{"role": "user", "content": "Hello."}]
    before = tokenizer.apply_chat_template(messages, tokenize=False)
    assert ChatTemplate(tokenizer).replaced
    assert tokenizer.apply_chat_template(messages, tokenize=False) == before


def test_the_template_is_saved_with_the_model(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = tokenizer_of("tiny_llama")
    template = ChatTemplate(tokenizer)
    tokenizer.save_pretrained(tmp_path)
    again = ChatTemplate(AutoTokenizer.from_pretrained(tmp_path))
    assert not again.replaced
    messages = [{"role": "user", "content": "Hello."}]
    assert again.text(messages, [TOOL]) == template.text(messages, [TOOL])


def test_a_turn_too_long_is_left_out_and_those_before_are_kept() -> None:
    tokenizer = tokenizer_of("tiny_llama")
    encoder = ChatEncoder(tokenizer)
    messages = [
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "content": "Hello yourself."},
        {"role": "user", "content": "Tell me a story. " * 50},
        {"role": "assistant", "content": "Once."},
    ]
    (whole,), none = encoder.rows(Chat(messages, []))
    assert not none
    (row,), overlong = encoder.rows(Chat(messages, []), len(whole.ids) - 1)
    assert [number for number, _ in overlong] == [3]
    assert row.last == 1
    assert whole.ids[: len(row.ids)] == row.ids


def test_only_calls_are_trained_on_if_asked(chats: dict[str, list[Chat]]) -> None:
    tokenizer = tokenizer_of("tiny_llama")
    encoder = ChatEncoder(tokenizer, trained="calls")
    for chat in chats["cra"]:
        rows, _ = encoder.rows(chat)
        spans = sum(
            before < after
            for row in rows
            for before, after in zip([0, *row.mask], row.mask, strict=False)
        )
        assert spans == sum("tool_calls" in message for message in chat.messages)


def test_messages_that_are_not_to_be_learnt_are_context() -> None:
    tokenizer = tokenizer_of("tiny_llama")
    messages = [
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "content": "Bad reply."},
        {"role": "user", "content": "No."},
        {"role": "assistant", "content": "Good reply."},
    ]
    (row,), _ = ChatEncoder(tokenizer).rows(
        Chat(messages, [], untrained=frozenset({1}))
    )
    trained = [i for i, m in zip(row.ids, row.mask, strict=True) if m]
    assert "Good reply." in tokenizer.decode(trained)
    assert "Bad reply." not in tokenizer.decode(trained)
    assert "Bad reply." in tokenizer.decode(row.ids)
