"""The server scripts start vLLM with a model that fits, and arguments that it knows."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest

from coalm_oumi.planning.hardware import parse_hardware
from coalm_oumi.planning.memory import ServingSetup, cache_tokens
from coalm_oumi.planning.model_shape import find_shape
from coalm_oumi.planning.shipped import read_header
from coalm_oumi.serving import CHAT_TEMPLATE, TOOL_PARSER_PLUGIN

SCRIPTS = sorted((Path(__file__).parents[2] / "configs/serve").glob("*.sh"))
EACH = pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)


def started(path: Path, folder: Path) -> list[str]:
    """Runs a script with a `vllm` and a `ray` that only write down their arguments."""
    (folder / "vllm").write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$0.arguments"\n')
    # Ray says that both machines are there.
    (folder / "ray").write_text('#!/bin/sh\nprintf " 1 node_a\\n 1 node_b\\n"\n')
    for name in ("vllm", "ray"):
        (folder / name).chmod(0o755)
    arguments = ["head"] if path.stem == "405b_two_nodes" else []
    environment = {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    subprocess.run(["bash", str(path), *arguments], check=True, env=environment)
    return (folder / "vllm.arguments").read_text().splitlines()


@EACH
def test_arguments_fit_model_and_machines(path: Path, tmp_path: Path) -> None:
    arguments = started(path, tmp_path)
    command, name, *rest = arguments
    given = dict(pairwise(rest))
    hardware = parse_hardware(read_header(path.read_text()).hardware)
    shape = find_shape(name)
    assert shape is not None
    setup = ServingSetup(
        shape,
        int(given["--max-model-len"]),
        tensor_parallel=int(given["--tensor-parallel-size"]),
        pipeline_parallel=int(given.get("--pipeline-parallel-size", "1")),
        weight_bytes=1 if given.get("--quantization") == "fp8" else 2,
        share=float(given["--gpu-memory-utilization"]),
    )

    assert command == "serve"
    assert given["--served-model-name"] == name
    assert given["--host"] == "127.0.0.1"
    assert setup.gpus == hardware.gpus
    assert shape.heads % setup.tensor_parallel == 0
    assert cache_tokens(setup, hardware.gpu.memory) > 4 * setup.length


@EACH
def test_tools_are_spoken_with_our_parser_and_template(
    path: Path, tmp_path: Path
) -> None:
    arguments = started(path, tmp_path)
    given = dict(pairwise(arguments))

    assert "--enable-auto-tool-choice" in arguments
    assert given["--tool-call-parser"] == "coalm"
    assert Path(given["--tool-parser-plugin"]).samefile(TOOL_PARSER_PLUGIN)
    assert Path(given["--chat-template"]).samefile(CHAT_TEMPLATE)


@pytest.mark.skipif(not find_spec("vllm"), reason="vllm is not installed (extra gpu)")
@EACH
def test_vllm_s_own_parser_takes_the_arguments(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vllm import platforms  # pyright: ignore
    from vllm.platforms.cpu import CpuPlatform  # pyright: ignore

    # Its wheel looks for a GPU as soon as there are arguments.
    monkeypatch.setattr(platforms, "_current_platform", CpuPlatform())
    from vllm.entrypoints.openai.cli_args import (  # pyright: ignore
        make_arg_parser,
        validate_parsed_serve_args,
    )
    from vllm.tool_parsers import ToolParserManager  # pyright: ignore
    from vllm.utils.argparse_utils import (  # pyright: ignore
        FlexibleArgumentParser,
    )

    parser = make_arg_parser(FlexibleArgumentParser())

    given = parser.parse_args(started(path, tmp_path)[1:])
    validate_parsed_serve_args(given)
    ToolParserManager.import_tool_parser(given.tool_parser_plugin)

    assert given.tool_call_parser in ToolParserManager.list_registered()


def test_second_machine_needs_the_address_of_the_first() -> None:
    (script,) = [path for path in SCRIPTS if path.stem == "405b_two_nodes"]

    ended = subprocess.run(["bash", str(script)], capture_output=True, text=True)

    assert ended.returncode == 2
    assert "worker HEAD_IP" in ended.stderr
