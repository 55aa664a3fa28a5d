"""The server scripts start vLLM with a model that fits, and arguments that it knows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest

from coalm_oumi.planning.hardware import parse_hardware
from coalm_oumi.planning.memory import ServingSetup, cache_tokens
from coalm_oumi.planning.model_shape import find_shape
from coalm_oumi.planning.shipped import read_header
from coalm_oumi.serving import CHAT_TEMPLATE, TOOL_PARSER_PLUGIN

FOLDER = Path(__file__).parents[2] / "configs/serve"
# `smol.sh` has another server, without tools: tests/serving/test_served_smol.py.
SCRIPTS = sorted(path for path in FOLDER.glob("*.sh") if path.stem != "smol")
EACH = pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)


TWO_NODES = SCRIPTS[0].with_name("405b_two_nodes.sh")


ADAPTER = {"r": 16, "base_model_name_or_path": "meta-llama/Llama-3.1-8B-Instruct"}


def started(
    path: Path, folder: Path, role: tuple[str, ...] = ("head", "10.0.0.7"), **given: str
) -> list[str]:
    """Runs a script with a `vllm` that only writes down its arguments."""
    (folder / "vllm").write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$0.arguments"\n')
    (folder / "vllm").chmod(0o755)
    arguments = list(role) if path == TWO_NODES else []
    environment = {
        **os.environ,
        **given,
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
    try:
        cli = import_module("vllm.entrypoints.common.cli_args")
    except ModuleNotFoundError:  # vLLM up to 0.27 at least
        cli = import_module("vllm.entrypoints.openai.cli_args")
    from vllm.tool_parsers import ToolParserManager  # pyright: ignore
    from vllm.utils.argparse_utils import (  # pyright: ignore
        FlexibleArgumentParser,
    )

    parser = cli.make_arg_parser(FlexibleArgumentParser())
    (tmp_path / "adapter_config.json").write_text(json.dumps(ADAPTER))

    given = parser.parse_args(started(path, tmp_path, ADAPTER=str(tmp_path))[1:])
    cli.validate_parsed_serve_args(given)
    ToolParserManager.import_tool_parser(given.tool_parser_plugin)

    assert given.tool_call_parser in ToolParserManager.list_registered()
    if path.stem == "8b":
        assert [module.name for module in given.lora_modules] == [str(tmp_path)]


@pytest.mark.parametrize(("rank", "most"), [(16, "16"), (20, "32")])
def test_an_adapter_is_served_beside_its_base(
    tmp_path: Path, rank: int, most: str
) -> None:
    adapter = tmp_path / "8b_fast"
    adapter.mkdir()
    base = ADAPTER["base_model_name_or_path"]
    (adapter / "adapter_config.json").write_text(json.dumps({**ADAPTER, "r": rank}))

    arguments = started(FOLDER / "8b.sh", tmp_path, ADAPTER=str(adapter))

    given = dict(pairwise(arguments))
    assert arguments[1] == given["--served-model-name"] == base
    assert "--enable-lora" in arguments
    assert given["--lora-modules"] == f"{adapter}={adapter}"
    assert given["--max-lora-rank"] == most


def test_two_machines_differ_in_rank_and_in_who_answers(tmp_path: Path) -> None:
    head = started(TWO_NODES, tmp_path, ("head", "10.0.0.7", "output/mine"))
    worker = started(TWO_NODES, tmp_path, ("worker", "10.0.0.7", "output/mine"))

    assert head[1] == worker[1] == "output/mine"
    given = dict(pairwise(head))
    assert (given["--nnodes"], given["--node-rank"]) == ("2", "0")
    assert given["--master-addr"] == "10.0.0.7"
    assert given["--distributed-executor-backend"] == "mp"
    assert dict(pairwise(worker))["--node-rank"] == "1"
    rank = head.index("--node-rank") + 1
    worker.remove("--headless")
    assert [*head[:rank], *head[rank + 1 :]] == [*worker[:rank], *worker[rank + 1 :]]


@pytest.mark.parametrize("recipe", ["405b_infer", "405b_evaluate"])
def test_commands_that_the_recipes_print_work(recipe: str, tmp_path: Path) -> None:
    header = (TWO_NODES.parents[2] / f"recipes/{recipe}.yaml").read_text()
    printed = re.findall(r"^#   bash configs/serve/(\S+)(.*?)(?:  #|$)", header, re.M)

    assert [name for name, _ in printed] == [TWO_NODES.name] * 2
    ranks = [
        dict(pairwise(started(TWO_NODES, tmp_path, tuple(rest.split()))))["--node-rank"]
        for _, rest in printed
    ]
    assert ranks == ["0", "1"]


@pytest.mark.parametrize("given", [(), ("head",), ("worker",), ("both", "10.0.0.7")])
def test_usage_names_two_commands_that_work(
    given: tuple[str, ...], tmp_path: Path
) -> None:
    ended = subprocess.run(
        ["bash", str(TWO_NODES), *given], capture_output=True, text=True
    )

    assert ended.returncode == 2
    printed = re.findall(r"bash \S+ ((?:head|worker) \S+) \[MODEL\]", ended.stderr)
    assert len(printed) == 2
    for role in printed:
        assert started(TWO_NODES, tmp_path, tuple(role.split()))[0] == "serve"
