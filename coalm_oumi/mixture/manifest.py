"""The plan of a build, which a resumed one must share, and the manifest that ends it.

The manifest names nothing of the machine, the time or the number of processes: the same
inputs, options and versions give the same bytes.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import pyarrow as pa

import coalm_oumi
from coalm_oumi.mixture.benchmark_texts import BenchmarkTexts
from coalm_oumi.mixture.columns import schema
from coalm_oumi.mixture.options import BuildOptions
from coalm_oumi.mixture.order import ROWS_PER_FILE, RULE, Mixture
from coalm_oumi.mixture.resolved_sources import ResolvedSources
from coalm_oumi.mixture.token_counts import tokenizer_file
from coalm_oumi.sample_columns import COMPRESSION, LEVEL
from coalm_oumi.storage import sha256


def make_plan(
    options: BuildOptions, resolved: ResolvedSources, benchmarks: list[BenchmarkTexts]
) -> dict[str, Any]:
    """Returns all that decides the bytes of a build.

    Args:
        options: What to build.
        resolved: What it is built from.
        benchmarks: What it is compared with.
    """
    versions = {"coalm-oumi": coalm_oumi.__version__, "pyarrow": pa.__version__}
    tokenizer = None
    if options.tokenizer:
        file = tokenizer_file(options.tokenizer)
        tokenizer = {
            "name": options.tokenizer,
            "sha256": sha256(file) if file else None,
        }
        versions["tokenizers"] = version("tokenizers")
    return {
        "versions": versions,
        "options": options.as_json(),
        "tokenizer": tokenizer,
        "parts": [part.name for part in resolved.parts],
        "sources": resolved.described(),
        "benchmarks": {b.name: _digest(b) for b in benchmarks},
    }


def make_manifest(
    plan: dict[str, Any], mixture: Mixture, files: list[dict[str, Any]]
) -> dict[str, Any]:
    """Returns the manifest of a finished build.

    Args:
        plan: The build's plan.
        mixture: Its rows.
        files: Its data files: `path`, `rows`, `bytes`, `sha256`.
    """
    return {
        **plan,
        "seed": plan["options"]["seed"],
        "command": BuildOptions(
            **{**plan["options"], "only": tuple(plan["options"]["only"])}
        ).command(),
        "order": RULE,
        "rows": sum(mixture.rows),
        "rows_per_file": ROWS_PER_FILE,
        "columns": schema(plan["options"]["format"]).names,
        "parquet_compression": f"{COMPRESSION}, level {LEVEL}",
        "samples": mixture.samples,
        "tokens": mixture.tokens,
        "dropped_for_overlap": mixture.dropped,
        "exact_duplicates": asdict(mixture.duplicates),
        "files": files,
    }


def _digest(benchmark: BenchmarkTexts) -> str | None:
    if benchmark.missing:
        return None
    texts = "\x1e".join("\x1f".join(text) for text in benchmark.texts)
    return hashlib.sha256(texts.encode("utf-8", "backslashreplace")).hexdigest()
