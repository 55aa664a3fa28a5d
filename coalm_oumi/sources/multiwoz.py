"""MultiWOZ: dialogues of version 2.4, states of 2.2, databases of its scorer."""

from __future__ import annotations

from coalm_oumi.sources.source import DataFile, RemoteFile, Source, pinned_files

_MULTIWOZ_REVISION = "6807c1d85f547fcaae10494d26991d2d37c90a63"

MULTIWOZ24 = Source(
    name="multiwoz24",
    title="MultiWOZ 2.4 (10,438 dialogues, 1,000 of them for testing)",
    folder="multiwoz24",
    files=(
        # Of the archive no SHA-256 is public; git's own digest at the revision is.
        RemoteFile(
            path="MULTIWOZ2.4.zip",
            url="https://raw.githubusercontent.com/smartyfh/MultiWOZ2.4/"
            f"{_MULTIWOZ_REVISION}/data/MULTIWOZ2.4.zip",
            git_blob="e031162b461bddebc9c00ae83234387edde6d449",
            unpack="zip",
            members=tuple(
                DataFile(name, inside=f"MULTIWOZ2.4/{name}")
                for name in ("data.json", "testListFile.json")
            ),
        ),
    ),
    revision=_MULTIWOZ_REVISION,
    licence="MIT",
    citation="""\
@inproceedings{ye2022multiwoz24,
  title = {{MultiWOZ} 2.4: A Multi-Domain Task-Oriented Dialogue Dataset with Essential
           Annotation Corrections to Improve State Tracking Evaluation},
  author = {Ye, Fanghua and Manotumruksa, Jarana and Yilmaz, Emine},
  booktitle = {Proceedings of SIGDIAL 2022},
  pages = {351--360},
  year = {2022},
}""",
    homepage="https://github.com/smartyfh/MultiWOZ2.4",
    local_patterns=(
        "test_joined.json.gz",
        "test_joined.json",
        "data.json",
        "MULTIWOZ2.4/data.json",
        "MULTIWOZ2.4.zip",
    ),
)

_MULTIWOZ22_REVISION = "fe0c8e65cfcd8462bd33c86e35f21addc84ca82b"
# As above: git's own digests at the revision.
_MULTIWOZ22_FILES = {
    "dialogues_001.json": "fd420005cc9dc259892f541b001d9d48608bd38d",
    "dialogues_002.json": "8ce97bc17acc3d1105d92d8d936520b8c93892ba",
}

MULTIWOZ22 = Source(
    name="multiwoz22",
    title="MultiWOZ 2.2, test part (its gold states, for predictions without states)",
    folder="multiwoz22",
    files=tuple(
        RemoteFile(
            path=f"test/{name}",
            url="https://raw.githubusercontent.com/budzianowski/multiwoz/"
            f"{_MULTIWOZ22_REVISION}/data/MultiWOZ_2.2/test/{name}",
            git_blob=blob,
        )
        for name, blob in _MULTIWOZ22_FILES.items()
    ),
    revision=_MULTIWOZ22_REVISION,
    licence="MIT",
    citation="""\
@inproceedings{zang2020multiwoz22,
  title = {{MultiWOZ} 2.2: A Dialogue Dataset with Additional Annotation Corrections and
           State Tracking Baselines},
  author = {Zang, Xiaoxue and Rastogi, Abhinav and Sunkara, Srinivas and Gupta, Raghav
            and Zhang, Jianguo and Chen, Jindong},
  booktitle = {Proceedings of the 2nd Workshop on NLP for Conversational AI},
  pages = {109--117},
  year = {2020},
}""",
    homepage="https://github.com/budzianowski/multiwoz",
)

_MWZEVAL_REVISION = "7f19ee01ffd97652bfad5b067fce40704d9c9de2"
MULTIWOZ_DATABASES = Source(
    name="multiwoz_databases",
    title="MultiWOZ's databases as the scorer of Inform and Success has them",
    folder="multiwoz24/db",
    files=pinned_files(
        "multiwoz_databases",
        "https://raw.githubusercontent.com/Tomiinek/MultiWOZ_Evaluation/"
        f"{_MWZEVAL_REVISION}/mwzeval/data/database",
    ),
    revision=_MWZEVAL_REVISION,
    licence="NOASSERTION",
    citation="""\
@inproceedings{nekvinda2021shades,
  title = {Shades of {BLEU}, Flavours of Success: The Case of {MultiWOZ}},
  author = {Nekvinda, Tom{\\'a}{\\v{s}} and Du{\\v{s}}ek, Ond{\\v{r}}ej},
  booktitle = {Proceedings of GEM 2021},
  pages = {34--46},
  year = {2021},
}""",
    homepage="https://github.com/Tomiinek/MultiWOZ_Evaluation",
)
