"""Every job file is one that Oumi launches, and runs a recipe that fits its machines."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.planning.check import check_recipe
from coalm_oumi.planning.hardware import parse_hardware
from coalm_oumi.planning.shipped import read_header

ROOT = Path(__file__).parents[2]
JOBS = sorted((ROOT / "configs/jobs").glob("*_job.yaml"))
EACH = pytest.mark.parametrize("path", JOBS, ids=lambda path: path.stem)


def job(path: Path) -> Any:
    from oumi.core.configs import JobConfig

    config = JobConfig.from_yaml(path)
    config.finalize_and_validate()
    return config


def command(config: Any) -> list[str]:
    """The `oumi train` command of a job, without what starts it on many GPUs."""
    script = config.run.replace("\\\n", " ")
    (line,) = [line for line in script.splitlines() if "oumi train" in line]
    return line.split("oumi train", 1)[1].split()


def test_there_are_jobs_for_each_size_and_system() -> None:
    names = {path.stem for path in JOBS}
    assert {"8b_1gpu_gcp_job", "8b_1node_gcp_job", "70b_1node_gcp_job"} <= names
    assert {"70b_2nodes_gcp_job", "405b_1node_gcp_job", "405b_2nodes_gcp_job"} <= names
    assert {name.split("_")[2] for name in names} == {"gcp", "k8s", "slurm"}


@EACH
def test_machines_are_those_of_its_header(path: Path) -> None:
    config = job(path)
    hardware = parse_hardware(read_header(path.read_text()).hardware)

    kind, number = config.resources.accelerators.split(":")

    assert (config.num_nodes, int(number)) == (hardware.nodes, hardware.gpus_per_node)
    assert hardware.gpu.name.startswith(kind.upper())


@EACH
def test_recipe_fits_the_machines(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    flag, recipe, *rest = command(job(path))
    changes = [
        f"{name.removeprefix('--')}={value}"
        for name, value in zip(rest[::2], rest[1::2], strict=True)
    ]
    hardware = parse_hardware(read_header(path.read_text()).hardware)

    report = check_recipe(recipe, changes, hardware)

    assert flag == "-c"
    assert [f for f in report.findings if f.level == "error"] == []


@EACH
def test_scripts_are_whole(path: Path) -> None:
    config = job(path)
    for script in (config.setup, config.run):
        if script:
            assert (
                subprocess.run(["bash", "-n"], input=script, text=True).returncode == 0
            )
    assert config.working_dir == "."
    assert "HF_TOKEN" not in config.envs or config.envs["HF_TOKEN"] == ""


@pytest.mark.parametrize(
    "path", [p for p in JOBS if "slurm" not in p.stem], ids=lambda path: path.stem
)
def test_skypilot_takes_it(path: Path) -> None:
    sky_client = pytest.importorskip("oumi.launcher.clients.sky_client")

    task = sky_client._convert_job_to_task(job(path))

    assert task.num_nodes == job(path).num_nodes
    assert "oumi train" in task.run


@pytest.mark.parametrize(
    "path", [p for p in JOBS if "slurm" in p.stem], ids=lambda path: path.stem
)
def test_slurm_script_as_oumi_submits_it(path: Path) -> None:
    from oumi.launcher.clusters.slurm_cluster import (
        _create_job_script,
        _resources_to_sbatch_kwargs,
        _validate_job_config,
    )

    config = job(path)
    _validate_job_config(config)
    script = _create_job_script(config)

    lines = script.splitlines()
    assert lines[0] == "#!/bin/bash"
    # SLURM reads directives up to the first command only.
    directives = [n for n, line in enumerate(lines) if line.startswith("#SBATCH")]
    assert directives == list(range(1, len(directives) + 1))
    assert any("--requeue" in line for line in lines)
    assert subprocess.run(["bash", "-n"], input=script, text=True).returncode == 0
    assert re.search(r"h100:8", str(_resources_to_sbatch_kwargs(config.resources)))
