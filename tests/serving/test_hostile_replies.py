"""No reply makes a reader fail but as it documents, and none takes long to read."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serving.hostile_texts import FRAGMENTS, PATTERNS, pattern_text
from tests.serving.reply_readers import READERS

NESTED = (
    *(("[", "]"), ('{"a":', "}"), ("(", ")"), ("f(a=", ")"), ("-", "")),
    *(("[", ""), ('{"a":[', ""), ("f(", "")),
)
EACH_READER = pytest.mark.parametrize("name", READERS)


def _read(name: str, text: str) -> None:
    reader = READERS[name]
    with contextlib.suppress(*reader.raises):
        reader.read(text)


@EACH_READER
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=20))
def test_only_documented_exceptions_are_raised(name: str, parts: list[str]) -> None:
    _read(name, "".join(parts))


@EACH_READER
def test_deep_nesting_is_read_or_refused(name: str) -> None:
    for before, after in NESTED:
        for head, tail in (("", ""), ("[f(a=", ")]"), ("Action: f(a=", ")")):
            for levels in (60, 150, 990, 5000):
                _read(name, head + before * levels + after * levels + tail)


@pytest.mark.parametrize("name", [n for n in READERS if not n.startswith("call_")])
def test_four_times_the_text_takes_no_more_than_a_few_times_as_long(name: str) -> None:
    # `call_match` is left out: it reads with `read_reply`.
    size = 2_000 if READERS[name].by_character else 8_000
    slow = []
    for pattern in PATTERNS:
        short, long = (pattern_text(pattern, n) for n in (size // 4, size))
        # Quadratic time would be sixteen times as long; a busy machine may be slow once.
        for _ in range(4):
            after = _seconds(name, long)
            if after < 0.02 or after < 10 * _seconds(name, short):
                break
        else:
            slow.append(pattern)
    assert not slow


def _seconds(name: str, text: str) -> float:
    start = time.process_time()
    _read(name, text)
    return time.process_time() - start
