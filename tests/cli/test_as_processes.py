"""The commands as a shell starts them, with Oumi finding the plug-in by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

COALM = "from coalm_oumi.cli import main; main()"
OUMI = "from oumi.cli.main import run; run()"

Finish = Callable[[str], tuple[int, str, str]]


@pytest.fixture(scope="module")
def finish(
    repository: Path,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Finish]:
    """Starts all processes at once, and hands out how each ended.

    Importing Oumi takes seconds in each of them, and in this one, where other tests
    want it: all at the same time.
    """
    folder = tmp_path_factory.mktemp("processes")
    activation = repository / "coalm_oumi/activation"
    mine = folder / "mine.txt"
    mine.write_text("coalm_oumi_plugin.py\nno_such_module.py\n", encoding="utf-8")
    recipe = {
        "model": {"model_name": str(repository / "tests/assets/tiny_llama")},
        "data": {
            "train": {
                "datasets": [
                    {
                        "dataset_name": "coalm/hammer_masked",
                        "dataset_path": str(folder / "none.json"),
                    }
                ]
            }
        },
        "training": {"trainer_type": "TRL_SFT", "output_dir": str(folder / "out")},
    }
    own = folder / "own_train.yaml"
    own.write_text(json.dumps(recipe), encoding="utf-8")
    base = {**os.environ, "COALM_CACHE_DIR": str(folder / "cache")}
    base.pop("COALM_DATA_DIR", None)
    base.pop("OUMI_EXTRA_DEPS_FILE", None)
    base["PYTHONPATH"] = os.pathsep.join([str(repository), str(activation)])
    active = {**base, "OUMI_EXTRA_DEPS_FILE": str(activation / "coalm_oumi_plugin.txt")}
    broken = {**base, "OUMI_EXTRA_DEPS_FILE": str(mine)}
    started = {
        "active": _start(COALM, ["check", "--json"], active),
        "broken": _start(COALM, ["check", "--json"], broken),
        "train": _start(OUMI, ["train", "-c", str(own)], active),
    }

    request.getfixturevalue("oumi_imported")

    def finish(name: str) -> tuple[int, str, str]:
        out, err = started[name].communicate(timeout=600)
        return started[name].returncode, out, err

    yield finish
    for process in started.values():
        process.kill()
        process.communicate()


def _start(
    code: str, arguments: list[str], env: dict[str, str]
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    )


def test_check_asks_oumis_own_registry(finish: Finish) -> None:
    code, out, _ = finish("active")

    report = json.loads(out)
    assert code == 0
    assert report["active"] is True
    assert report["activation"]["names_us"] is True
    assert report["activation"]["error"] == ""
    assert {"coalm/hammer_masked", "coalm/snips_dst", "snips_dst"} <= set(
        report["activation"]["names"]
    )


def test_check_tells_a_plugin_that_fails_in_one_line(finish: Finish) -> None:
    code, out, err = finish("broken")

    report = json.loads(out)
    assert code == 1
    assert report["active"] is False
    assert report["activation"]["error"] == (
        "ImportError: Failed to load user-defined module: no_such_module.py "
        "(because of ModuleNotFoundError: No module named 'no_such_module')"
    )
    assert "Traceback" not in err


def test_oumi_train_tells_an_error_of_ours_in_one_message(finish: Finish) -> None:
    code, out, err = finish("train")

    text = " ".join((out + err).split())
    assert code == 1
    assert "Traceback" not in text
    assert "none.json' does not exist" in text
