"""Measures tokenising: our dataset class against Oumi's stock `AlpacaDataset`.

    COALM_DATA_DIR=... python tests/performance/tokenizing_throughput.py [--runs 3]

The same rows (a build of what is at hand), the same tokenizer, the same machine, one run.
The tokenizer is a byte-level BPE of Llama 3's size and splitting rule, trained here on
the rows and what other text the data folder has; its chat template is Oumi's
`llama3-instruct`. Each measurement is a process of its own and covers loading the rows
and making the tokens. Tokens of all rows are compared by digest, labels (those of the
completions collator) by the digest of the first rows. With `--runs`, the measurements are
taken in turns, and the median of each counts. Budgets: 4 times stock in one
process, 2 times stock with `transform_num_workers: auto`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent.parent
TIMES_STOCK, TIMES_AUTO = 4, 2
LABELLED = 512
# The rule by which Llama 3's tokenizer splits text before its merges.
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIAL = (
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
    "<|finetune_right_pad_id|>",
)


def train_tokenizer(folder: Path, rows: Path, vocabulary: int) -> int:
    """Trains the tokenizer on the local text, and returns its size."""
    from oumi.builders.models import build_chat_template
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    own = Tokenizer(models.BPE())
    own.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    own.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[*SPECIAL],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    own.train_from_iterator(local_text(rows), trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=own,
        bos_token=SPECIAL[0],
        eos_token=SPECIAL[4],
        pad_token=SPECIAL[5],
        chat_template=build_chat_template("llama3-instruct"),
        model_max_length=131_072,
    )
    tokenizer.save_pretrained(str(folder))
    return own.get_vocab_size()


def local_text(rows: Path) -> Iterator[str]:
    """Yields the rows' texts, and those of whatever else the data folder has."""
    with rows.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield from (row[name] for name in ("instruction", "input", "output"))
    data = os.environ.get("COALM_DATA_DIR")
    if not data:
        return
    for file in sorted(Path(data).rglob("*.json*")):
        if file.suffix in (".json", ".jsonl"):
            yield from file.read_text("utf-8", errors="replace").splitlines()


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Reads the rows."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def load(name: str, rows: Path, tokenizer: Any) -> Any:
    """Makes the tokens of all rows with the class that is measured."""
    if name == "ours":
        from coalm_oumi.datasets import CoalmItDataset

        return CoalmItDataset(
            dataset_path=str(rows), tokenizer=tokenizer, prompt_layout="alpaca"
        ).to_hf()
    from oumi.datasets import AlpacaDataset

    workers: Any = "auto" if name == "stock, auto" else 1
    return AlpacaDataset(
        dataset_path=str(rows), tokenizer=tokenizer, transform_num_workers=workers
    ).to_hf()


def digests(found: Any, tokenizer: Any) -> tuple[str, str]:
    """Returns the digests of all tokens, and of the first rows' labels."""
    from oumi.builders.collators import build_data_collator

    tokens = hashlib.sha256()
    for row in found:
        tokens.update(json.dumps([row["input_ids"], row["attention_mask"]]).encode())
    collate = build_data_collator(
        "text_completions_only_with_padding",
        tokenizer,
        max_length=None,
        train_target="all_assistant_turns",
        response_template="<|start_header_id|>assistant<|end_header_id|>\n\n",
        end_of_turn_template="<|eot_id|>",
    )
    labels = hashlib.sha256()
    first = min(LABELLED, len(found))
    for start in range(0, first, 16):
        stop = min(start + 16, first)
        batch = collate([found[n] for n in range(start, stop)])
        labels.update(batch["labels"].numpy().tobytes())
    return tokens.hexdigest(), labels.hexdigest()


def measure(name: str, rows: Path, folder: Path) -> dict[str, Any]:
    """Measures one way to the tokens."""
    from transformers import AutoTokenizer

    import coalm_oumi.datasets  # noqa: F401 - imports are not measured

    tokenizer: Any = AutoTokenizer.from_pretrained(str(folder))
    tokenizer.backend_tokenizer.encode_batch_fast(["warm"], add_special_tokens=False)
    if name == "encode_batch_fast":
        texts = [
            "\n".join((row["instruction"], row["input"], row["output"]))
            for row in rows_of(rows)
        ]
        start = time.perf_counter()
        tokenizer.backend_tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return {"rows": len(texts), "seconds": time.perf_counter() - start}
    begun = sum(os.times()[:4])
    start = time.perf_counter()
    found = load(name, rows, tokenizer)
    seconds = time.perf_counter() - start
    times = os.times()  # of the processes that Oumi started as well, as they have ended
    processor = sum(times[:4]) - begun
    tokens, labels = digests(found, tokenizer)
    size = {"rows": len(found), "seconds": seconds, "processor": processor}
    return {**size, "tokens": tokens, "labels": labels}


