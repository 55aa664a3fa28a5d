"""Our verdicts are those of `bfcl evaluate`, case by case, on imperfect replies.

Wants an environment with all of bfcl-eval (400 MB): COALM_BFCL_FULL_PYTHON names its
interpreter, beside which `bfcl` is installed (bfcl-eval==2025.8.6.2 and soundfile).
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.benchmarks.bfcl.categories import CATEGORIES
from coalm_oumi.benchmarks.bfcl.checker_process import Checker
from coalm_oumi.benchmarks.bfcl.environment import package_data
from coalm_oumi.benchmarks.bfcl.load import BfclCase, load_bfcl
from coalm_oumi.benchmarks.bfcl.verdicts import NOT_CHECKABLE, judge
from tests.benchmarks.bfcl.corrupted_replies import corrupted_prediction

MODEL = "uiuc-convai/CoALM-8B"


@pytest.mark.slow
@pytest.mark.parametrize("category", CATEGORIES)
def test_verdicts_are_upstreams(
    category: str, checker_python: Path, full_bfcl: Path, tmp_path: Path
) -> None:
    data = load_bfcl(categories=[category], data=package_data(checker_python))
    predictions = {case.id: corrupted_prediction(case, 1) for case in data.cases}
    with Checker(checker_python, workers=2) as checker:
        verdicts = judge(data.cases, predictions, checker)
    checked = [
        (case, verdict.right)
        for case, verdict in zip(data.cases, verdicts, strict=True)
        # On these upstream ends in a stack trace, and gives no verdict on anything.
        if verdict.kind != NOT_CHECKABLE
    ]
    predictions |= {
        case.id: ""
        for case, verdict in zip(data.cases, verdicts, strict=True)
        if verdict.kind == NOT_CHECKABLE
    }
    failed = _failed_upstream(full_bfcl, tmp_path, category, data.cases, predictions)
    assert {case.id for case, right in checked if not right} == failed & {
        case.id for case, _ in checked
    }
    assert 0 < len(failed) < len(data.cases)


def _failed_upstream(
    python: Path,
    folder: Path,
    category: str,
    cases: tuple[BfclCase, ...],
    predictions: dict[str, Any],
) -> set[str]:
    name = MODEL.replace("/", "_")
    results = folder / "result" / name / f"BFCL_v3_{category}_result.json"
    results.parent.mkdir(parents=True)
    lines = [json.dumps({"id": c.id, "result": predictions[c.id]}) for c in cases]
    results.write_text("\n".join(lines), encoding="utf-8")
    subprocess.run(
        [
            *(str(python.with_name("bfcl")), "evaluate", "--model", MODEL),
            *("--test-category", category),
        ],
        env=os.environ | {"BFCL_PROJECT_ROOT": str(folder), "PYTHONHASHSEED": "0"},
        cwd=folder,
        check=True,
        capture_output=True,
    )
    scores = folder / "score" / name / f"BFCL_v3_{category}_score.json"
    told = [json.loads(line) for line in scores.read_text().splitlines()]
    return {line["id"] for line in told[1:]}
