"""The tests of the vLLM plug-in in each of several vLLM releases, without a GPU.

    python -m tests.serving.every_vllm [--cache FOLDER] [VERSION ...]

Each release has an environment of its own in the cache folder: its wheel without the
compiled files, the packages that it requires in the releases that it names (but for those
that only a GPU needs), and beneath them this Python's own packages, torch among them. Only
vLLM's compiled modules and its platform are stood in for (`vllm_stand_ins`). vLLM's own
tests of tool parsers come from the release's source distribution; 0.17 has none that are
common to all parsers, and takes those of 0.19.

A release takes some minutes and 0.6 GB the first time, a minute later on. Not part of CI.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
RELEASES = ("0.17.1", "0.19.1", "0.22.1", "0.27.1", "0.33.0")
COMMON_TESTS_OF = {"0.17.1": "0.19.1"}
TESTS = (
    "tests/serving/test_vllm_tool_parser.py",
    "tests/serving/test_vllm_s_own_tests.py",
    "tests/serving/test_vllm_structural_tag.py",
    "tests/serving/test_structural_tag.py",
    "tests/serving/test_vllm_stock_parsers.py",
    "tests/recipes/test_serve_scripts.py::test_vllm_s_own_parser_takes_the_arguments",
)
# With their requirements, because each release of transformers wants its own of them.
_RESOLVED = re.compile("transformers|tokenizers|huggingface")
_NEEDED_BY_OTHERS = (
    *("astor", "dill", "pydantic-extra-types", "sse-starlette", "httpx-sse"),
    *("docstring-parser", "apache-tvm-ffi", "llvmlite", "interegular", "pycountry"),
    *("supervisor",),
)
_NOT_INSTALLED = re.compile(
    "torch|flashinfer|nvidia|nvtx|tilelang|humming|quack|tokenspeed|ray|pynv|instanttensor"
    "|fastsafetensors|opencv|kaldi|ninja|grpcio|lm-format|apache-tvm|sentencepiece"
    # These this Python has.
    "|numpy|pillow|setuptools|requests|filelock|protobuf|certifi|aiohttp|multidict"
    "|pydantic|six|pyyaml|orjson|psutil",
    re.IGNORECASE,
)
_BUILD = ("setuptools>=77,<81", "setuptools-scm", "setuptools-rust", "wheel", "regex")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the tests, prints a table, and returns 1 if any test failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cache", type=Path, default=Path("output/every_vllm"))
    parser.add_argument("versions", nargs="*", default=RELEASES)
    given = parser.parse_args(arguments)
    cache = given.cache.resolve()
    rows = [(version, *tested(version, cache)) for version in given.versions]
    print("\n| vLLM | passed | failed | skipped |\n|---|--:|--:|--:|")
    for version, *counts in rows:
        print(f"| {version} | {' | '.join(map(str, counts))} |")
    return int(any(failed or not passed for _, passed, failed, _ in rows))


def tested(version: str, cache: Path) -> tuple[int, int, int]:
    """Runs the tests in a release; returns how many passed, failed and were skipped."""
    python = environment(version, cache)
    source = own_tests(COMMON_TESTS_OF.get(version, version), cache)
    print(f"vLLM {version}", flush=True)
    environ = {
        **os.environ,
        "PYTHONPATH": f"{cache / version / 'vllm'}{os.pathsep}{REPOSITORY}",
        "COALM_VLLM_SOURCE": str(source),
        "VLLM_ENFORCE_STRICT_TOOL_CALLING": "1",  # off by default in 0.22
        "HF_HUB_OFFLINE": "1",
        "DO_NOT_TRACK": "1",
    }
    command = [python, "-m", "pytest", "-q", "-p", "tests.serving.vllm_stand_ins"]
    ended = subprocess.run(
        [*command, *TESTS],
        cwd=REPOSITORY,
        env=environ,
        text=True,
        stdout=subprocess.PIPE,
        check=False,
    )
    print("\n".join(ended.stdout.splitlines()[-8:]), flush=True)
    last = (ended.stdout.splitlines() or [""])[-1]
    found = {kind: int(n) for n, kind in re.findall(r"(\d+) ([a-z]+)", last)}
    failed = found.get("failed", 0) + found.get("error", 0) + found.get("errors", 0)
    return found.get("passed", 0), failed, found.get("skipped", 0)


def environment(version: str, cache: Path) -> Path:
    """Returns the Python of a release's environment, which is made if it is not there."""
    folder = cache / version
    python = folder / "env/bin/python"
    if (folder / "ready").is_file():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    wheel = _downloaded(
        sys.executable, version, folder / "wheel", ("--only-binary", "vllm")
    )
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if not name.endswith((".so", ".cubin")):
                archive.extract(name, folder / "vllm")
    shutil.rmtree(folder / "wheel")
    _make_environment(folder / "env")
    (metadata,) = folder.glob("vllm/vllm-*.dist-info/METADATA")
    wanted = re.findall(r"^Requires-Dist: (.*)$", metadata.read_text(), re.MULTILINE)
    wanted = [
        line
        for line in wanted
        if "extra ==" not in line and not _NOT_INSTALLED.match(line)
    ]
    resolved = [line for line in wanted if _RESOLVED.match(line)]
    _install(python, resolved)
    others = [line for line in wanted if line not in resolved]
    _install(python, ["--no-deps", *others, *_NEEDED_BY_OTHERS])
    (folder / "ready").touch()
    return python


def own_tests(version: str, cache: Path) -> Path:
    """Returns the folder with a release's own tests, which are fetched if need be."""
    folder = cache / version / "tests"
    found = folder / f"vllm-{version}"
    if found.is_dir():
        return found
    builder = cache / "builder"
    if not builder.is_dir():
        _make_environment(builder, "--seed")
        _install(builder / "bin/python", _BUILD)
    # pip asks a source distribution for its name, for which vLLM's wants to be built.
    named = {"VLLM_TARGET_DEVICE": "empty", "VLLM_VERSION_OVERRIDE": version}
    packed = _downloaded(
        str(builder / "bin/python"),
        version,
        folder,
        ("--no-binary", "vllm", "--no-build-isolation"),
        named,
    )
    with tarfile.open(packed) as archive:
        wanted = f"vllm-{version}/tests/tool_parsers/"
        members = [m for m in archive.getmembers() if m.name.startswith(wanted)]
        archive.extractall(folder, members, filter="data")
    packed.unlink()
    return found


def _downloaded(
    python: str,
    version: str,
    folder: Path,
    options: Sequence[str],
    environ: dict[str, str] | None = None,
) -> Path:
    """Downloads a release of vLLM, and returns its file."""
    command = [python, "-m", "pip", "download", "--quiet", "--no-deps", *options]
    subprocess.run(
        [*command, "--dest", str(folder), f"vllm=={version}"],
        env={**os.environ, **(environ or {})},
        check=True,
    )
    (found,) = (path for path in folder.glob("vllm-*") if path.is_file())
    return found


def _make_environment(folder: Path, *options: str) -> None:
    subprocess.run(
        ["uv", "venv", "--quiet", *options, "--python", sys.executable, str(folder)],
        check=True,
    )
    (site_packages,) = folder.glob("lib/python*/site-packages")
    beneath = sysconfig.get_path("purelib")
    (site_packages / "beneath.pth").write_text(f"{beneath}\n")


def _install(python: Path, wanted: Sequence[str]) -> None:
    command = ["uv", "pip", "install", "--quiet", "--python", str(python)]
    subprocess.run([*command, *wanted], check=True)


if __name__ == "__main__":
    sys.exit(main())
