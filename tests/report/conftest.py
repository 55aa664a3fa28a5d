"""Two stored results on the embedded API-Bank rows, one better than the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from coalm_oumi.benchmarks.api_bank import ApiBankCase, load_api_bank, score
from coalm_oumi.evaluation.results import write_results

HOSTILE = "I <script>alert(1)</script> cannot $x_1$ | so & so"


@pytest.fixture(scope="session")
def two_results(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folders of a weak and of a strong result."""
    root = tmp_path_factory.mktemp("results")

    def stored(name: str, answer: Callable[[int, ApiBankCase], str]) -> Path:
        cases = load_api_bank().cases
        replies = {case.id: answer(n, case) for n, case in enumerate(cases)}
        told = {
            "model": f"models/{name}-8B",
            "engine": "VLLM",
            "prompt": "api_bank_hammer",
            "seconds": 12.5,
            "tokens": {"prompt": 100, "completion": 2345},
            "protocol": "single turn, one call",
            "data": "folder (download)",
            "data_sha256": "ab" * 32,
        }
        scores = score(cases, replies)
        write_results(
            root / name / "api_bank", scores, replies, task="api_bank", provenance=told
        )
        return root / name

    weak = stored("weak", lambda n, case: HOSTILE if n % 3 == 0 else case.label)
    strong = stored("strong", lambda n, case: "[]" if n % 9 == 1 else case.label)
    return weak, strong
