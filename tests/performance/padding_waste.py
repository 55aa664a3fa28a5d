"""Useful among processed tokens, of each way to train CoALM 8B; no GPU needed.

    COALM_DATA_DIR=... python tests/performance/padding_waste.py [--samples 31164]

Useful are the tokens of samples, processed those and the padding. Oumi's own CoALM recipe
pads 16 samples to the longest of them; the paper's batch of one has nothing to pad; the
fast recipes pack samples to 4,096 tokens (TRL's `bfd`, as in training), where what is left
of a row counts as lost although no GPU computes it. Budgets: 100 % and 97 %.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.performance.sample_lengths import mixture_lengths

LENGTH = 4096


def padded_share(lengths: Sequence[int], rows: int) -> float:
    """Returns useful among processed tokens, with each batch padded to its longest."""
    batches = [lengths[at : at + rows] for at in range(0, len(lengths), rows)]
    return sum(lengths) / sum(max(batch) * len(batch) for batch in batches)


def packed_share(lengths: Sequence[int]) -> float:
    """Returns useful among all places of the rows that TRL packs."""
    import datasets
    from trl.data_utils import pack_dataset

    rows = datasets.Dataset.from_dict({"input_ids": [[0] * n for n in lengths]})
    packed = pack_dataset(rows, LENGTH, "bfd")
    return sum(lengths) / (len(packed) * LENGTH)


def main() -> int:
    """Prints the shares; exits with 1 if a budget is missed."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("--samples", type=int, default=31_164)
    parser.add_argument("--tokenizer", help="A folder or name; else by characters.")
    options = parser.parse_args()
    tokenizer = None
    if options.tokenizer:
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(options.tokenizer)
    lengths = mixture_lengths(options.samples, at_most=LENGTH, tokenizer=tokenizer)
    mean, longest = sum(lengths) / len(lengths), max(lengths)
    print(f"{len(lengths):,} samples, {mean:.0f} tokens on average, {longest} at most")
    shares = {
        "Oumi's shipped recipe (16 a GPU)": padded_share(lengths, 16),
        "paper-exact (1 a GPU)": padded_share(lengths, 1),
        "fast (packed to 4,096)": packed_share(lengths),
    }
    for name, share in shares.items():
        print(f"{name:34} {share:6.1%} useful")
    kept = shares["paper-exact (1 a GPU)"] == 1 and list(shares.values())[-1] >= 0.97
    print(f"budgets 100 % and 97 %: {'kept' if kept else 'MISSED'}")
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())
