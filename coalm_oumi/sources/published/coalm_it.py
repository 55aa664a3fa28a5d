"""CoALM-IT as its authors published it."""

from __future__ import annotations

from coalm_oumi.sources.source import HUB_SCHEME, RemoteFile, Source, formats

_CITATION = """\
@misc{acikgoz2025coalm,
  title = {Can a Single Model Master Both Multi-turn Conversations and Tool Use?
           {CoALM}: A Unified Conversational Agentic Language Model},
  author = {Acikgoz, Emre Can and others},
  year = {2025},
  eprint = {2502.08820},
  archivePrefix = {arXiv},
}"""

_COALM_IT_REPO = "uiuc-convai/CoALM-IT"
_COALM_IT_REVISION = "c8d416ee7cc04df837f3a1b4df3566f9136147b5"

# The pinned revision's card says CC BY-NC 4.0; the page was later seen with Apache-2.0.
# The stricter one counts until its owners say otherwise.
COALM_IT = Source(
    name="coalm_it",
    title="CoALM-IT as published (311,639 rows); its licence was also seen as Apache-2.0",
    folder="coalm_it",
    files=tuple(
        RemoteFile(
            path=f"data/{name}",
            url=f"{HUB_SCHEME}{_COALM_IT_REPO}@{_COALM_IT_REVISION}/data/{name}",
        )
        for name in ("train-00000-of-00002.parquet", "train-00001-of-00002.parquet")
    ),
    revision=_COALM_IT_REVISION,
    licence="CC-BY-NC-4.0",
    citation=_CITATION,
    homepage=f"https://huggingface.co/datasets/{_COALM_IT_REPO}",
    local_patterns=(
        "data/train-*.parquet",
        "data/*.json*",
        *formats("train", "coalm", "CoALM", "0000"),
    ),
)
