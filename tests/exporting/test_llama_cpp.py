"""llama.cpp reads the tokens, and writes the replies, that transformers does.

COALM_TEST_LLAMA_CPP names a folder in which `npm install node-llama-cpp` has been run: it
brings llama.cpp, compiled.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.prompts import snips_template
from coalm_oumi.training.exporting.gguf_file import export_gguf
from tests.exporting.exported import write_model
from tests.exporting.test_gguf import RULES, set_rule

pytestmark = pytest.mark.slow
GREEDY = Path(__file__).with_name("greedy.mjs")
QUESTIONS = (
    "User: will it rain in Ely tomorrow at 20:30",
    "User: book a table for 12 in Paris\n\n  20 minutes from now",
    "Tell me  3 things about the 2019 town of Ely?\n  1. It's 日本 🚀 'LL and I'll",
)


def beside(folder: Path, prompts: list[str]) -> tuple[list[Any], list[Any]]:
    """Returns the tokens and replies of llama.cpp, and those of transformers."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    llama_cpp = os.environ.get("COALM_TEST_LLAMA_CPP")
    if not llama_cpp:
        pytest.skip("COALM_TEST_LLAMA_CPP names no folder with node-llama-cpp")
    file = folder.with_suffix(".gguf")
    export_gguf(folder, file)
    done = subprocess.run(
        ["node", str(GREEDY), llama_cpp, str(file)],
        input=json.dumps(prompts),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float16)
    model = model.float()  # the weights as the file has them
    expected = []
    for prompt in prompts:
        tokens = tokenizer(prompt, return_tensors="pt", add_special_tokens=False)
        written = model.generate(**tokens, max_new_tokens=48, do_sample=False)[0]
        reply = written[tokens["input_ids"].shape[1] :].tolist()
        if reply[-1] == tokenizer.eos_token_id:
            reply.pop()
        expected.append({"tokens": tokens["input_ids"][0].tolist(), "reply": reply})
    return json.loads(done.stdout.splitlines()[-1]), expected


@pytest.mark.parametrize("family", ["llama", "llama 3.1", "qwen3"])
def test_tiny_models_write_the_same(family: str, tmp_path: Path) -> None:
    found, expected = beside(write_model(tmp_path / "m", family), list(QUESTIONS))
    assert found == expected


@pytest.mark.parametrize("rule", RULES)
def test_text_is_split_alike(rule: str, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    set_rule(folder, RULES[rule], ignore_merges=rule == "llama-bpe")
    found, expected = beside(folder, list(QUESTIONS))
    assert [one["tokens"] for one in found] == [one["tokens"] for one in expected]


def test_smollm2_writes_the_same(smollm2: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    (tmp_path / "m").symlink_to(smollm2)
    tokenizer: Any = AutoTokenizer.from_pretrained(smollm2)
    prompts = [
        tokenizer.apply_chat_template(
            [{"role": "system", "content": system}, {"role": "user", "content": text}],
            tokenize=False,
            add_generation_prompt=True,
        )
        for text, system in zip(
            QUESTIONS, (snips_template().text, "Answer.", "Be brief."), strict=True
        )
    ]
    found, expected = beside(tmp_path / "m", prompts)
    assert found == expected
