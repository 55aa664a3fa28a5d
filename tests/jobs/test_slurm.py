"""The SLURM jobs run: launched by Oumi, on a real SLURM, with a node lost on the way.

Real are Oumi's launcher, SLURM, the job files as they are, torchrun's rendezvous between
the nodes and the training. Stand-ins are what this machine lacks: ssh (the cluster is
here), the installation (this environment is on the path), the GPUs (gloo, fewer
processes) and the base model (a tiny one).
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.local_slurm import NODES, Slurm, local_slurm, why_not
from tests.recipes.tiny_recipes import tiny_model

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.environ.get("COALM_TEST_SLURM"),
        reason="COALM_TEST_SLURM is not set: this starts SLURM's daemons",
    ),
    pytest.mark.skipif(bool(why_not()), reason=why_not() or "SLURM starts"),
]
ROOT = Path(__file__).parents[2]

_SSH = """#!/bin/bash
# Says that a connection is there, or runs what it is given, on the cluster.
case " $* " in *" -O check "* | *" -f -N -M "*) exit 0 ;; esac
export {variables}
exec {inside} bash -s
"""
_RSYNC = """#!/bin/bash
# Copies the project to the folder that the last argument names on the cluster.
target=${{@: -1}}
target={home}/${{target#*:~/}}
mkdir -p "$target"
cp -r {root}/recipes {root}/configs "$target"
"""
_PYTHON3 = """#!/bin/bash
# `python3 -m venv DIR`: an environment with what is installed already.
[ "$1 $2" = "-m venv" ] || exec {python} "$@"
mkdir -p "$3/bin"
cp {bin}/pip {bin}/coalm {bin}/hf {bin}/oumi {bin}/torchrun "$3/bin"
echo "export PATH=$3/bin:\\$PATH" > "$3/bin/activate"
"""
_NOTED = """#!/bin/bash
echo "$(basename "$0") $@" >> {home}/noted
"""
_OUMI = """#!{python}
import torch
torch.cuda.device_count = lambda: 2
from oumi.cli.main import run
run()
"""
_TORCHRUN = """#!/bin/bash
# One process for the eight of a node, and the tiny training for the real one.
arguments=" $* "
arguments=${{arguments/--nproc_per_node 8/--nproc_per_node 1}}
arguments=${{arguments/-m oumi train/{train}}}
exec {python} -m torch.distributed.run $arguments
"""


def free_ports(number: int) -> tuple[int, ...]:
    listening = [socket.socket() for _ in range(number)]
    for one in listening:
        one.bind(("127.0.0.1", 0))
    ports = tuple(one.getsockname()[1] for one in listening)
    for one in listening:
        one.close()
    return ports


@pytest.fixture(scope="module")
def cluster() -> Iterator[Slurm]:
    folder = Path(tempfile.mkdtemp(prefix="slurm"))
    controller, daemon = free_ports(2)
    with local_slurm(folder, (controller, daemon)) as started:
        yield started
    shutil.rmtree(folder)


class Launcher:
    """`oumi launch`, whose ssh leads to the local cluster."""

    def __init__(self, cluster: Slurm, folder: Path, **variables: str) -> None:
        self.cluster, self.home, self.bin = cluster, folder / "home", folder / "bin"
        # SLURM writes no log into a folder that is not there, and ends the job.
        (self.home / "oumi_slurm_logs").mkdir(parents=True)
        self.bin.mkdir()
        paths = os.pathsep.join(filter(None, sys.path))
        variables |= {
            "HOME": str(self.home),
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "PYTHONPATH": f"{ROOT}:{paths}",
            "SLURM_CONF": str(cluster.folder / "slurm.conf"),
            "CUDA_VISIBLE_DEVICES": "",
            "OMP_NUM_THREADS": "1",
            "COALM_TINY_MODEL": str(tiny_model(folder / "model", "llama")),
        }
        stand_ins = {
            "ssh": _SSH,
            "rsync": _RSYNC,
            "python3": _PYTHON3,
            "pip": _NOTED,
            "coalm": _NOTED,
            "hf": _NOTED,
            "oumi": _OUMI,
            "torchrun": _TORCHRUN,
        }
        for name, script in stand_ins.items():
            text = script.format(
                variables=" ".join(f"{k}='{v}'" for k, v in variables.items()),
                inside=" ".join(cluster.inside),
                home=self.home,
                root=ROOT,
                python=sys.executable,
                bin=self.bin,
                train=ROOT / "tests/jobs/train_tiny.py",
            )
            (self.bin / name).write_text(text)
            (self.bin / name).chmod(0o755)

    def up(self, job: str) -> str:
        """Launches a job file as it is, and returns the job's number."""
        command = (
            *(sys.executable, "-m", "oumi", "launch", "up", "--detach"),
            *("-c", f"configs/jobs/{job}.yaml"),
            *("--cluster", "me@nodea", "--user", "me"),
        )
        environment = {
            **os.environ,
            "HOME": str(self.home),
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "DO_NOT_TRACK": "1",
        }
        ended = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-4000:]
        # Of all states: a job may have ended by now.
        told = self.cluster.run("squeue", "--noheader", "--states=all", "--format=%i")
        return max(told.split(), key=int)

    def until(self, job: str, *states: str, seconds: int = 600) -> str:
        """Waits until a job is in one of these states."""
        state = ""
        for _ in range(seconds):
            state = self.cluster.state(job)
            if state in states:
                return state
            assert state not in ("FAILED", "CANCELLED"), self.log(job)
            time.sleep(1)
        raise AssertionError(f"the job is {state}: {self.log(job)}")

    def log(self, job: str) -> str:
        """What the job has written so far."""
        path = self.home / f"oumi_slurm_logs/{job}.out"
        return path.read_text()[-30000:] if path.is_file() else "no log"


def steps(output: Path) -> list[int]:
    state = json.loads((output / "trainer_state.json").read_text())
    return [entry["step"] for entry in state["log_history"] if "loss" in entry]


def test_one_node_trains(cluster: Slurm, tmp_path: Path) -> None:
    launcher = Launcher(cluster, tmp_path)

    job = launcher.up("8b_1node_slurm_job")

    assert launcher.until(job, "COMPLETED") == "COMPLETED"
    output = launcher.home / "coalm_output/8b"
    assert steps(output) == [1, 2, 3]
    assert (output / "processes").read_text() == "2\n"
    assert (output / "adapter_model.safetensors").is_file()
    assert (launcher.home / "noted").read_text().splitlines() == [
        "pip install --quiet .[gpu] -c requirements.lock",
        "coalm download snips_split xlam xlam_irrelevance toolace sgd",
        "hf download --quiet meta-llama/Llama-3.1-8B-Instruct --exclude original/*",
    ]
    assert [path.read_text() for path in output.glob("cpus-*")] == ["64\n"]


def test_two_nodes_go_on_after_one_was_lost(cluster: Slurm, tmp_path: Path) -> None:
    launcher = Launcher(cluster, tmp_path, COALM_HANG_AT_STEP="3")
    output = launcher.home / "coalm_output/70b_fast"

    job = launcher.up("70b_2nodes_slurm_job")
    for _ in range(600):
        if (output / "checkpoint-2/trainer_state.json").is_file():
            break
        assert cluster.state(job) in ("PENDING", "RUNNING"), launcher.log(job)
        time.sleep(1)
    else:
        raise AssertionError(launcher.log(job))
    assert steps(output / "checkpoint-2") == [1, 2]
    cluster.run("scontrol", "update", "NodeName=nodeb", "State=DOWN", "Reason=lost")
    assert launcher.until(job, "PENDING", seconds=60) == "PENDING"
    # The node may have reported itself back by now: then there is nothing to resume.
    cluster.attempt("scontrol", "update", "NodeName=nodeb", "State=RESUME")
    cluster.run("scontrol", "update", f"JobId={job}", "StartTime=now")

    assert launcher.until(job, "COMPLETED") == "COMPLETED"
    assert steps(output) == [1, 2, 3]
    assert (output / "processes").read_text() == "2\n"
    # One node wrote the checkpoint's metadata; the other one resumes from it as well.
    assert (output / "wrote").read_text().strip() in NODES
    for node in NODES:
        assert (output / f"resumed-{node}").read_text() == "checkpoint-2\n"
        assert (output / f"cpus-{node}").read_text() == "64\n"


def test_two_nodes_with_an_output_of_their_own_do_not_start(
    cluster: Slurm, tmp_path: Path
) -> None:
    launcher = Launcher(cluster, tmp_path)
    output = launcher.home / "coalm_output"
    output.mkdir()
    cluster.give_second_node_its_own(output)

    job = launcher.up("70b_2nodes_slurm_job")

    assert launcher.until(job, "FAILED") == "FAILED"
    errors = [line for line in launcher.log(job).splitlines() if "Error:" in line]
    assert errors == [
        f"Error: not every node sees {output}/70b_fast: put output on storage that all "
        "nodes share."
    ]
    assert not (launcher.home / "noted").exists()
