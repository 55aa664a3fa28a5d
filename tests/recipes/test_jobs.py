"""Every job file is one that Oumi launches, and runs a recipe that fits its machines."""

from __future__ import annotations

import re
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.planning.check import check_recipe
from coalm_oumi.planning.hardware import parse_hardware
from coalm_oumi.planning.memory import total_gib
from coalm_oumi.planning.model_shape import find_shape
from coalm_oumi.planning.shipped import read_header
from tests.recipes.tiny_recipes import opened

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


def host_gib(config: Any) -> int:
    """The memory that a job asks for on each machine."""
    return int(config.resources.memory.strip("+G"))


@EACH
def test_resources_are_what_check_computes(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one place where a job's resources are held against `coalm check`."""
    monkeypatch.chdir(ROOT)
    config = job(path)
    hardware = parse_hardware(read_header(path.read_text()).hardware)
    _, recipe, *_ = command(config)

    report = check_recipe(recipe, [], hardware)

    assert report.available is not None
    assert total_gib(list(report.memory)) <= report.available
    assert report.hardware == str(hardware)
    # A process for each GPU, and what the recipe's loaders are.
    loaders = opened(Path(recipe).stem).training.dataloader_num_workers
    cpus = int(config.resources.cpus.strip("+"))
    assert cpus >= hardware.gpus_per_node * (1 + loaders)
    assert report.host
    assert host_gib(config) >= total_gib(list(report.host))


@EACH
def test_machines_download_apart_or_one_for_all(path: Path) -> None:
    """No two machines download into one folder at once, nor while NCCL waits."""
    config = job(path)
    system, script = path.stem.split("_")[2], config.run
    model = opened(Path(command(config)[1]).stem).model.model_name
    before, training = script.split("oumi train", 1)[0], "oumi train"

    assert training in script
    assert f"hf download --quiet {model} " in before
    assert "coalm download" in before
    caches = {config.envs["COALM_CACHE_DIR"], config.envs.get("HF_HOME", "~/.cache")}
    if system == "gcp":
        assert not any(cache.startswith("/output") for cache in caches)
    elif system == "k8s" and config.num_nodes > 1:
        first, others = before.split("else")
        assert '"$SKYPILOT_NODE_RANK" = 0' in first
        assert "download" in first
        assert "download " not in others
        assert "timeout" in others
    elif system == "slurm" and config.num_nodes > 1:
        assert "download" not in script.split("srun")[-1]
    assert not config.envs.get("HF_DATASETS_CACHE", "").startswith("/output")


@EACH
def test_checkpoints_outlive_the_machine_and_all_machines_see_them(path: Path) -> None:
    config = job(path)
    output = dict(pairwise(command(config)))["--training.output_dir"]
    if output == '"$output"':
        (output,) = re.findall("^output=(.*)", config.run, re.MULTILINE)
    if "slurm" in path.stem:
        assert output.startswith("$HOME/")  # which the nodes share
        return
    volumes = set(config.storage_mounts)
    overrides = config.resources.config_overrides
    if overrides:
        spec = overrides["kubernetes"]["pod_config"]["spec"]
        (mount,) = spec["containers"][0]["volumeMounts"]
        (volume,) = spec["volumes"]
        assert mount["name"] == volume["name"]
        assert volume["persistentVolumeClaim"]["claimName"] == "coalm-output"
        volumes.add(mount["mountPath"])
        if config.num_nodes > 1:
            assert "ReadWriteMany" in path.read_text()
    assert any(output.startswith(f"{volume}/") for volume in volumes)


@pytest.mark.parametrize("exits", [0, 1])
def test_other_nodes_wait_for_the_first_one_s_downloads(
    exits: int, tmp_path: Path
) -> None:
    script = job(ROOT / "configs/jobs/70b_2nodes_k8s_job.yaml").run
    script = script.replace("/output", str(tmp_path)).replace("sleep 10", "sleep 0.1")
    script = script.replace("timeout 3h", "timeout 2")
    for name in ("coalm", "hf", "oumi"):
        (tmp_path / name).write_text(
            f"#!/bin/sh\necho {name} $1 $SKYPILOT_NODE_RANK >> {tmp_path}/log\n"
            f"exit {exits if name == 'hf' else 0}\n"
        )
        (tmp_path / name).chmod(0o755)
    variables = {"PATH": f"{tmp_path}:/usr/bin:/bin", "SKYPILOT_TASK_ID": "7"}

    second, first = (
        subprocess.Popen(
            ["bash", "-c", script], env={**variables, "SKYPILOT_NODE_RANK": rank}
        )
        for rank in "10"
    )

    assert first.wait(60) == exits
    assert (second.wait(60) == 0) is (exits == 0)
    lines = (tmp_path / "log").read_text().splitlines()
    assert lines[:2] == ["coalm download 0", "hf download 0"]
    assert (
        sorted(lines[2:])
        == ["oumi distributed 0", "oumi distributed 1"][: 2 - 2 * exits]
    )


SRUN = """\
#!/bin/bash
# Runs a command here, and as on a second node, whose home is another folder.
echo "srun $*" >> {log}
case "$*" in *torchrun*) exit 0 ;; esac
"$@" && "${{@//$HOME/{other}}}"
"""


@pytest.mark.parametrize("job_name", ["70b_2nodes_slurm_job", "405b_2nodes_slurm_job"])
@pytest.mark.parametrize("is_shared", [True, False])
def test_nodes_without_a_shared_output_do_not_start(
    job_name: str, is_shared: bool, tmp_path: Path
) -> None:
    home, other, log = (tmp_path / name for name in ("home", "other", "log"))
    (home / "coalm_venv/bin").mkdir(parents=True)
    (home / "coalm_venv/bin/activate").touch()
    stand_ins = {
        "srun": SRUN.format(log=log, other=home if is_shared else other),
        "python3": "#!/bin/sh\n",
        "scontrol": "#!/bin/sh\necho nodea\n",
    } | {name: f"#!/bin/sh\necho {name} >> {log}\n" for name in ("pip", "coalm", "hf")}
    for name, text in stand_ins.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    variables = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(home)}
    variables |= {"SLURM_JOB_ID": "7", "SLURM_CPUS_PER_TASK": "64"}
    script = job(ROOT / f"configs/jobs/{job_name}.yaml").run

    ended = subprocess.run(
        ["bash", "-c", script], env=variables, capture_output=True, text=True
    )

    lines = log.read_text().splitlines()
    if is_shared:
        assert (ended.returncode, ended.stderr) == (0, "")
        assert [line.split()[0] for line in lines[1:]] == ["pip", "coalm", "hf", "srun"]
        assert "torchrun" in lines[-1]
    else:
        assert ended.returncode == 1
        assert re.fullmatch(
            rf"Error: not every node sees {home}/coalm_output/\w+: put output on storage "
            r"that all nodes share\.\n",
            ended.stderr,
        )
        assert len(lines) == 1


SHARDED = sorted(
    path.stem
    for path in (ROOT / "recipes").glob("*_train*.yaml")
    if "enable_fsdp: true" in path.read_text()
)


@pytest.mark.parametrize("recipe", SHARDED)
def test_others_wait_long_enough_for_a_node_that_downloads(recipe: str) -> None:
    shape = find_shape(opened(recipe).model.model_name)
    minutes = opened(recipe).training.nccl_default_timeout_minutes

    assert shape is not None
    assert minutes is not None
    gigabytes = 2 * shape.parameters / 1e9
    assert minutes > gigabytes / 0.1 / 60 + gigabytes / 0.5 / 60


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
    asked = _resources_to_sbatch_kwargs(config.resources)
    assert re.search(r"h100:8", str(asked))
    assert int(asked["cpus_per_task"]) == int(config.resources.cpus)
    # SLURM hands the job's CPUs to its script, but not to what `srun` starts.
    steps = [line for line in lines if line.startswith("srun --")]
    assert len(steps) == (config.num_nodes > 1)
    assert all('srun --cpus-per-task "$SLURM_CPUS_PER_TASK"' in step for step in steps)
