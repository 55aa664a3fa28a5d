"""A byte-level BPE tokenizer (`tokenizer.json`) as GGUF's `tokenizer.ggml.*`.

GGUF names the rule that splits text before the merges instead of holding it; llama.cpp has
the rules built in. A tokenizer whose rule is not known here is refused: under another name
a model would read other tokens than it was trained on, and say so nowhere.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coalm_oumi.errors import CoalmError, DataFormatError

if TYPE_CHECKING:
    from gguf import GGUFWriter

_FILE = "tokenizer.json"
# The regular expressions of Llama 3 and Qwen, by llama.cpp's names for them.
_WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s"
_WORDS += r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_SPLITS = {_WORDS % "{1,3}": "llama-bpe", _WORDS % "": "qwen2"}


def add_tokenizer(writer: GGUFWriter, folder: Path, size: int) -> None:
    """Adds a model's tokenizer, its special tokens and its chat template.

    Args:
        writer: Of the file to be.
        folder: The model.
        size: Rows of its embedding; those that no token has are filled up.

    Raises:
        CoalmError: GGUF has no name for this tokenizer, or there is none.
    """
    import gguf

    path = folder / _FILE
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        rule = _splitting_rule(whole)
        tokens, types = _tokens(whole, size)
        special = gguf.SpecialVocab(folder, load_merges=True, n_vocab=size)
    except OSError as error:
        raise CoalmError(
            f"it cannot be read ({error.strerror}). Save the tokenizer with the model: "
            "AutoTokenizer.from_pretrained(...).save_pretrained(...).",
            path=path,
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataFormatError(
            f"expected a tokenizer of the tokenizers package ({error}).", path=path
        ) from error
    if rule is None:
        raise CoalmError(
            "its tokenizer splits text in a way that is not known here; expected the "
            "byte-level BPE of GPT-2, SmolLM, Llama 3 or Qwen. llama.cpp's "
            "convert_hf_to_gguf.py knows more.",
            path=path,
        )
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(rule)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    # Without them llama.cpp takes what is usual under the rule's name.
    special.add_special_token = {"bos": False, "eos": False} | special.add_special_token
    special.add_to_gguf(writer, quiet=True)


def _splitting_rule(tokenizer: dict[str, Any]) -> str | None:
    """Returns llama.cpp's name for how a tokenizer splits text, if it has one."""
    steps = tokenizer["pre_tokenizer"] or {}
    steps = steps.get("pretokenizers", [steps])
    if tokenizer["model"]["type"] != "BPE" or not steps:
        return None
    *before, last = steps
    if last.get("type") != "ByteLevel" or last.get("add_prefix_space"):
        return None
    if not last.get("use_regex", True):
        found = [_SPLITS.get(step.get("pattern", {}).get("Regex")) for step in before]
        # llama.cpp takes a word that is a token as one under this name, without merges.
        as_tokens = found == ["llama-bpe"]
        known = as_tokens == bool(tokenizer["model"].get("ignore_merges"))
        return found[0] if len(found) == 1 and known else None
    if not before:
        return "gpt-2"
    digits = [step.get("type") for step in before] == ["Digits"]
    return "smollm" if digits and before[0].get("individual_digits") else None


def _tokens(tokenizer: dict[str, Any], size: int) -> tuple[list[str], list[int]]:
    """Returns the text and the type of each token.

    Raises:
        ValueError: There are more than the embedding has rows for.
    """
    from gguf import TokenType

    tokens = [f"[PAD{number}]" for number in range(size)]
    types = [int(TokenType.UNUSED)] * size
    added = {
        token["content"]: (token["id"], token["special"])
        for token in tokenizer["added_tokens"]
    }
    known = {
        text: (number, None) for text, number in tokenizer["model"]["vocab"].items()
    }
    for text, (number, special) in (known | added).items():
        if not 0 <= number < size:
            raise ValueError(f"token {number}, and the model has {size}")
        tokens[number] = text
        kind = TokenType.CONTROL if special else TokenType.USER_DEFINED
        types[number] = int(TokenType.NORMAL if special is None else kind)
    return tokens, types
