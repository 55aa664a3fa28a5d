"""SGD dialogues for the tests of CRA: the embedded corpus, and real ones."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from coalm_oumi.cra.functions import FunctionCatalogue, function_catalogue
from coalm_oumi.sources import Sgd
from coalm_oumi.sources.sgd_dialogue import Dialogue
from tests.corpus.generator import make as corpus


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Sgd:
    """The training part of the embedded corpus."""
    root = tmp_path_factory.mktemp("corpus")
    corpus.generate(root, train_per_intent=1, test_per_intent=0, calls=1, irrelevant=0)
    return Sgd(root / "sgd", "train")


@pytest.fixture(scope="session")
def functions(embedded: Sgd) -> FunctionCatalogue:
    """The functions of the embedded corpus."""
    return function_catalogue(embedded.schemas)


@pytest.fixture(scope="session")
def real_dev(real_data: Path) -> Sgd:
    """The real development part."""
    return Sgd(real_data / "sgd", "dev")


@pytest.fixture(scope="session")
def real_dialogues(real_dev: Sgd) -> list[Dialogue]:
    """420 real dialogues, of one and of several services."""
    return list(islice(real_dev.dialogues(), 0, None, 5))
