"""SNIPS: the raw files, and the common split."""

from __future__ import annotations

from coalm_oumi.sources.source import DataFile, RemoteFile, Source

_SNIPS_REVISION = "b86ac7f1577868c42158d0dec77db50956046696"
_SNIPS_TASK = "2017-06-custom-intent-engines"
# Bytes and SHA-256 of train_<Intent>_full.json, then of validate_<Intent>.json,
# computed from the files of that revision.
_SNIPS_FILES = {
    "AddToPlaylist": (
        (833810, "fee1b4645352e70ed8a40f1f87c3b53fc3bf75f8ebc82252a22b82c107e75b01"),
        (44160, "14cc9ee49ae477b1452632a6e835498cf4c32da397b16967c82abb3e50403e83"),
    ),
    "BookRestaurant": (
        (980018, "7677e82cd6e9a8191f0a4502568c786278c984900b4796d3628e46f1abf73ef4"),
        (49353, "4f7258ccc768b777b2eb8916532db9aa50dbd058ddf1ffb0dc59218963e7442a"),
    ),
    "GetWeather": (
        (743646, "86f414b2ad8a993134d85d16e25e5d337beae47cef993c0af2a5f440405c60f6"),
        (39612, "60c095e193655d6ca92be220fed3926ca25e18cd70c85664145efe25d80993af"),
    ),
    "PlayMusic": (
        (675343, "901ddbe9781d1fdb8196e789c543f80df3d29ca6e237da64947905adcc0312e4"),
        (33122, "922212775e26259d5bffeaf79b6048d070ca017d229df00b2cc9800f71c75d20"),
    ),
    "RateBook": (
        (506364, "bb43e4b74134300d5766f6b420d0357a63402987a225f6dc92c806c9c040ce04"),
        (52854, "c1f8b4114da0bb5e8afd78a8062766e18b2eabb0e717539598db01b09d04619b"),
    ),
    "SearchCreativeWork": (
        (292392, "87b3432de48c71c205aa5238b41d9e3f2d70bdfcd0bea2427544fb9e4bd5e5bb"),
        (31404, "8a5e830eddb185d3e4a9d27ded140a145d04766bdce0e58834676ede32d13e77"),
    ),
    "SearchScreeningEvent": (
        (364989, "5447e9440c02e2fb08c3ae16b9f58a4d1332b4bc77fd34691402b02aa4399765"),
        (35716, "81e1445713e03c7c3e615353c5f3fee05f369fe9834100b9b9735900a96b9498"),
    ),
}

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
    files=tuple(
        RemoteFile(
            path=f"{intent}/{name}",
            url="https://raw.githubusercontent.com/sonos/nlu-benchmark/"
            f"{_SNIPS_REVISION}/{_SNIPS_TASK}/{intent}/{name}",
            sha256=sha256,
            size=size,
        )
        for intent, digests in _SNIPS_FILES.items()
        for name, (size, sha256) in zip(
            (f"train_{intent}_full.json", f"validate_{intent}.json"),
            digests,
            strict=True,
        )
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
