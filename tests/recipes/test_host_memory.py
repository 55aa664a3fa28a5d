"""A machine holds one copy of a model while its processes load it under FSDP."""

from __future__ import annotations

from pathlib import Path

import pytest

from coalm_oumi.planning.host_memory import loading_of_a_process
from tests.performance.host_memory import measured, save_model, setup_of, small_shape

LAYERS = 6


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "bits"), [("bf16", 0), ("nf4", 4)])
def test_a_second_process_holds_no_weights_of_its_own(
    kind: str, bits: int, tmp_path: Path
) -> None:
    if bits:
        pytest.importorskip("bitsandbytes")
    shape = small_shape(LAYERS)
    save_model(tmp_path, shape)
    # What the second would hold beside its own: all weights, or the packed ones.
    copy = shape.linear_parameters / 2 if bits else shape.parameters * 2

    _, second = measured(tmp_path, kind, 2)

    own = loading_of_a_process(setup_of(shape, bits, 2), first=False)
    assert second.after - own < 0.75 * copy
