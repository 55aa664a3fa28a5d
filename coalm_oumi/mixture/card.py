"""The dataset card of a build: README.md with the Hugging Face Hub's front matter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from coalm_oumi.cra.own_apis import OWN_APIS
from coalm_oumi.datasets.parts import PARTS, SWAPPED
from coalm_oumi.mixture.accounts import SourceAccount
from coalm_oumi.mixture.table import HEAD, markdown_table, table_rows

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
)
_TAGS = ("dialogue-state-tracking", "function-calling", "tool-use", "coalm", "oumi")
_PAPER = """\
@inproceedings{acikgoz2025coalm,
  title = {Can a Single Model Master Both Multi-turn Conversations and Tool Use?
           {CoALM}: A Unified Conversational Agentic Language Model},
  author = {Acikgoz, Emre Can and others},
  booktitle = {Proceedings of ACL 2025},
  year = {2025},
  eprint = {2502.08820},
  archivePrefix = {arXiv},
}"""

Manifest = dict[str, Any]


def dataset_card(
    manifest: Manifest, accounts: list[SourceAccount], warnings: list[str]
) -> str:
    """Returns the card of a build.

    Args:
        manifest: Its manifest.
        accounts: What became of the rows of each source.
        warnings: What a user of the data should know.
    """
    sections = (
        _front_matter(manifest),
        _what(manifest),
        _counts(manifest),
        _creation(manifest, accounts),
        _overlaps(manifest),
        _licences(manifest),
        _warnings(manifest, warnings),
        _citations(manifest),
    )
    return "\n".join("".join(f"{line}\n" for line in section) for section in sections)


def _front_matter(manifest: Manifest) -> Iterator[str]:
    own = _own_catalogue(manifest)
    size = next((name for most, name in _SIZES if manifest["rows"] < most), "1M<n<10M")
    licences = sorted({s["licence"].lower() for s in manifest["sources"].values()})
    yield "---"
    yield f"pretty_name: {json.dumps(_title(manifest)) if own else _title(manifest)}"
    yield "language: [en]"
    yield "license: other" if own else f"license: [{', '.join(licences)}]"
    yield f"size_categories: ['{size}']"
    yield "task_categories: [text-generation]"
    yield f"tags: [{', '.join(_TAGS)}]"
    yield "configs:"
    yield "- config_name: default"
    yield "  data_files:"
    yield "  - split: train"
    yield "    path: data/train-*.parquet"
    yield "dataset_info:"
    yield "  splits:"
    yield "  - name: train"
    yield f"    num_examples: {manifest['rows']}"
    yield "---"


def _own_catalogue(manifest: Manifest) -> str | None:
    """Returns the name of the catalogue that a build is about, if it is the user's own."""
    if set(manifest["sources"]) != {OWN_APIS}:
        return None
    files = manifest["sources"][OWN_APIS]["files"]
    return str(files[0]["path"]) if files else OWN_APIS


def _title(manifest: Manifest) -> str:
    own = _own_catalogue(manifest)
    if own is not None:
        return f"ReAct dialogues about the functions of {own}"
    return "CoALM-IT, rebuilt from its sources"


def _what(manifest: Manifest) -> Iterator[str]:
    yield f"# {_title(manifest)}"
    yield ""
    version = manifest["versions"]["coalm-oumi"]
    if _own_catalogue(manifest) is not None:
        yield (
            "Training data for a model that holds dialogues and calls these functions, in "
            "the form of CoALM's CRA part (arXiv 2502.08820). Made by coalm-oumi "
            f"{version} from a catalogue of functions and seed dialogues about them, "
            "without a model. It holds nothing of CoALM-IT or its sources."
        )
    else:
        yield (
            "Training data for one model that tracks dialogue state and calls functions, "
            f"after CoALM (arXiv 2502.08820). Made by coalm-oumi {version} from the "
            "sources named below."
        )
    yield ""
    columns = ", ".join(f"`{name}`" for name in manifest["columns"])
    yield f"Columns: {columns}. `part` to `copy` say where a row came from."
    if manifest["options"]["format"] == "messages":
        yield (
            "`tools` and a tool call's `arguments` are JSON texts (`json.loads`), as "
            "their fields differ from row to row."
        )
    yield (
        f"Parquet ({manifest['parquet_compression']}) is in `data/`, the same rows as "
        "JSON lines in `jsonl/`."
    )
    yield f"The rows stand in a fixed order: {manifest['order']}."


