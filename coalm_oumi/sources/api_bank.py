"""API-Bank, as CoALM and Hammer were scored on it."""

from __future__ import annotations

from coalm_oumi.sources.source import Source, pinned_files
from coalm_oumi.sources.xlam import HAMMER_CITATION

_HAMMER_REVISION = "ff415d9998180b5a68bbfdda3309ec04b472fb49"
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
    files=pinned_files(
        "api_bank",
        f"https://raw.githubusercontent.com/MadeAgents/Hammer/{_HAMMER_REVISION}/data/test",
    ),
    revision=_HAMMER_REVISION,
    licence="Apache-2.0",
    citation=f"{_API_BANK_CITATION}\n{HAMMER_CITATION}",
    homepage="https://github.com/MadeAgents/Hammer",
)
