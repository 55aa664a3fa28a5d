"""Measures grounded CRA on the whole of SGD: time, memory, samples, variety, grounding.

    python tests/performance/cra_report.py DATA_FOLDER [--part train] [--tokenizer PATH]
        [--build-only]

DATA_FOLDER holds SGD in its upstream layout, or `sgd_train.tar.xz`. `--build-only` times
the making of the samples alone, without the measures. Budgets: 60 s and 500 MB for that,
on one core.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections import Counter
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
SECONDS, MEGABYTES = 60, 500
_TOKENIZED_SHARE = 20  # one sample in so many is tokenised


def peak_mb() -> int:
    """The peak memory of this process, in megabytes of 1,000,000 bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1_000_000 if sys.platform == "darwin" else peak * 1024 // 1_000_000


def build(folder: Path, part: str) -> int:
    """Makes all samples in the order of the dataset, and says what it took."""
    from coalm_oumi.cra.functions import function_catalogue
    from coalm_oumi.cra.samples import cra_samples, in_seeded_order
    from coalm_oumi.cra.write.grounded import grounded_dialogues
    from coalm_oumi.sources import Ledger, Sgd

    start = time.perf_counter()
    sgd, ledger = Sgd(folder, part), Ledger(f"sgd {part}")  # type: ignore[arg-type]
    functions = function_catalogue(sgd.schemas)
    made = grounded_dialogues(
        sgd.dialogues(ledger), sgd.schemas, functions, seed=42, ledger=ledger
    )
    kinds = Counter(
        sample.origin.transformation
        for dialogue in in_seeded_order(made, seed=42)
        for sample in cra_samples(dialogue, functions, seed=42)
    )
    seconds = time.perf_counter() - start
    print(*ledger.lines(), sep="\n")
    print(f"samples {kinds.total():,} {dict(kinds)}")
    print(f"{seconds:.1f} s, {kinds.total() / seconds:,.0f} samples/s, {peak_mb()} MB")
    exceeded = seconds > SECONDS or peak_mb() > MEGABYTES
    print(f"budgets {SECONDS} s, {MEGABYTES} MB: {'EXCEEDED' if exceeded else 'kept'}")
    return int(exceeded)


def report(folder: Path, part: str, tokenizer_path: str) -> int:
    """Prints the measures, and the tokens per sample of a share of the samples."""
    from transformers import AutoTokenizer

    from coalm_oumi.cra.functions import function_catalogue
    from coalm_oumi.cra.write.grounded import INVALID_CALL
    from coalm_oumi.sources import Sgd
    from tests.cra.measures import FULL_TRAIN, CraMeasures

    tokenizer = AutoTokenizer.from_pretrained(tokenizer_path)
    sgd = Sgd(folder, part)  # type: ignore[arg-type]
    measures = CraMeasures(sgd.schemas, function_catalogue(sgd.schemas))
    tokens: dict[str, list[int]] = {"action": [], "response": []}
    for number, dialogue in enumerate(sgd.dialogues()):
        samples = measures.add(dialogue)
        if number % _TOKENIZED_SHARE == 0:
            texts = [f"{s.instruction}\n{s.input}\n{s.output}" for s in samples]
            rows = tokenizer(texts)["input_ids"] if texts else []
            for sample, ids in zip(samples, rows, strict=True):
                tokens[sample.origin.transformation].append(len(ids))
    print(*measures.lines(), sep="\n")
    means = {kind: sum(rows) / max(1, len(rows)) for kind, rows in tokens.items()}
    total = sum(measures.samples[kind] * mean for kind, mean in means.items())
    for kind, mean in means.items():
        print(f"tokens per {kind} sample {mean:,.0f}, longest {max(tokens[kind]):,}")
    samples_n = measures.samples.total()
    print(f"tokens per sample {total / samples_n:,.0f}, in all {total:,.0f}")
    print(f"projected tokens {total / measures.dialogues * FULL_TRAIN:,.0f}")
    for leak in measures.leaked[:5]:
        print("leak", leak)
    invalid = measures.calls[False] != measures.reasons[INVALID_CALL]
    return int(bool(measures.leaked or measures.misnamed or invalid))


def main() -> int:
    """Prints the report; exits with 1 if a budget or a rule is broken."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--part", default="train")
    parser.add_argument(
        "--tokenizer", default=str(REPOSITORY / "tests/assets/tiny_llama")
    )
    parser.add_argument("--build-only", action="store_true")
    options = parser.parse_args()
    sys.path.insert(0, str(REPOSITORY))
    if options.build_only:
        return build(options.folder, options.part)
    return report(options.folder, options.part, options.tokenizer)


if __name__ == "__main__":
    sys.exit(main())
