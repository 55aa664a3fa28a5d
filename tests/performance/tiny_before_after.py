"""Measures what the tiny model learns of a built mixture: before training, and after.

    COALM_DATA_DIR=... python tests/performance/tiny_before_after.py [--steps 2000]

`coalm build` makes the mixture (the real data that COALM_DATA_DIR has, else the embedded
corpus), `oumi train` trains recipes/tiny_train_mixture.yaml on it, and `oumi evaluate`
runs recipes/tiny_evaluate.yaml twice: on the model as it is drawn at random, and on the
trained one. Everything runs as a user runs it, a process each; on 2 idle cores about a
quarter of an hour. Prints the scores with their number of cases.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parent.parent.parent
RECIPES = REPOSITORY / "recipes"
COALM = "from coalm_oumi.cli import main; main()"
OUMI = "from oumi.cli.main import run; run()"
SHOWN = {
    "snips_dst": ("intent_accuracy", "slot_f1", "joint_goal_accuracy", "unparsable"),
    "cra_actions": (
        "next_action_accuracy",
        "decision_accuracy",
        "name_accuracy",
        "arguments_accuracy",
        "argument_f1",
        "unparsable",
    ),
}


def run(what: str, code: str, *words: object) -> None:
    """Runs a command in a process of its own, and says how long it took."""
    plugin = REPOSITORY / "coalm_oumi" / "activation" / "coalm_oumi_plugin.txt"
    paths = (REPOSITORY, plugin.parent, os.environ.get("PYTHONPATH", ""))
    environment = os.environ | {
        "OUMI_EXTRA_DEPS_FILE": str(plugin),
        "PYTHONPATH": os.pathsep.join(str(path) for path in paths if path),
        "DO_NOT_TRACK": "1",
    }
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{what} failed:\n{done.stdout[-3000:]}")
    print(f"{what}: {time.perf_counter() - start:.0f} s", flush=True)


def untrained(folder: Path) -> None:
    """Writes the model as it is drawn at random, with its tokenizer."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    asset = REPOSITORY / "coalm_oumi" / "assets" / "tiny_llama"
    torch.manual_seed(42)
    config = AutoConfig.from_pretrained(asset)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(asset).save_pretrained(folder)


def training_recipe(mixture: Path, folder: Path) -> Path:
    """Writes the recipe with the mixture's place in it."""
    recipe = yaml.safe_load((RECIPES / "tiny_train_mixture.yaml").read_text("utf-8"))
    for dataset in recipe["data"]["train"]["datasets"]:
        dataset["dataset_path"] = str(mixture)
    path = folder / "tiny_train_mixture.yaml"
    path.write_text(yaml.safe_dump(recipe), "utf-8")
    return path


def evaluation_recipe(folder: Path, cases: int | None) -> Path:
    """Writes the recipe without the benchmark that is not measured."""
    recipe = yaml.safe_load((RECIPES / "tiny_evaluate.yaml").read_text("utf-8"))
    tasks = [task for task in recipe["tasks"] if task["task_name"] in SHOWN]
    recipe["tasks"] = [{**task, "num_samples": cases} for task in tasks]
    path = folder / "tiny_evaluate.yaml"
    path.write_text(yaml.safe_dump(recipe), "utf-8")
    return path


def evaluate(model: Path, recipe: Path, results: Path) -> dict[str, Any]:
    """Returns the metrics of each task."""
    words = ("evaluate", "-c", recipe, "--model.model_name", model)
    run(f"evaluating {model.name}", OUMI, *words, "--output_dir", results)
    return {
        task: json.loads((results / task / "results.json").read_text("utf-8"))
        for task in SHOWN
    }


def main() -> int:
    """Prints the scores."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--limit", type=int, default=13_084, help="Rows of a source.")
    parser.add_argument("--cases", type=int, help="Cases of a benchmark at most.")
    options = parser.parse_args()
    missing = "skip" if os.environ.get("COALM_DATA_DIR") else "embedded"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mixture, before, after = (folder / n for n in ("mixture", "untrained", "after"))
        words = ("build", "--output", mixture, "--on-missing", missing, "--no-overlaps")
        layout = ("--function-list", "dialogue", "--action-turns", "all")
        run("building", COALM, *words, *layout, "--limit", options.limit)
        untrained(before)
        recipe = evaluation_recipe(folder, options.cases)
        found = {"before": evaluate(before, recipe, folder / "scores-before")}
        words = ("train", "-c", training_recipe(mixture, folder))
        words = (*words, "--training.max_steps", options.steps)
        run(f"{options.steps} steps", OUMI, *words, "--training.output_dir", after)
        found["after"] = evaluate(after, recipe, folder / "scores-after")
    for task, metrics in SHOWN.items():
        for metric in metrics:
            scores = {when: got[task]["metrics"] for when, got in found.items()}
            told = (
                f"{when} {got[metric]['value']:.1f} (n {got[metric]['n']})"
                for when, got in scores.items()
                if metric in got
            )
            print(f"{task} {metric}: {', '.join(told)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
