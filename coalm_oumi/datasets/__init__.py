"""The parts of the training data, a file each; as Oumi datasets, `SnipsDstDataset` etc.

Nothing of Oumi is imported until one of its classes is asked for: making samples needs
Python's own library only. `coalm_oumi.plugin` registers the classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coalm_oumi.datasets.sft.part_dataset import PartDataset as CoalmItDataset
    from coalm_oumi.datasets.sft.part_dataset import PartDataset as CraDataset
    from coalm_oumi.datasets.sft.part_dataset import PartDataset as HammerMaskedDataset
    from coalm_oumi.datasets.sft.part_dataset import PartDataset as MessagesDataset
    from coalm_oumi.datasets.sft.part_dataset import PartDataset as SnipsDstDataset
    from coalm_oumi.datasets.sft.part_dataset import PartDataset as ToolAceDataset

__all__ = [
    "CoalmItDataset",
    "CraDataset",
    "HammerMaskedDataset",
    "MessagesDataset",
    "SnipsDstDataset",
    "ToolAceDataset",
]


def __getattr__(name: str) -> Any:
    if name.endswith("Dataset"):
        from coalm_oumi.datasets.sft.part_dataset import dataset_classes

        for found in dataset_classes():
            if found.__name__ == name:
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
