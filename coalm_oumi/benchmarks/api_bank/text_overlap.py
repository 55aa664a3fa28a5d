"""Rouge and BLEU exactly as LLaMA-Factory's `predict_results.json` has them.

Its `train/sft/metric.py` cuts both texts with jieba, scores the words with rouge-chinese
(unigrams and bigrams as sets, F1), and the characters with nltk's sentence BLEU-4,
smoothing method 3. Google's rouge-score gives other numbers.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, NamedTuple

from coalm_oumi.errors import CoalmError

PACKAGES = ("rouge-chinese", "jieba", "nltk")
"""The packages that the scores depend on."""

LONGEST = 8_000
"""Characters of a reply that are scored: rouge-chinese fills a table of words by words."""


class Overlap(NamedTuple):
    """How much of the label a reply repeats, in per cent."""

    rouge_l: float
    rouge_1: float
    rouge_2: float
    bleu_4: float


def overlap(reply: str, label: str) -> Overlap:
    """Scores a reply against the label as text: fences and white space count.

    Args:
        reply: What the model wrote; what is beyond `LONGEST` characters is left out.
        label: What it should have written.

    Raises:
        CoalmError: A package is not installed.
    """
    cut, rouge, bleu = _libraries()
    reply = reply[:LONGEST]
    found, wanted = " ".join(cut(reply)), " ".join(cut(label))
    if found.split() and wanted.split():
        scores = rouge(found, wanted)[0]
        f1 = [scores[name]["f"] for name in ("rouge-l", "rouge-1", "rouge-2")]
    else:
        f1 = [0.0, 0.0, 0.0]
    values = (*f1, bleu([list(label)], list(reply)))
    return Overlap(*(round(100 * value, 4) for value in values))


@cache
def _libraries() -> tuple[Any, Any, Any]:
    """Returns functions that cut into words, score words, and score characters."""
    from coalm_oumi.storage import cache_dir

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # jieba is from before Python 3.12
            with _as_if_missing("pkg_resources"):
                import jieba
            from rouge_chinese import Rouge

            smoothing, sentence_bleu = _bleu()
    except ImportError as error:
        raise CoalmError(
            f"'{error.name}' is not installed, which Rouge and BLEU need. Run `pip install "
            f"{' '.join(PACKAGES)}`."
        ) from error
    jieba.setLogLevel(logging.CRITICAL)
    # An own one: the shared one may have been given other words by somebody. Its cache
    # goes into our folder, since in /tmp anybody could put a file in its place.
    words = jieba.Tokenizer()
    folder = cache_dir() / "jieba"
    with suppress(OSError):  # without it the dictionary is built each time, in a second
        folder.mkdir(parents=True, exist_ok=True)
    setattr(words, "tmp_dir", str(folder))  # noqa: B010 - it is typed as None
    method_3 = smoothing().method3

    def bleu(references: list[list[str]], reply: list[str]) -> float:
        # Typed as a fraction, it is a plain number.
        return float(sentence_bleu(references, reply, smoothing_function=method_3))  # pyright: ignore

    return words.cut, Rouge().get_scores, bleu


def _bleu() -> tuple[Any, Any]:
    """Returns nltk's `SmoothingFunction` and `sentence_bleu`.

    nltk imports all of itself, and with it scipy and scikit-learn, which takes longer than
    the scores do. BLEU needs neither: it is taken from a copy of nltk that has none, and
    that nobody else gets to see.
    """
    known = "nltk" in sys.modules
    with _as_if_missing(*(() if known else ("scipy", "sklearn", "matplotlib"))):
        from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
    if not known:
        for name in [name for name in sys.modules if name.split(".")[0] == "nltk"]:
            del sys.modules[name]
    return SmoothingFunction, sentence_bleu


@contextmanager
def _as_if_missing(*names: str) -> Iterator[None]:
    """Makes `import` fail for packages that are not imported yet, within the block."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