MEASUREMENTS = ("stock", "stock, auto", "ours", "encode_batch_fast")


def in_a_process(name: str, rows: Path, folder: Path) -> dict[str, Any]:
    """Runs one of `MEASUREMENTS` in a process of its own."""
    command = [sys.executable, __file__, "--measure", name]
    paths = (str(REPOSITORY), os.environ.get("PYTHONPATH", ""))
    with tempfile.TemporaryDirectory() as cache:  # else a second run only reads it
        printed = subprocess.run(
            [*command, "--rows-file", str(rows), "--folder", str(folder)],
            env=os.environ
            | {
                "PYTHONPATH": os.pathsep.join(filter(None, paths)),
                "HF_DATASETS_CACHE": cache,
            },
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    return json.loads(printed.stdout.splitlines()[-1])


def alternated(rows: Path, folder: Path, runs: int) -> dict[str, dict[str, Any]]:
    """Takes all measurements in turns; returns the one of the median time of each."""
    taken: dict[str, list[dict[str, Any]]] = {name: [] for name in MEASUREMENTS}
    for _ in range(runs):
        for name in MEASUREMENTS:
            taken[name].append(in_a_process(name, rows, folder))
    for name, got in taken.items():
        if runs > 1:
            seconds = ", ".join(f"{one['seconds']:.1f}" for one in got)
            print(f"{name}: {seconds} s")
    return {
        name: {
            **got[0],
            "seconds": statistics.median(one["seconds"] for one in got),
            "processor": statistics.median(one.get("processor", 0) for one in got),
        }
        for name, got in taken.items()
    }


def make_rows(folder: Path, rows: int) -> Path:
    """Builds the mixture of what is at hand, and returns its first rows' file."""
    from coalm_oumi.mixture import BuildOptions, build

    missing = "skip" if os.environ.get("COALM_DATA_DIR") else "embedded"
    build(folder / "built", BuildOptions(on_missing=missing, overlaps=False))
    path = folder / "rows.jsonl"
    taken = 0
    with path.open("w", encoding="utf-8") as out:
        for file in sorted((folder / "built" / "jsonl").iterdir()):
            for line in file.open(encoding="utf-8"):
                if taken < rows:
                    out.write(line)
                    taken += 1
    return path


def report(found: dict[str, dict[str, Any]]) -> int:
    """Prints the measurements; returns 1 if a budget or the sameness is missed."""
    bare = found["encode_batch_fast"]["rows"] / found["encode_batch_fast"]["seconds"]
    rates = {name: got["rows"] / got["seconds"] for name, got in found.items()}
    for name, rate in rates.items():
        print(
            f"{name:18} {rate:9,.0f} rows/s  {found[name]['seconds']:7.2f} s  "
            f"{rate / bare:5.0%} of encode_batch_fast  "
            f"{found[name].get('processor', 0):6.1f} processor seconds"
        )
    over, over_auto = (rates["ours"] / rates[n] for n in ("stock", "stock, auto"))
    print(f"ours: {over:.1f} times stock, {over_auto:.1f} times stock with auto")
    same = True
    for kind in ("tokens", "labels"):
        alike = len({got[kind] for got in found.values() if kind in got}) == 1
        print(f"{kind}: {'identical' if alike else 'DIFFERENT'}")
        same = same and alike
    kept = over >= TIMES_STOCK and over_auto >= TIMES_AUTO and same
    print(
        f"budgets {TIMES_STOCK} and {TIMES_AUTO} times: {'kept' if kept else 'MISSED'}"
    )
    return int(not kept)


def main() -> int:
    """Prints the measurements; exits with 1 if a budget is missed."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("--rows", type=int, default=15_000)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--vocabulary", type=int, default=128_000)
    parser.add_argument("--tokenizer", type=Path, help="A folder to keep it in.")
    parser.add_argument("--measure", choices=MEASUREMENTS, help=argparse.SUPPRESS)
    parser.add_argument("--rows-file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        got = measure(options.measure, options.rows_file, options.folder)
        print(json.dumps(got))
        return 0
    sys.path.insert(0, str(REPOSITORY))
    with tempfile.TemporaryDirectory() as scratch:
        rows = make_rows(Path(scratch), options.rows)
        folder = options.tokenizer or Path(scratch) / "tokenizer"
        if not (folder / "tokenizer.json").is_file():
            size = train_tokenizer(folder, rows, options.vocabulary)
            print(f"trained a tokenizer of {size:,} tokens", flush=True)
        found = alternated(rows, folder, options.runs)
    print(f"{found['ours']['rows']:,} rows, {os.cpu_count()} cores")
    return report(found)


if __name__ == "__main__":
    sys.exit(main())