def _counts(manifest: Manifest) -> Iterator[str]:
    own = _own_catalogue(manifest) is not None
    yield "## Samples" if own else "## Samples, beside the paper's Table 1"
    yield ""
    if own:
        yield f"{manifest['rows']:,} samples, one for each step of a dialogue."
    else:
        yield markdown_table(HEAD, table_rows(manifest["samples"], manifest["tokens"]))
    tokenizer = manifest["tokenizer"]
    if tokenizer:
        yield (
            f"Tokens are those of `{tokenizer['name']}`: instruction, input and output, "
            "without special tokens."
        )
    else:
        yield "Tokens were not counted."
    if not own:
        yield SWAPPED
    surplus = manifest["exact_duplicates"]["surplus"]
    told = ", ".join(f"{part} {n:,}" for part, n in surplus.items())
    yield ""
    repeated = f"Samples that repeat another word for word: {told}."
    masked = " Unmasked copies of one function calling row are meant to."
    yield repeated if own else repeated + masked


def _creation(manifest: Manifest, accounts: list[SourceAccount]) -> Iterator[str]:
    yield "## How it was made"
    yield ""
    yield f"    {manifest['command']}"
    yield ""
    yield "The same command on the same sources gives the same bytes. The parts:"
    yield ""
    for name in manifest["parts"]:
        title = _title(manifest) if _own_catalogue(manifest) else PARTS[name].title
        yield f"- `{name}`: {title}"
    yield ""
    yield "What became of every row of the sources (each one: `ledger.jsonl`):"
    yield ""
    for account in accounts:
        yield from (f"- {line}" for line in account.lines())


def _overlaps(manifest: Manifest) -> Iterator[str]:
    yield "## Overlap with benchmarks"
    yield ""
    summary = manifest.get("overlaps")
    if summary is None:
        yield "The samples were not compared with any benchmark."
        return
    done = "left out" if summary["dropped"] else "kept"
    yield f"Rule: {summary['rule']}. Overlapping samples are {done}."
    yield ""
    for name, found in summary["benchmarks"].items():
        if found["not_compared_because_missing"]:
            yield (
                f"- {found['title']}: not compared, as its files were not there "
                f"(`{found['not_compared_because_missing']}`)"
            )
            continue
        exact, n_gram = found["exact"], found["n_gram"]
        yield (
            f"- {found['title']} (`{name}`), {found['compared_texts']:,} texts: "
            f"{exact['samples']:,} samples repeat {exact['test_texts']:,} of them, "
            f"{n_gram['samples']:,} come near {n_gram['test_texts']:,}"
        )
        for example in found["examples"]:
            told = {key: example[key] for key in ("item", "text", "sample")}
            yield f"  - `{json.dumps(told, ensure_ascii=False)}`"


def _licences(manifest: Manifest) -> Iterator[str]:
    yield "## Licences"
    yield ""
    if own := _own_catalogue(manifest):
        yield (
            f"Catalogue and dialogues are the maker's own, and so are the terms: name them "
            f"here, and under `license` above, before {own} is published in this form."
        )
        return
    yield (
        "Each row keeps the licence of its source (column `source`). CC BY sources "
        "want to be named, CC BY-SA ones also that what is made of them is shared "
        "alike."
    )
    yield ""
    for name, source in manifest["sources"].items():
        pinned = f", revision `{source['revision'][:12]}`" if source["revision"] else ""
        embedded = source["embedded_corpus"]
        what = "embedded corpus of coalm-oumi" if embedded else source["title"]
        place = f" ({source['homepage']}{pinned})" if source["homepage"] else ""
        yield f"- `{name}`: {source['licence']}. {what}{place}"


def _warnings(manifest: Manifest, warnings: list[str]) -> Iterator[str]:
    yield "## Warnings"
    yield ""
    if _own_catalogue(manifest) is None:
        yield (
            "- Most rows were written or generated for English; the queries of xLAM were "
            "generated by language models and not checked by people."
        )
    else:
        yield "- Thoughts are written by rules; words and calls are the seed dialogues'."
    if manifest["options"]["limit"] is not None:
        limit = manifest["options"]["limit"]
        yield f"- Only the first {limit:,} rows of each source were read."
    yield from (f"- {warning}" for warning in warnings)


def _citations(manifest: Manifest) -> Iterator[str]:
    yield "## Citation"
    yield ""
    yield "```bibtex"
    yield _PAPER
    sources = {s.name: s for part in PARTS.values() for s in part.sources}
    known: set[str] = set()
    for name, source in manifest["sources"].items():
        if name not in sources:
            continue
        citation = sources[name].citation
        if citation and not source["embedded_corpus"] and citation not in known:
            known.add(citation)
            yield citation
    yield "```"
