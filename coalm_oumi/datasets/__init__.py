"""CoALM's datasets as Oumi dataset classes; `coalm_oumi.plugin` registers them."""

# First, because `oumi.core.datasets` imported on its own ends in a circular import.
import oumi.builders  # noqa: F401

from coalm_oumi.datasets.coalm_it import CoalmItDataset
from coalm_oumi.datasets.cra import CraDataset
from coalm_oumi.datasets.hammer_masked import HammerMaskedDataset
from coalm_oumi.datasets.snips_dst import SnipsDstDataset
from coalm_oumi.datasets.toolace import ToolAceDataset

__all__ = [
    "CoalmItDataset",
    "CraDataset",
    "HammerMaskedDataset",
    "SnipsDstDataset",
    "ToolAceDataset",
]
