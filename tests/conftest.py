"""Fixtures shared by all tests, and the environment they run in: offline, unobserved."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
if "PYTEST_XDIST_WORKER" in os.environ:  # as many processes as there are cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import pytest

# A shell starts what runs in the background without Ctrl-C, which some tests press.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says how busy the machine is, not whether the code is right.
hypothesis.settings.register_profile(
    "untimed",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    # The same examples in each run; with COALM_TEST_RANDOM=1 others in each.
    derandomize=not os.environ.get("COALM_TEST_RANDOM"),
)
hypothesis.settings.load_profile("untimed")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with the real sources, named by COALM_TEST_DATA_DIR."""
    folder = os.environ.get("COALM_TEST_DATA_DIR")
    if not folder or not Path(folder).is_dir():
        pytest.skip("COALM_TEST_DATA_DIR names no folder with the real sources")
    return Path(folder)


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """The folder of the small pretrained model, fetched once into the user's cache."""
    from coalm_oumi.errors import DownloadError
    from coalm_oumi.models.get import get_model
    from coalm_oumi.models.pretrained import SMOLLM2

    try:
        return get_model(SMOLLM2)
    except DownloadError as error:
        pytest.skip(f"the model can be had from nowhere: {error}")


_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome-headless-shell")
_BROWSER_OPTIONS = (
    *("--single-process", "--no-zygote", "--disable-gpu", "--in-process-gpu"),
)
_PATIENCE_MS = 180_000


@pytest.fixture
def browser_context() -> Iterator[Any]:
    """A fresh profile of a headless browser, as playwright's `BrowserContext`.

    Needs the package `playwright` and any Chromium: COALM_TEST_BROWSER names it, or it
    is on the PATH.
    """
    found = os.environ.get("COALM_TEST_BROWSER") or next(
        (path for name in _BROWSERS if (path := shutil.which(name))), None
    )
    if not found:
        pytest.skip("no Chromium: COALM_TEST_BROWSER names none, none is on the PATH")
    playwright: Any = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(
            executable_path=found,
            args=list(_BROWSER_OPTIONS),
            chromium_sandbox=False,
            timeout=_PATIENCE_MS,
        )
        context = browser.new_context(
            viewport={"width": 1366, "height": 800}, accept_downloads=True
        )
        context.set_default_timeout(_PATIENCE_MS)
        yield context
        browser.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where pictures of pages go: COALM_TEST_PICTURES, if they are to be kept."""
    return Path(os.environ.get("COALM_TEST_PICTURES") or tmp_path)


@pytest.fixture(autouse=True)
def _own_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keeps each test away from the user's data folder, cache and tokens."""
    cache = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setenv("COALM_CACHE_DIR", str(cache))
    monkeypatch.setenv("HF_DATASETS_CACHE", str(cache / "datasets"))
    for name in ("COALM_DATA_DIR", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
