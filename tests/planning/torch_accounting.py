"""What torch itself counts of the memory of a training step, on a CPU."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.distributed._tools.mem_tracker import MemTracker


def peak_of_a_step(model: Any, optimizer: Any, ids: torch.Tensor) -> int:
    """Returns the peak of a forward and backward pass and an update, in bytes.

    Args:
        model: In training mode, on the device of `ids`.
        optimizer: Of what is trained of it.
        ids: The tokens, of shape (rows, tokens).
    """
    # A first, short step, so that the optimiser has its states.
    model(input_ids=ids[:, :4], labels=ids[:, :4]).loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    tracker: Any = MemTracker()
    with _only_trained_tensors_take_hooks():
        tracker.track_external(model, optimizer, ids)
        with tracker:
            loss = model(input_ids=ids, labels=ids).loss
            loss.backward()
            optimizer.step()
    (snapshot,) = tracker.get_tracker_snapshot("peak").values()
    return snapshot["Total"]


@contextmanager
def _only_trained_tensors_take_hooks() -> Iterator[None]:
    """The tracker hooks every parameter, which torch refuses for frozen ones."""
    names = ("register_hook", "register_post_accumulate_grad_hook")
    originals = {name: getattr(torch.Tensor, name) for name in names}
    for name, original in originals.items():
        setattr(torch.Tensor, name, _for_trained(original))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(torch.Tensor, name, original)


def _for_trained(register: Any) -> Any:
    class Nothing:
        def remove(self) -> None:
            """There is no hook to remove."""

    def hook(self: Any, function: Any) -> Any:
        return register(self, function) if self.requires_grad else Nothing()

    return hook
