"""Which functions stand beside a dialogue, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from coalm_oumi.cra.function_files import read_functions
from coalm_oumi.cra.functions import function_catalogue
from coalm_oumi.cra.review.dialogues import ReviewDialogue
from coalm_oumi.cra.review.schemas import known_functions, shown_functions
from coalm_oumi.errors import CoalmError
from coalm_oumi.sources import Sgd
from tests.corpus.generator import make as corpus
from tests.review.conftest import dialogue


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with SGD of the embedded corpus."""
    root = tmp_path_factory.mktemp("data")
    corpus.generate(root, train_per_intent=1, test_per_intent=0, calls=1, irrelevant=0)
    return root


def test_functions_of_sgd_are_those_of_the_dialogues_part(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COALM_DATA_DIR", str(data))
    dev, train = Sgd(data / "sgd", "dev"), Sgd(data / "sgd", "train")
    own, of_dev = dialogue("x/1"), dialogue("dev/1_0", source="sgd")
    assert known_functions([own, of_dev]) == function_catalogue(dev.schemas)
    assert known_functions([own]) is None
    folder = read_functions(data / "sgd")
    assert folder.names == function_catalogue((*train.schemas, *dev.schemas)).names
    schema = data / "sgd" / "train" / "schema.json"
    assert read_functions(schema) == function_catalogue(train.schemas)


def test_without_sgd_the_functions_are_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COALM_DATA_DIR", str(tmp_path))
    assert known_functions([dialogue("dev/1_0", source="sgd")]) is None
    with pytest.raises(CoalmError, match="has no part of SGD"):
        read_functions(tmp_path)


def test_a_function_that_only_a_prompt_lists_is_shown_by_its_names(
    data: Path,
) -> None:
    catalogue = function_catalogue(Sgd(data / "sgd", "train").schemas)
    known = catalogue.functions[0].name
    listed = ((known, ("x",)), ("FindBoat", ("port", "hour")))
    found = shown_functions([ReviewDialogue("a", "", (), listed)], catalogue)
    assert len(found) == len(catalogue.functions) + 1
    assert found[-1] == {
        "name": "FindBoat",
        "arguments": [{"name": "port"}, {"name": "hour"}],
    }
