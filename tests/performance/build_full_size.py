"""Measures a build of the full size: the 311,583 samples of CoALM-IT.

    COALM_DATA_DIR=... python tests/performance/build_full_size.py [--workers 4]

The rows of all four sources (the real ones that COALM_DATA_DIR has, else the embedded
corpus) are repeated under new ids, and with a number in the query so that they stay
different, until there are as many as the paper's Table 1 has samples of. Of dialogues
fewer than SGD's own are taken, since each gives more samples here than in the paper.
`coalm build` runs as a process of its own; seconds and
the peak memory of its process tree (the sum of resident sizes, in which what processes
share counts several times) are printed. Budgets: 120 s and 3 GB on 4 cores.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPOSITORY))
SECONDS, MEGABYTES = 120, 3000
SAMPLES, SNIPS, XLAM, IRRELEVANT = 311_583, 13_084, 60_000, 7_500
# 1.21 samples of a conversation, 10.7 of a dialogue.
TOOLACE, DIALOGUES, DIALOGUES_OF_A_FILE = 11_450, 7_700, 128
SPLIT = "snips/slotgated/snips"


def repeated(rows: list[dict[str, Any]], n: int, text: str) -> list[dict[str, Any]]:
    """Returns n rows: the given ones again and again, each with a text of its own."""
    found = []
    for number, row in zip(range(n), itertools.cycle(rows)):
        again = number // len(rows)
        found.append({**row, text: f"{row[text]} ({again})" if again else row[text]})
    return found


def write(path: Path, rows: list[dict[str, Any]], key: str) -> None:
    """Writes rows as a JSON list, each with an id of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = str if rows and isinstance(rows[0].get(key), str) else int
    numbered = [{**row, key: kind(number)} for number, row in enumerate(rows)]
    path.write_text(json.dumps(numbered), "utf-8")


def make_sources(root: Path) -> None:
    """Writes the sources at full size."""
    from coalm_oumi.sources.locate import locate

    split = locate("snips_split", on_missing="embedded").folder
    train = json.loads((split / "train.json").read_text("utf-8"))
    write(root / SPLIT / "train.json", repeated(train, SNIPS, "utterance"), "dialog_id")
    for name in ("valid.json", "test.json"):
        (root / SPLIT / name).write_bytes((split / name).read_bytes())
    (file,) = locate("xlam", on_missing="embedded").files
    rows = json.loads(file.read_text("utf-8"))
    # No tool fits where the tools are those of another row.
    others = [
        {**row, "tools": other["tools"], "answers": "[]"}
        for row, other in zip(rows, rows[7:] + rows[:7], strict=True)
    ]
    folder = root / "xlam"
    write(
        folder / "xlam_function_calling_60k.json", repeated(rows, XLAM, "query"), "id"
    )
    irrelevant = repeated(others, IRRELEVANT, "query")
    write(folder / "xlam-7.5k-irrelevancek.json", irrelevant, "id")
    make_conversations(root / "toolace" / "data.json")
    make_dialogues(root / "sgd" / "train")


def make_conversations(path: Path) -> None:
    """Writes ToolACE at full size."""
    from coalm_oumi.sources.locate import locate

    files = locate("toolace", on_missing="embedded").files
    rows = [row for file in files for row in json.loads(file.read_text("utf-8"))]
    found = []
    for number, row in zip(range(TOOLACE), itertools.cycle(rows)):
        first, *rest = row["conversations"]
        again = number // len(rows)
        value = f"{first['value']} ({again})" if again else first["value"]
        found.append({**row, "conversations": [{**first, "value": value}, *rest]})
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(found), "utf-8")


def make_dialogues(folder: Path) -> None:
    """Writes as many of SGD's dialogues as give the paper's number of samples."""
    from coalm_oumi.sources.locate import locate
    from coalm_oumi.sources.sgd_files import part_files

    files = part_files(locate("sgd", on_missing="embedded").folder, "train")
    folder.mkdir(parents=True)
    (folder / "schema.json").write_bytes(files.schema.read())
    read = (d for file in files.dialogues for d in json.loads(file.read()))
    dialogues = list(itertools.islice(read, DIALOGUES))
    found = [
        {**row, "dialogue_id": f"{number // 1000}_{number % 1000:05d}"}
        for number, row in zip(range(DIALOGUES), itertools.cycle(dialogues))
    ]
    for start in range(0, len(found), DIALOGUES_OF_A_FILE):
        name = f"dialogues_{start // DIALOGUES_OF_A_FILE + 1:03d}.json"
        rows = found[start : start + DIALOGUES_OF_A_FILE]
        (folder / name).write_text(json.dumps(rows), "utf-8")


def link_benchmarks(root: Path) -> None:
    """Puts the real benchmarks' files in place, to be compared with."""
    real = os.environ.get("COALM_DATA_DIR")
    for name in ("multiwoz24", "api_bank", "bfcl_v3") if real else ():
        if (Path(str(real)) / name).is_dir():
            (root / name).symlink_to(Path(str(real)) / name)


def run(command: list[str], environment: dict[str, str]) -> tuple[float, int]:
    """Runs a command; returns its seconds and its process tree's peak in megabytes."""
    import psutil

    start, peak = time.perf_counter(), 0
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    tree = psutil.Process(process.pid)
    while process.poll() is None:
        resident = 0
        try:
            for one in (tree, *tree.children(recursive=True)):
                resident += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
        peak = max(peak, resident)
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"the build failed: {' '.join(command)}")
    return time.perf_counter() - start, peak // 1_000_000


def main() -> int:
    """Prints the measurements; exits with 1 if a budget is exceeded."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("--workers", type=int, default=min(4, os.cpu_count() or 1))
    parser.add_argument("--tokenizer", help="Count tokens with it as well.")
    options = parser.parse_args()
    code = "from coalm_oumi.cli import main; main()"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "data"
        make_sources(root)
        link_benchmarks(root)
        built = Path(folder) / "built"
        command = [sys.executable, "-c", code, "build", "--output", str(built)]
        command += ["--workers", str(options.workers), "--on-missing", "skip"]
        if options.tokenizer:
            command += ["--tokenizer", options.tokenizer]
        paths = (str(REPOSITORY), os.environ.get("PYTHONPATH", ""))
        environment = os.environ | {
            "COALM_DATA_DIR": str(root),
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        }
        seconds, peak = run(command, environment)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = used.ru_utime + used.ru_stime
        manifest = json.loads((built / "manifest.json").read_text("utf-8"))
        size = sum(file["bytes"] for file in manifest["files"]) / 1e6
    parts = ", ".join(f"{name} {n:,}" for name, n in manifest["samples"].items())
    print(parts)
    print(
        f"{manifest['rows']:,} samples, {options.workers} workers on {os.cpu_count()} "
        f"cores: {seconds:.1f} s ({processor:.0f} processor seconds), "
        f"peak {peak:,} MB, {size:,.0f} MB written"
    )
    exceeded = seconds > SECONDS or peak > MEGABYTES or manifest["rows"] < SAMPLES
    verdict = "EXCEEDED" if exceeded else "kept"
    print(f"budgets {SECONDS} s, {MEGABYTES} MB: {verdict}")
    return int(exceeded)


if __name__ == "__main__":
    sys.exit(main())
