"""What `coalm check` counts beside the GPUs: machines' memory, preparation, collectives."""

from __future__ import annotations

from typing import Any

import pytest

from coalm_oumi.planning.check import check_recipe
from coalm_oumi.planning.collectives import collectives
from coalm_oumi.planning.hardware import GIB, parse_hardware
from coalm_oumi.planning.host_memory import HostSetup, host_memory
from coalm_oumi.planning.memory import TrainingSetup
from coalm_oumi.planning.model_shape import find_shape
from tests.planning.conftest import RECIPES, Changed
from tests.planning.training_step import SEVEN

LARGE = "meta-llama/Llama-3.1-405B-Instruct"


def setup(name: str, **fields: Any) -> TrainingSetup:
    shape = find_shape(name)
    assert shape is not None
    return TrainingSetup(shape=shape, tokens=4096, targets=SEVEN, **fields)


def parts(training: TrainingSetup, processes: int, **fields: Any) -> dict[str, float]:
    found = host_memory(HostSetup(training, processes, **fields))
    return {part.name: part.bytes / GIB for part in found}


def test_under_fsdp_a_machine_holds_one_copy_of_a_bf16_model() -> None:
    training = setup("meta-llama/Llama-3.3-70B-Instruct", gpus=16, shards=16)

    found = parts(training, 8)

    assert found["model, loaded or saved"] == pytest.approx(70_553_706_496 * 2 / GIB)
    assert found["adapter"] == pytest.approx(8 * 207_093_760 * 4 / GIB)


def test_a_quantised_model_is_packed_once_and_its_rest_in_float32_on_each() -> None:
    training = setup(LARGE, bits=4, nested=True, gpus=8, shards=8)
    shape = training.shape

    found = parts(training, 8)

    assert found["model, loaded or saved"] == pytest.approx(
        shape.linear_parameters / 2 / GIB
    )
    rest = found["float32 copies of what is not quantised"]
    # Embedding and output layer, 128,256 words of 16,384 numbers; norms hardly count.
    assert rest == pytest.approx(8 * 2 * 128_256 * 16_384 * 4 / GIB, rel=1e-2)


def test_without_fsdp_weights_go_straight_to_the_gpu() -> None:
    found = parts(setup("meta-llama/Llama-3.1-8B-Instruct", gpus=8), 8)

    assert set(found) == {"processes", "a weight at a time"}
    assert found["a weight at a time"] == pytest.approx(8 * 128_256 * 4_096 * 2 / GIB)


def test_workers_count_for_each_process_and_tokens_once() -> None:
    training = setup("meta-llama/Llama-3.1-8B-Instruct", gpus=2)

    one = parts(training, 1, workers=2, tokens=10**9)
    two = parts(training, 2, workers=2, tokens=10**9)

    for name in ("processes", "loader workers"):
        assert two[name] == pytest.approx(2 * one[name])
    assert one["samples and tokens"] == pytest.approx(10.5e9 / GIB)
    assert two["samples and tokens"] == pytest.approx(6e9 / GIB)


def test_tokens_of_drawn_replies_are_in_each_process() -> None:
    training = setup("meta-llama/Llama-3.1-8B-Instruct", gpus=2, drawn_tokens=100)

    found = parts(training, 2, tokens=10**9)

    assert found["samples and tokens"] == pytest.approx(2 * 10.5e9 / GIB)


def test_offloaded_shards_lie_in_the_machine_s_memory() -> None:
    name = "meta-llama/Llama-3.3-70B-Instruct"
    here = parts(setup(name, gpus=8, shards=8, offload=True), 8)

    assert "shards kept here" not in parts(setup(name, gpus=8, shards=8), 8)
    assert here["shards kept here"] > 70_553_706_496 * 2 / GIB


def test_samples_not_taken_are_neither_made_nor_tokenised(changed: Changed) -> None:
    def prepared(**option: int) -> Any:
        dataset = {"dataset_name": "coalm/cra", **option}
        if "max_samples" in option:
            dataset = {"dataset_name": "coalm/cra", "dataset_kwargs": option}
        path = changed("8b_train", {"data.train.datasets": [dataset]})
        report = check_recipe(str(path), [], None)
        assert report.preparation is not None
        assert report.duration is not None
        return report.preparation.samples, report.duration.samples

    assert prepared(sample_count=1000) == (191_000, 1000)
    assert prepared(max_samples=1000) == (1000, 1000)


def test_under_fsdp2_an_adapter_is_gathered_with_its_layer() -> None:
    name = "meta-llama/Llama-3.3-70B-Instruct"

    sent = collectives(setup(name, gpus=8, shards=8, fsdp_version=2))

    # 80 layers, the embedding, and the last norm with the output layer.
    assert sent is not None
    assert (sent.units, sent.gathers, sent.reductions) == (82, 164, 80)


@pytest.mark.parametrize(
    ("checkpointing", "gathers"),
    [(False, 2 * 1201 - 1), (True, 2 * 1201 - 1 + 1120)],
    ids=["layers kept", "layers computed again"],
)
def test_under_fsdp1_each_matrix_of_an_adapter_is_a_unit(
    checkpointing: bool, gathers: int
) -> None:
    name = "meta-llama/Llama-3.3-70B-Instruct"

    sent = collectives(setup(name, gpus=8, shards=8, checkpointing=checkpointing))

    # 80 layers with 7 adapters of 2 matrices, and the root.
    assert sent is not None
    assert (sent.units, sent.gathers, sent.reductions) == (1201, gathers, 1120)


def test_all_weights_trained_are_spread_by_layers() -> None:
    name = "meta-llama/Llama-3.3-70B-Instruct"

    sent = collectives(setup(name, rank=0, gpus=8, shards=8))

    assert sent is not None
    assert (sent.units, sent.reductions) == (81, 81)
    assert collectives(setup(name)) is None


def test_said_of_a_machine() -> None:
    report = check_recipe(
        str(RECIPES / "405b_train.yaml"), [], parse_hardware("8xH100-80GB")
    )

    # Google's a3-highgpu-8g has 1,872 GB.
    assert report.host_available == pytest.approx(1872e9 / GIB, rel=1e-3)
    assert report.collectives is not None
    assert report.preparation is not None
    assert 2 < report.preparation.core_minutes < 20
