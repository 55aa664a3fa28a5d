"""The list of the datasets that this package registers with Oumi."""

from __future__ import annotations

from coalm_oumi.datasets.coalm_it import CoalmItDataset
from coalm_oumi.datasets.cra import CraDataset
from coalm_oumi.datasets.hammer_masked import HammerMaskedDataset
from coalm_oumi.datasets.snips_dst import SnipsDstDataset
from coalm_oumi.datasets.toolace import ToolAceDataset

DATASETS = (
    SnipsDstDataset,
    HammerMaskedDataset,
    ToolAceDataset,
    CraDataset,
    CoalmItDataset,
)
"""Every dataset class, in the order of the paper's Table 1."""
