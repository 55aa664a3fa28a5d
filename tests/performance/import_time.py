"""What an installation adds to every start of Python, and what the light packages load.

    python tests/performance/import_time.py [--runs 40]

Two bare virtual environments, one with the three files that an installation leaves in
site-packages: their starts are timed in turns, the peer is the environment without.
Then the import of the packages that must stay light, beside a bare interpreter.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "coalm_oumi"
ACTIVATION = ("coalm_oumi.pth", "coalm_oumi_plugin.txt", "coalm_oumi_plugin.py")
LIGHT = "import coalm_oumi.calls, coalm_oumi.sources, coalm_oumi.datasets.parts"


def milliseconds(command: list[str | Path]) -> float:
    """Returns how long one run of a command took."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, cwd=PACKAGE.parent)
    return 1000 * (time.perf_counter() - begun)


def in_turns(commands: dict[str, list[str | Path]], runs: int) -> dict[str, float]:
    """Returns the median time of each command, the commands run in turns."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            times[name].append(milliseconds(command))
    return {name: statistics.median(found) for name, found in times.items()}


def environment(folder: Path, *, active: bool) -> Path:
    """Makes a bare virtual environment and returns its interpreter."""
    venv.create(folder, with_pip=False, symlinks=True)
    if active:
        (site_packages,) = folder.glob("lib/python*/site-packages")
        for name in ACTIVATION:
            content = (PACKAGE / "activation" / name).read_bytes()
            (site_packages / name).write_bytes(content)
    return folder / "bin" / "python"


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=40)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        found = in_turns(
            {
                "start, not installed": [
                    environment(Path(name, "bare"), active=False),
                    "-c",
                    "pass",
                ],
                "start, installed": [
                    environment(Path(name, "active"), active=True),
                    "-c",
                    "pass",
                ],
                "this interpreter, bare": [sys.executable, "-c", "pass"],
                "this interpreter, light packages": [sys.executable, "-c", LIGHT],
            },
            runs,
        )
    for what, median in found.items():
        print(f"{what}: {median:.1f} ms (median of {runs})")
    added = found["start, installed"] - found["start, not installed"]
    light = found["this interpreter, light packages"]
    light -= found["this interpreter, bare"]
    print(f"added to every start: {added:.1f} ms; light packages: {light:.1f} ms")


if __name__ == "__main__":
    main()
