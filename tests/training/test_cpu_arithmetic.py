"""A model in bf16 trains on a CPU in what the CPU computes in."""

from __future__ import annotations

import logging
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from coalm_oumi import cpu_arithmetic
from coalm_oumi.training import on_cpu
from tests.training.lora_step import ASSET


def model(dtype: torch.dtype = torch.bfloat16, **fields: Any) -> Any:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(0)
    base = AutoModelForCausalLM.from_config(
        AutoConfig.from_pretrained(ASSET), dtype=dtype
    )
    adapter = LoraConfig(
        target_modules=["q_proj", "down_proj"], init_lora_weights=False, **fields
    )
    return get_peft_model(base, adapter).train()


def loss_and_gradients(trained: Any) -> tuple[float, dict[str, torch.Tensor]]:
    ids = torch.tensor([[5, 6, 7, 8, 9, 10, 11, 12]])
    loss = trained(input_ids=ids, labels=ids, use_cache=False).loss
    loss.backward()
    return loss.item(), {
        name: weight.grad
        for name, weight in trained.named_parameters()
        if weight.requires_grad
    }


@pytest.fixture
def bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_arithmetic, "computes_in_bf16", lambda: True)


@pytest.fixture
def no_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_arithmetic, "computes_in_bf16", lambda: False)


def test_adapters_are_trained_in_float32_and_computed_in_bf16(bf16):
    trained = model()
    cpu_arithmetic.fit_to_cpu(trained)
    given = set()
    for layer in trained.modules():
        if isinstance(layer, cpu_arithmetic._RoundedLinear):
            layer.register_forward_hook(
                lambda _, args, out: given.add((args[0].dtype, out.dtype))
            )
    _, gradients = loss_and_gradients(trained)

    assert given == {(torch.bfloat16, torch.bfloat16)}
    assert {g.dtype for g in gradients.values()} == {torch.float32}


def test_loss_and_gradients_are_those_of_peft_but_for_rounding(bf16):
    exact = loss_and_gradients(model().float())
    theirs, ours = model(), model()
    cpu_arithmetic.fit_to_cpu(ours)
    theirs, ours = loss_and_gradients(theirs), loss_and_gradients(ours)

    assert ours[0] == pytest.approx(exact[0], abs=0.02)
    for name, gradient in exact[1].items():
        apart = [float((got[1][name] - gradient).norm()) for got in (theirs, ours)]
        # PEFT's is rounded too: the base is in bf16.
        assert apart[1] < 2 * apart[0] + 0.02 * float(gradient.norm()), name


def test_it_is_merged_and_saved_as_before(bf16, tmp_path):
    from safetensors.torch import load_file

    theirs, ours = model(), model()
    cpu_arithmetic.fit_to_cpu(ours)
    for name, made in {"theirs": theirs, "ours": ours}.items():
        made.save_pretrained(tmp_path / name)
    saved = [
        load_file(tmp_path / name / "adapter_model.safetensors")
        for name in ("theirs", "ours")
    ]
    assert saved[0].keys() == saved[1].keys()
    assert all(torch.equal(saved[0][name], saved[1][name]) for name in saved[0])
    merged = [made.merge_and_unload().state_dict() for made in (theirs, ours)]
    assert all(torch.equal(merged[0][name], merged[1][name]) for name in merged[0])


def test_variants_that_compute_with_their_weights_stay_as_peft_has_them(bf16):
    trained = model(use_dora=True)
    cpu_arithmetic.fit_to_cpu(trained)
    kinds = {type(layer) for layer in trained.modules()}
    assert cpu_arithmetic._RoundedLinear not in kinds


def test_a_cpu_without_bf16_trains_in_float32_and_says_so(no_bf16, caplog):
    trained = model()
    with caplog.at_level(logging.WARNING, logger="oumi"):
        logging.getLogger("oumi").propagate = True
        cpu_arithmetic.fit_to_cpu(trained)
    assert {p.dtype for p in trained.parameters()} == {torch.float32}
    assert "This CPU does not compute in bf16" in caplog.text


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_other_types_are_left_as_they_are(no_bf16, dtype):
    trained = model(dtype)
    before = [p.dtype for p in trained.parameters()]
    cpu_arithmetic.fit_to_cpu(trained)
    assert [p.dtype for p in trained.parameters()] == before


def test_oumi_train_is_corrected(monkeypatch):
    from types import ModuleType

    from trl.trainer.sft_trainer import SFTTrainer

    seen, built = [], SimpleNamespace(device=torch.device("cpu"))
    monkeypatch.setitem(sys.modules, "oumi.train", ModuleType("oumi.train"))
    monkeypatch.setattr(
        SFTTrainer, "__init__", lambda self, model: setattr(self, "model", model)
    )
    monkeypatch.setattr(on_cpu, "fit_to_cpu", seen.append)
    monkeypatch.setattr(on_cpu, "keep_freed_memory", lambda: seen.append("memory"))
    on_cpu.correct_training()
    SFTTrainer(built)  # pyright: ignore[reportArgumentType]
    assert seen == [built, "memory"]


def test_large_tensors_come_from_memory_that_is_kept():
    script = """
import ctypes, sys, torch
from coalm_oumi.training.on_cpu import keep_freed_memory
class Information(ctypes.Structure):
    _fields_ = [(str(n), ctypes.c_size_t) for n in range(10)]
told = getattr(ctypes.CDLL(None), "mallinfo2", None)
if told is None:
    sys.exit("no glibc")
told.restype = Information
def given_back_when_freed():
    return getattr(told(), "4")
before = given_back_when_freed()
tensor = torch.ones(24_000_000)
print(given_back_when_freed() - before)
keep_freed_memory()
before = given_back_when_freed()
other = torch.ones(24_000_000)
print(given_back_when_freed() - before)
"""
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    if "no glibc" in run.stderr:
        pytest.skip("the C library is not glibc")
    left, kept = map(int, run.stdout.split())
    assert left >= 96_000_000
    assert kept == 0


def test_without_glibc_nothing_is_set(monkeypatch):
    monkeypatch.setattr(on_cpu.ctypes, "CDLL", lambda _: SimpleNamespace())
    assert on_cpu.keep_freed_memory() is False
