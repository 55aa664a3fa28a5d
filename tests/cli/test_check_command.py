"""`coalm check` says whether the plug-in is active, and if not, why."""

from __future__ import annotations

import json
import logging
import types
from pathlib import Path

import pytest

from coalm_oumi.activation import state
from coalm_oumi.activation.state import Registered, ask_registry, diagnose
from coalm_oumi.cli.check import Gpu, package_versions
from tests.cli.conftest import Command

VARIABLE = "OUMI_EXTRA_DEPS_FILE"
FILES = ("coalm_oumi.pth", "coalm_oumi_plugin.txt", "coalm_oumi_plugin.py")
ACTIVE = Registered(names=("coalm/snips_dst", "snips_dst"))


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A package folder with our three files."""
    for name in FILES:
        text = "coalm_oumi_plugin.py\n" if name.endswith(".txt") else ""
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def plugins(folder: Path, *lines: str) -> Path:
    """A list of plug-ins of the user's own."""
    path = folder / "mine.txt"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_variable_set_by_the_package(installed: Path) -> None:
    path = installed / "coalm_oumi_plugin.txt"

    found = diagnose({VARIABLE: str(path)}, [installed], without_site=False)

    assert found.names_us
    assert "by this package's coalm_oumi.pth" in found.reason
    assert found.advice == ""


@pytest.mark.parametrize(
    "line", ["coalm_oumi_plugin.py", "  /opt/x/coalm_oumi_plugin.py  "]
)
def test_own_list_with_our_line(line: str, installed: Path) -> None:
    path = plugins(installed, "# mine", "other.py", line)

    found = diagnose({VARIABLE: str(path)}, [installed], without_site=False)

    assert found.names_us
    assert "is set by you" in found.reason


@pytest.mark.parametrize("line", ["other.py", "# coalm_oumi_plugin.py", "plugin.py"])
def test_own_list_without_our_line(line: str, installed: Path) -> None:
    path = plugins(installed, line)

    found = diagnose({VARIABLE: str(path)}, [installed], without_site=False)

    assert not found.names_us
    assert str(path) in found.reason
    assert found.advice == "Add this line to that file: coalm_oumi_plugin.py"


def test_variable_names_a_missing_file(installed: Path) -> None:
    path = installed / "none.txt"

    found = diagnose({VARIABLE: str(path)}, [installed], without_site=False)

    assert not found.names_us
    assert f"cannot be read: {path} (No such file or directory)" in found.reason
    assert found.advice.startswith("Correct the variable, or unset it")


def test_variable_is_empty(installed: Path) -> None:
    found = diagnose({VARIABLE: ""}, [installed], without_site=False)

    assert not found.names_us
    assert "set, but empty" in found.reason
    assert found.advice.startswith("Unset it")


def test_python_runs_without_site(installed: Path) -> None:
    found = diagnose({}, [installed], without_site=True)

    assert "Python runs with -S" in found.reason
    assert found.advice.endswith("coalm_oumi_plugin.txt")


def test_pth_is_missing(tmp_path: Path) -> None:
    found = diagnose({}, [tmp_path], without_site=False)

    assert (
        "coalm_oumi.pth, which sets it when Python starts, is in none" in found.reason
    )
    assert "pip install coalm-oumi" in found.advice


@pytest.mark.parametrize("name", FILES[1:])
def test_installation_is_half_removed(name: str, installed: Path) -> None:
    (installed / name).unlink()

    found = diagnose({}, [installed], without_site=False)

    assert f"{name}, which it needs, is missing" in found.reason
    assert "--force-reinstall" in found.advice


def test_variable_was_unset_again(installed: Path) -> None:
    found = diagnose({}, [installed], without_site=False)

    assert "something has unset it" in found.reason


