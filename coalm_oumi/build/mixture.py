"""The table of the mixture's parts; a new part is one more entry.

Table 1 of the paper has the samples and tokens of its two LA rows swapped: Hammer's
script turns 60,000 + 7,500 rows into three copies each, 202,500; ToolACE's 11,300
conversations have 13,819 assistant turns. They stand under their right names here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from coalm_oumi.build.cra_part import CRA
from coalm_oumi.build.hammer_part import HAMMER
from coalm_oumi.build.part import MixturePart, PaperRow
from coalm_oumi.build.snips_part import SNIPS
from coalm_oumi.build.toolace_part import TOOLACE

PARTS: Mapping[str, MixturePart] = MappingProxyType(
    {part.name: part for part in (SNIPS, HAMMER, TOOLACE, CRA)}
)
"""Every part that can be built, in the order of Table 1."""

TABLE_1: Mapping[str, PaperRow] = MappingProxyType(
    {name: part.paper for name, part in PARTS.items()}
)
"""The paper's Table 1 by part, its two LA rows set right."""

SWAPPED = (
    "The paper's Table 1 has the numbers of its two LA rows swapped; they stand here "
    "under their right names (Hammer 202,500 = 3 x 67,500, ToolACE 13,819)."
)
