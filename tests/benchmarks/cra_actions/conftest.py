"""The SGD-like dialogues of the embedded corpus, 32 of them for development."""

from __future__ import annotations

from pathlib import Path

import pytest

from coalm_oumi.benchmarks.cra_actions import CraActionsData, load_cra_actions
from tests.corpus.generator import make as corpus


@pytest.fixture(scope="session")
def sgd_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of SGD's layout."""
    root = tmp_path_factory.mktemp("corpus")
    corpus.generate(root, train_per_intent=1, test_per_intent=0, calls=1, irrelevant=0)
    return root / "sgd"


@pytest.fixture(scope="session")
def embedded(sgd_folder: Path) -> CraActionsData:
    """All turns of its development part."""
    return load_cra_actions(data=sgd_folder)
