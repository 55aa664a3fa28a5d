"""SNIPS: the raw files, and the common split."""

from __future__ import annotations

from coalm_oumi.sources.source import DataFile, RemoteFile, Source, pinned_files

_SNIPS_REVISION = "b86ac7f1577868c42158d0dec77db50956046696"
_SNIPS_TASK = "2017-06-custom-intent-engines"
_SNIPS_CITATION = """\
@misc{coucke2018snips,
  title = {Snips Voice Platform: an embedded Spoken Language Understanding system for
           private-by-design voice interfaces},
  author = {Coucke, Alice and Saade, Alaa and Ball, Adrien and Bluche, Th{\\'e}odore and
            Caulier, Alexandre and Leroy, David and Doumouro, Cl{\\'e}ment and
            Gisselbrecht, Thibault and Caltagirone, Francesco and Lavril, Thibaut and
            Primet, Ma{\\"e}l and Dureau, Joseph},
  year = {2018},
  eprint = {1805.10190},
  archivePrefix = {arXiv},
}"""

_SPLIT_CITATION = """\
@inproceedings{goo2018slotgated,
  title = {Slot-Gated Modeling for Joint Slot Filling and Intent Prediction},
  author = {Goo, Chih-Wen and Gao, Guang and Hsu, Yun-Kai and Huo, Chih-Li and
            Chen, Tsung-Chieh and Hsu, Keng-Wei and Chen, Yun-Nung},
  booktitle = {Proceedings of NAACL-HLT 2018, Volume 2 (Short Papers)},
  pages = {753--757},
  year = {2018},
}
@inproceedings{dey2025know,
  title = {Know Your Mistakes: Towards Preventing Overreliance on Task-Oriented
           Conversational {AI} Through Accountability Modeling},
  author = {Dey, Suvodip and Sun, Yi-Jyun and Tur, Gokhan and
            Hakkani-T{\\"u}r, Dilek},
  booktitle = {Proceedings of ACL 2025 (Volume 1: Long Papers)},
  pages = {28830--28843},
  year = {2025},
  doi = {10.18653/v1/2025.acl-long.1399},
}"""

SNIPS = Source(
    name="snips",
    title="SNIPS 2017-06 custom intent engines, raw (13,784 + 700 utterances)",
    folder=f"snips/{_SNIPS_TASK}",
    files=pinned_files(
        "snips",
        "https://raw.githubusercontent.com/sonos/nlu-benchmark/"
        f"{_SNIPS_REVISION}/{_SNIPS_TASK}",
    ),
    revision=_SNIPS_REVISION,
    licence="CC0-1.0",
    citation=_SNIPS_CITATION,
    homepage="https://github.com/sonos/nlu-benchmark",
)

_SPLIT_REVISION = "1b50726f93724f8e774bf88a4beaab6a6e244bd8"

SNIPS_SPLIT = Source(
    name="snips_split",
    title="SNIPS in the common split of Goo et al. (13,084 / 700 / 700 utterances)",
    folder="snips/slotgated/snips",
    files=(
        RemoteFile(
            path="snips.zip",
            url="https://raw.githubusercontent.com/uiuc-conversational-ai-lab/"
            f"Accountable-DST/{_SPLIT_REVISION}/snips.zip",
            sha256="3310374a3f68386654d5783f0debf72cbef6a6d23f2e1ae416f54c38ab665467",
            size=577714,
            unpack="zip",
            members=(
                DataFile(
                    "train.json",
                    "811beb37b842572233e8a0900d45890ea3d640b692af19b2c1c8035d3c0f7226",
                    3793635,
                    inside="snips/train.json",
                ),
                DataFile(
                    "valid.json",
                    "5fcb3fc568888dcfd276eb868aded4c613da2156f0a4cfbc96a2db9b7552deb9",
                    203155,
                    inside="snips/valid.json",
                ),
                DataFile(
                    "test.json",
                    "4efc300cdc904ad003b173a452235cd82c7ccc98852853a07a362780f4562eee",
                    203236,
                    inside="snips/test.json",
                ),
            ),
        ),
    ),
    revision=_SPLIT_REVISION,
    licence="MIT",
    citation=f"{_SNIPS_CITATION}\n{_SPLIT_CITATION}",
    homepage="https://github.com/uiuc-conversational-ai-lab/Accountable-DST",
)
