"""A real server end to end: what a tiny model writes is nonsense, the run is not."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from coalm_oumi.cra.generate.config import read_config
from coalm_oumi.cra.generate.run import generate
from tests.generation.conftest import lines, write_config
from tests.tiny_server import served_tiny_model, write_tiny_model

for needed in ("fastapi", "uvicorn", "openai"):
    pytest.importorskip(needed, reason="transformers serve needs it")

if importlib.util.find_spec("transformers.cli") is None:
    pytest.skip("transformers before 5 serves in another way", allow_module_level=True)


@pytest.mark.slow
def test_nonsense_is_rejected_with_its_reason(tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path / "model")
    with served_tiny_model(model) as url:
        for engine, mode in (("REMOTE_VLLM", "grounded"), ("REMOTE", "paper")):
            config = write_config(
                tmp_path,
                url,
                mode,
                engine=engine,
                model__model_name=str(model),
                remote_params__num_workers=1,
                remote_params__connection_timeout=120.0,
                # An empty one makes this server answer with 500.
                generation__logit_bias={"5": 0.0},
                generation__max_new_tokens=2000,
                cra__mode=mode,
                cra__limit=3,
            )
            made = generate(read_config(str(config)))
            counts = made.record["counts"]
            assert (counts["asked"], counts["rejected"]) == (3, 3), made.failures
            rejected = lines(tmp_path / mode / "rejected.jsonl")
            assert all(one["reason"] and one["reply"] for one in rejected)
            assert made.record["tokens"]["written"] > 0
            assert made.record["tokens"]["replies_estimated"] == 0
            record = json.loads((tmp_path / mode / "run.json").read_text())
            assert record["engine"] == engine
