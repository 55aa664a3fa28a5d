"""Counting tokens with any tokenizer: what Table 1 counts.

Counted are the tokens of instruction, input and output, joined by line breaks, without
special tokens and chat template.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from coalm_oumi.errors import CoalmError, shorten

Count = Callable[[Sequence[str]], list[int]]
"""Counts the tokens of each text."""


def tokenizer_file(name: str) -> Path | None:
    """Finds the `tokenizer.json` of a tokenizer.

    Args:
        name: A folder, or a name on the Hugging Face Hub.

    Returns:
        The file; None if the tokenizer has none of that name.

    Raises:
        CoalmError: There is no such tokenizer, or it cannot be fetched.
    """
    folder = Path(name)
    if folder.is_dir():
        file = folder / "tokenizer.json"
        return file if file.is_file() else None
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    try:
        return Path(hf_hub_download(name, "tokenizer.json"))
    except EntryNotFoundError:
        return None
    except Exception as error:  # the Hub's, the network's and the name check's errors
        raise CoalmError(
            f"there is no such folder, and it cannot be had from the Hugging Face Hub: "
            f"{shorten(error, 160).rstrip('.')}. Pass a folder with a tokenizer.json.",
            field=f"--tokenizer {name}",
        ) from error


def token_counter(name: str) -> Count:
    """Returns a function that counts the tokens of texts.

    Args:
        name: A folder, or a name on the Hugging Face Hub.

    Raises:
        CoalmError: It cannot be loaded.
    """
    file = tokenizer_file(name)
    if file is not None:
        from tokenizers import Tokenizer

        try:
            tokenizer = Tokenizer.from_file(str(file))
        except Exception as error:  # the library raises nothing more exact
            raise _unusable(name, error) from error
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return lambda texts: [
            len(found.ids)
            for found in tokenizer.encode_batch_fast(
                list(texts), add_special_tokens=False
            )
        ]
    from transformers import AutoTokenizer

    try:
        slow: Any = AutoTokenizer.from_pretrained(name)
    except Exception as error:  # each kind of tokenizer fails in a way of its own
        raise _unusable(name, error) from error
    return lambda texts: [
        len(ids) for ids in slow(list(texts), add_special_tokens=False)["input_ids"]
    ]


def _unusable(name: str, error: Exception) -> CoalmError:
    return CoalmError(
        f"the tokenizer cannot be loaded: {shorten(error, 160)}. Pass a folder with a "
        "tokenizer.json, or a name on the Hugging Face Hub.",
        field=f"--tokenizer {name}",
    )
