"""A SLURM of two nodes on this machine, for as long as a test runs.

Munge, the controller and one daemon a node, in name spaces of their own: the second node
has another host name and the address 127.0.0.2. Each node says that it has eight H100 and
64 CPUs, which nothing checks. Needs root and Debian's packages slurm-wlm and munge.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

NODES = {"nodea": "127.0.0.1", "nodeb": "127.0.0.2"}
_COMMANDS = ("slurmctld", "slurmd", "munged", "sbatch", "srun", "unshare", "nsenter")
_GPUS = 8

_CONFIG = """\
ClusterName=local
SlurmctldHost=nodea
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
CommunicationParameters=NoInAddrAny
SlurmctldPort={controller}
SlurmdPort={daemon}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool_%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd_%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd_%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_interval=1
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
KillWait=2
GresTypes=gpu
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""

# Runs in the name spaces; ends when its standard input does.
_START = """\
set -e
trap 'kill $(jobs -p)' EXIT
mount --bind {folder}/hosts /etc/hosts
hostname nodea
munged -F --force --socket={folder}/munge.socket --key-file={folder}/munge.key \\
  --pid-file={folder}/munged.pid --log-file={folder}/munged.log \\
  --seed-file={folder}/munge.seed &
sleep 1
slurmctld -D -i &
slurmd -D &
unshare -u -m sh -c 'hostname nodeb; echo $$ > {folder}/nodeb.pid; exec slurmd -D' &
touch {folder}/started
cat
"""


def why_not() -> str:
    """Why there can be no SLURM here; empty if there can."""
    if missing := [name for name in _COMMANDS if not shutil.which(name)]:
        return f"{', '.join(missing)} not installed (slurm-wlm, munge, util-linux)"
    if os.geteuid():
        return "a SLURM of two nodes needs root, for name spaces"
    allowed = subprocess.run(["unshare", "-m", "-u", "true"], capture_output=True)
    return "" if allowed.returncode == 0 else "name spaces are not allowed here"


@dataclass(frozen=True)
class Slurm:
    """The cluster: how to run a command on its first node."""

    folder: Path
    pid: int

    @property
    def inside(self) -> list[str]:
        """The command that leads to the first node."""
        return ["nsenter", "--target", str(self.pid), "--mount", "--uts", "--"]

    def run(self, *command: str) -> str:
        """Runs a command there, and returns what it prints."""
        ended = self.attempt(*command)
        ended.check_returncode()
        return ended.stdout

    def attempt(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Runs a command there that may fail."""
        environment = {**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf")}
        return subprocess.run(
            [*self.inside, *command],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def give_second_node_its_own(self, folder: Path) -> None:
        """Mounts a disk there that the first node does not see."""
        target = (self.folder / "nodeb.pid").read_text().strip()
        inside = ("nsenter", "--target", target, "--mount", "--")
        subprocess.run([*inside, "mount", "-t", "tmpfs", "none", folder], check=True)

    def state(self, job: str) -> str:
        """The state of a job, such as RUNNING."""
        told = self.run("scontrol", "--oneliner", "show", "job", job)
        return dict(part.split("=", 1) for part in told.split() if "=" in part)[
            "JobState"
        ]


@contextmanager
def local_slurm(folder: Path, ports: tuple[int, int]) -> Iterator[Slurm]:
    """Starts the cluster, and ends it with all that it runs.

    Args:
        folder: For its state and logs; its path is to be short, for a socket.
        ports: Free ports of the controller and of the nodes.
    """
    _write(folder, ports)
    command = ["unshare", "-m", "-u", "bash", "-c", _START.format(folder=folder)]
    started = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=(folder / "start.log").open("w"),
        stderr=subprocess.STDOUT,
        env={**os.environ, "SLURM_CONF": str(folder / "slurm.conf")},
        start_new_session=True,
    )
    cluster = Slurm(folder, started.pid)
    try:
        _wait_for_nodes(cluster)
        yield cluster
        cluster.run("scancel", "--full", "--state=RUNNING")
        cluster.run("scancel", "--state=PENDING")
        time.sleep(3)
    finally:
        os.killpg(started.pid, signal.SIGTERM)
        time.sleep(2)
        with suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def _write(folder: Path, ports: tuple[int, int]) -> None:
    nodes = [
        f"NodeName={name} NodeAddr={address} CPUs=64 RealMemory=4000000 "
        f"Gres=gpu:h100:{_GPUS} State=UNKNOWN\n"
        for name, address in NODES.items()
    ]
    config = _CONFIG.format(folder=folder, controller=ports[0], daemon=ports[1])
    (folder / "slurm.conf").write_text(config + "".join(nodes))
    (folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
    for number in range(_GPUS):
        (folder / f"gpu{number}").touch()
    (folder / "gres.conf").write_text(
        f"NodeName={','.join(NODES)} Name=gpu Type=h100 "
        f"File={folder}/gpu[0-{_GPUS - 1}]\n"
    )
    hosts = "".join(f"{address} {name}\n" for name, address in NODES.items())
    (folder / "hosts").write_text(f"127.0.0.1 localhost\n{hosts}")
    for name in ("state", *(f"spool_{name}" for name in NODES)):
        (folder / name).mkdir()
    (folder / "munge.key").write_bytes(secrets.token_bytes(1024))
    (folder / "munge.key").chmod(0o600)


def _wait_for_nodes(cluster: Slurm, seconds: int = 60) -> None:
    for _ in range(seconds):
        time.sleep(1)
        if not (cluster.folder / "started").exists():
            continue
        try:
            told = cluster.run("sinfo", "--noheader", "--Node", "--format=%t")
        except subprocess.CalledProcessError:
            continue
        if told.split() == ["idle"] * len(NODES):
            return
    logs = (path.read_text() for path in sorted(cluster.folder.glob("*.log")))
    raise RuntimeError("SLURM did not start:\n" + "\n".join(logs)[-4000:])