def registry(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Puts a registry in the place of Oumi's that fails."""

    def get_all(kind: object) -> dict[str, object]:
        raise error

    kinds = types.SimpleNamespace(DATASET=1, EVALUATION_FUNCTION=2, REWARD_FUNCTION=3)
    module = types.SimpleNamespace(
        REGISTRY=types.SimpleNamespace(get_all=get_all), RegistryType=kinds
    )
    logs = types.SimpleNamespace(logger=logging.getLogger("tests.cli.registry"))
    monkeypatch.setitem(state.sys.modules, "oumi.core.registry", module)
    monkeypatch.setitem(state.sys.modules, "oumi.utils.logging", logs)


def test_a_plugin_that_cannot_be_imported_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = ImportError("Failed to load user-defined module: mine.py")
    error.__cause__ = ModuleNotFoundError("No module named 'mine'")
    registry(monkeypatch, error)

    found = ask_registry()

    assert not found.active
    assert found.error == (
        "ImportError: Failed to load user-defined module: mine.py "
        "(because of ModuleNotFoundError: No module named 'mine')"
    )


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spares a test Oumi and torch: the plug-in is active, there is one GPU."""
    monkeypatch.setattr(state, "ask_registry", lambda: ACTIVE)
    gpus = ([Gpu("Model T", 24.0)], "")
    monkeypatch.setattr("coalm_oumi.cli.check.find_gpus", lambda: gpus)


@pytest.mark.usefixtures("quick")
def test_report(coalm: Command) -> None:
    ended = coalm("check")

    assert ended.code == 0
    assert ended.text.startswith("Plug-in: active\n")
    assert "Registered with Oumi: coalm/snips_dst, snips_dst" in ended.text
    assert "GPU 0: Model T, 24.0 GB" in ended.text
    assert "snips_split (MIT): missing" in ended.text
    assert "`coalm download snips_split`" in ended.text


@pytest.mark.usefixtures("quick")
def test_report_as_json(coalm: Command) -> None:
    ended = coalm("check", "--json")

    report = json.loads(ended.text)
    assert ended.code == 0
    assert report["active"] is True
    assert report["activation"]["names"] == ["coalm/snips_dst", "snips_dst"]
    assert report["gpus"] == [{"name": "Model T", "memory_gb": 24.0}]
    assert [(s["name"], s["licence"], s["state"]) for s in report["sources"]] == [
        ("snips", "CC0-1.0", "missing"),
        ("snips_split", "MIT", "missing"),
        ("xlam", "CC-BY-4.0", "missing"),
        ("xlam_irrelevance", "CC-BY-4.0", "missing"),
        ("toolace", "Apache-2.0", "missing"),
        ("sgd", "CC-BY-SA-4.0", "missing"),
        ("coalm_it", "CC-BY-NC-4.0", "missing"),
        ("api_bank", "Apache-2.0", "missing"),
        ("multiwoz24", "MIT", "missing"),
        ("multiwoz22", "MIT", "missing"),
        ("multiwoz_databases", "NOASSERTION", "missing"),
        ("bfcl_v3", "Apache-2.0", "missing"),
        ("bfcl_v3_simulators", "Apache-2.0", "missing"),
    ]


@pytest.mark.usefixtures("quick")
def test_not_active_is_a_failure(
    coalm: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(state, "ask_registry", lambda: Registered(error="It broke."))
    monkeypatch.setenv(VARIABLE, str(plugins(tmp_path, "other.py")))

    ended = coalm("check")

    assert ended.code == 1
    assert ended.text.startswith("Plug-in: NOT active\n")
    assert "Oumi's registry cannot be filled: It broke." in ended.text
    assert "Add this line to that file: coalm_oumi_plugin.py" in ended.text


@pytest.mark.usefixtures("quick")
def test_a_wrong_data_folder_is_told_and_is_no_failure(
    coalm: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COALM_DATA_DIR", str(tmp_path / "none"))

    ended = coalm("check")

    assert ended.code == 0
    assert "COALM_DATA_DIR is set to it, but it is not there" in ended.text


def test_versions_are_held_against_this_packages_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bounds = ["oumi<0.10,>=0.9", "torch<2.13,>=2.6", 'vllm<0.20,>=0.19; extra == "gpu"']
    installed = {"oumi": "0.9", "torch": "2.13.1", "transformers": "5.0"}

    def version(name: str) -> str:
        if name not in installed:
            raise PackageNotFoundError(name)
        return installed[name]

    from importlib.metadata import PackageNotFoundError

    monkeypatch.setattr("importlib.metadata.requires", lambda name: bounds)
    monkeypatch.setattr("importlib.metadata.version", version)

    found = {v.name: (v.version, v.required, v.fits) for v in package_versions()}

    assert found["oumi"] == ("0.9", "<0.10,>=0.9", True)
    assert found["torch"] == ("2.13.1", "<2.13,>=2.6", False)
    assert found["transformers"] == ("5.0", "", True)
    assert found["peft"] == (None, "", False)
    assert found["vllm"] == (None, "<0.20,>=0.19", True)
