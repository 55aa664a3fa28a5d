"""SGD as its publisher hands it out: revision, files with their digests, citation.

The publisher's repository holds `train/` with 127 dialogue files and `dev/` with 20, and
a `schema.json` in each. The digests of most files are in `sgd_e852981.sha256`, in the form
of `sha256sum`.
"""

from __future__ import annotations

from pathlib import Path

from coalm_oumi.sources.source import DataFile, RemoteFile, Source

REVISION = "e852981ae34990f4358979625854259302feaa78"
"""The pinned commit."""
HOMEPAGE = "https://github.com/google-research-datasets/dstc8-schema-guided-dialogue"
"""The publisher's repository."""
ARCHIVE_ROOT = f"dstc8-schema-guided-dialogue-{REVISION}"
"""The folder in which GitHub's archive of that commit has its files."""
PART_FILES = {"train": 127, "dev": 20}
"""How many dialogue files each part has."""
CITATION = """\
@inproceedings{rastogi2020towards,
  title = {Towards Scalable Multi-Domain Conversational Agents: The Schema-Guided
           Dialogue Dataset},
  author = {Rastogi, Abhinav and Zang, Xiaoxue and Sunkara, Srinivas and Gupta, Raghav
            and Khaitan, Pranav},
  booktitle = {Proceedings of the AAAI Conference on Artificial Intelligence},
  volume = {34},
  number = {05},
  pages = {8689--8696},
  year = {2020},
}"""


def files() -> tuple[tuple[str, str | None], ...]:
    """Returns each file's path and SHA-256, None where that is not known.

    The schemas come last: they are put in place last, so that where they are, all the
    dialogues are.
    """
    table = Path(__file__).with_name("sgd_e852981.sha256").read_text("ascii")
    digests = {path: sha256 for sha256, path in map(str.split, table.splitlines())}
    names = [
        f"{part}/dialogues_{number:03d}.json"
        for part, count in PART_FILES.items()
        for number in range(1, count + 1)
    ]
    names += [f"{part}/schema.json" for part in PART_FILES]
    return tuple((name, digests.get(name)) for name in names)


SGD = Source(
    name="sgd",
    title="SGD, schema-guided dialogues (16,142 for training, 2,482 for development)",
    folder="sgd",
    files=(
        # GitHub packs it anew on demand: its members are checked, not the archive.
        RemoteFile(
            path="sgd.tar.gz",
            url=f"{HOMEPAGE}/archive/{REVISION}.tar.gz",
            unpack="tar",
            members=tuple(
                DataFile(path, sha256, inside=f"{ARCHIVE_ROOT}/{path}")
                for path, sha256 in files()
            ),
        ),
    ),
    revision=REVISION,
    licence="CC-BY-SA-4.0",
    citation=CITATION,
    homepage=HOMEPAGE,
    local_patterns=("sgd_*.tar.xz", "*/schema.json"),
    several=True,
)
