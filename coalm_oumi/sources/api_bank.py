"""API-Bank, as CoALM and Hammer were scored on it."""

from __future__ import annotations

from coalm_oumi.sources.source import RemoteFile, Source
from coalm_oumi.sources.xlam import HAMMER_CITATION

_HAMMER_REVISION = "ff415d9998180b5a68bbfdda3309ec04b472fb49"
_API_BANK_FILES = {
    "hammer/apibank_l1.json": (
        1165455,
        "ee10ccf587eb998efe10a36e466239eb17d23a59d73c4f826541b394e1630a8c",
    ),
    "hammer/apibank_l2.json": (
        356289,
        "51ff214a0c0d19b5ccd49bd5faf7a9e995cac0a7d8bc1cc3905381805f48561a",
    ),
    "original/apibank_l1.json": (
        1066591,
        "b6c129cd887da3e1965479bdbe56170adc0d315567c6a716a7c493de26887f19",
    ),
    "original/apibank_l2.json": (
        288240,
        "7476f8a5a514c64498de6ae0f457b0b342ba3571d08a556447dafad8d0be6544",
    ),
}

_API_BANK_CITATION = """\
@inproceedings{li2023apibank,
  title = {{API-Bank}: A Comprehensive Benchmark for Tool-Augmented {LLMs}},
  author = {Li, Minghao and Zhao, Yingxiu and Yu, Bowen and Song, Feifan and
            Li, Hangyu and Yu, Haiyang and Li, Zhoujun and Huang, Fei and Li, Yongbin},
  booktitle = {Proceedings of EMNLP 2023},
  year = {2023},
  eprint = {2304.08244},
  archivePrefix = {arXiv},
}"""

API_BANK = Source(
    name="api_bank",
    title="API-Bank levels 1 and 2 in Hammer's edition (399 and 127 calls)",
    folder="api_bank/hammer_test",
    files=tuple(
        RemoteFile(
            path=path,
            url="https://raw.githubusercontent.com/MadeAgents/Hammer/"
            f"{_HAMMER_REVISION}/data/test/{path}",
            sha256=sha256,
            size=size,
        )
        for path, (size, sha256) in _API_BANK_FILES.items()
    ),
    revision=_HAMMER_REVISION,
    licence="Apache-2.0",
    citation=f"{_API_BANK_CITATION}\n{HAMMER_CITATION}",
    homepage="https://github.com/MadeAgents/Hammer",
)
