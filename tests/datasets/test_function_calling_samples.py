"""Function calling samples: copies, shares, and the same bytes for the same seed."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.calls import FunctionSchema, parse_json_list, unresolved
from coalm_oumi.datasets.hammer_masked import (
    MaskingOptions,
    function_calling_output,
    function_calling_prompt,
    function_calling_samples,
)
from coalm_oumi.errors import OptionError
from coalm_oumi.sample import Sample
from coalm_oumi.sources import FunctionCallingRow, read_xlam
from tests.datasets.same_bytes import digest, invented_rows


def samples(rows: Iterable[FunctionCallingRow], **options: Any) -> list[Sample]:
    return list(function_calling_samples(rows, MaskingOptions(**options)))


def names(found: Iterable[Sample]) -> Counter[tuple[str, int]]:
    return Counter((s.origin.record_id, s.origin.copy) for s in found)


def tools_of(sample: Sample) -> list[FunctionSchema]:
    block = re.search(
        r"\[BEGIN OF AVAILABLE TOOLS\]\n(.*)\n\[END OF AVAILABLE TOOLS\]",
        sample.instruction,
    )
    assert block is not None
    return [FunctionSchema.from_xlam(tool) for tool in json.loads(block[1])]


def test_each_row_is_copied_three_times_by_default() -> None:
    rows = invented_rows(40)
    found = samples(rows)
    assert names(found) == Counter(
        {(row.record_id, copy): 1 for row in rows for copy in range(3)}
    )


def test_the_number_of_copies_can_be_chosen() -> None:
    assert len(samples(invented_rows(10), copies=5)) == 50


def test_two_thirds_are_masked_within_sampling_error(real_data: Path) -> None:
    path = real_data / "xlam" / "xlam_function_calling_60k.sample700.json"
    found = samples(read_xlam(path))
    assert len(found) == 2100
    share = sum(s.origin.transformation == "masked" for s in found) / 2100
    # Four standard deviations of 2,100 draws: 4 * sqrt(2/3 * 1/3 / 2100) = 0.0411.
    assert abs(share - 2 / 3) < 0.0411


def test_all_samples_of_the_real_rows_resolve(real_data: Path) -> None:
    path = real_data / "xlam" / "xlam_function_calling_60k.sample700.json"
    for mask_ratio in (0, 2 / 3, 1):
        found = samples(read_xlam(path), mask_ratio=mask_ratio)
        assert len(found) == 2100
        for sample in found:
            calls = parse_json_list(sample.output)
            assert unresolved(calls, tools_of(sample)) is None


def test_a_ratio_of_zero_masks_none_and_of_one_all() -> None:
    rows = invented_rows(30)
    assert {s.origin.transformation for s in samples(rows, mask_ratio=0)} == {
        "unmasked"
    }
    assert {s.origin.transformation for s in samples(rows, mask_ratio=1)} == {"masked"}


def test_an_unmasked_sample_has_the_row_as_it_is() -> None:
    (row,) = invented_rows(1)
    (sample,) = samples([row], mask_ratio=0, copies=1)
    assert sample.instruction == function_calling_prompt(row.query, row.tools)
    assert sample.input == ""
    assert sample.output == function_calling_output(row.calls)


def test_the_copies_of_a_row_are_masked_differently() -> None:
    found = samples(invented_rows(1), mask_ratio=1)
    assert len({s.instruction for s in found}) == 3


def test_a_sample_tells_its_origin() -> None:
    (sample,) = samples(invented_rows(1), mask_ratio=1, copies=1, seed=7)
    assert asdict(sample.origin) == {
        "source": "xlam",
        "record_id": "rows.json#0",
        "prompt": "hammer_v1",
        "transformation": "masked",
        "seed": 7,
        "copy": 0,
    }


def test_the_order_of_the_rows_changes_nothing() -> None:
    rows = invented_rows(40)
    expected = samples(rows)
    for seed in range(3):
        random.Random(seed).shuffle(rows)  # noqa: S311
        assert samples(rows) == expected


def test_the_order_of_equal_rows_changes_nothing() -> None:
    rows = invented_rows(5, names=["b", "a"])
    assert samples(rows) == samples(rows[::-1])
    assert names(samples(rows)).most_common(1)[0][1] == 1


def test_equal_rows_are_masked_differently() -> None:
    found = samples(invented_rows(1, names=["a", "b"]), mask_ratio=1)
    assert len({s.instruction for s in found}) == 6


def test_a_row_that_is_added_changes_no_other_sample() -> None:
    rows = invented_rows(41)
    before, after = samples(rows[1:]), samples(rows)
    assert [s for s in after if s.origin.record_id != rows[0].record_id] == before


def test_the_samples_are_not_in_the_order_of_the_rows() -> None:
    found = [s.origin.record_id for s in samples(invented_rows(40), copies=1)]
    assert found != sorted(found)


@pytest.mark.parametrize("workers", [0, 1, 8])
def test_the_number_of_processes_changes_nothing(workers: int) -> None:
    rows = invented_rows(400)
    found = function_calling_samples(rows, MaskingOptions(), workers=workers)
    assert digest(found) == digest(samples(rows))


def test_another_seed_gives_other_samples() -> None:
    rows = invented_rows(40)
    one, other = samples(rows, seed=1), samples(rows, seed=2)
    assert [s.output for s in one] != [s.output for s in other]
    assert digest(samples(rows, seed=1)) == digest(one)


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("mask_ratio", 1.1, "expected 0 to 1, found 1.1"),
        ("mask_ratio", -0.1, "expected 0 to 1"),
        ("mask_ratio", float("nan"), "expected 0 to 1, found nan"),
        ("mask_ratio", "2/3", "expected a number, found '2/3'"),
        ("mask_ratio", True, "expected a number"),
        ("copies", 0, "expected a whole number from 1, found 0"),
        ("copies", 1.5, "expected a whole number from 1"),
        ("copies", True, "expected a whole number from 1"),
        ("copies", None, "expected a whole number from 1"),
        ("seed", "42", "expected a whole number, found '42'"),
        ("seed", None, "expected a whole number"),
    ],
)
def test_an_option_out_of_its_range_is_refused(
    option: str, value: Any, why: str
) -> None:
    with pytest.raises(OptionError, match=f"field '{option}': {why}"):
        MaskingOptions(**{option: value})


def test_the_digest_is_over_all_fields() -> None:
    (sample,) = samples(invented_rows(1), copies=1)
    line = json.dumps(asdict(sample)) + "\n"
    assert digest([sample]) == hashlib.sha256(line.encode()).hexdigest()
