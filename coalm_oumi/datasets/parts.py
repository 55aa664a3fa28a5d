"""The list of parts: each an Oumi dataset and a part of the mixture. A new one is a line.

Table 1 of the paper has the samples and tokens of its two LA rows swapped: Hammer's
script turns 60,000 + 7,500 rows into three copies each, 202,500; ToolACE's 11,300
conversations have 13,819 assistant turns. They stand under their right names here.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from types import MappingProxyType

from coalm_oumi.datasets.cra import CRA
from coalm_oumi.datasets.hammer_masked import HAMMER_MASKED
from coalm_oumi.datasets.part import PaperRow, Part
from coalm_oumi.datasets.snips_dst import SNIPS_DST
from coalm_oumi.datasets.toolace import TOOLACE

ENTRY_POINTS = "coalm_oumi.datasets"
"""The group of entry points under which other packages name their parts."""
_OWN = (SNIPS_DST, HAMMER_MASKED, TOOLACE, CRA)


def _installed() -> Iterator[Part]:
    """Yields the parts of other packages, in the order of their names.

    One that cannot be used is left out with a warning: all else goes on working.
    """
    names = {part.name for part in _OWN}
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda found: found.name):
        try:
            part = entry.load()
            if not isinstance(part, Part):
                raise TypeError("it is no Part")
            if part.name in names:
                raise ValueError(f"there is another part of the name '{part.name}'")
        except Exception as error:  # whatever another package's module does
            told = f"The dataset '{entry.name}' ({entry.value}) is left out: {error!r}."
            logging.getLogger("oumi").warning(told)
            continue
        names.add(part.name)
        yield part


PARTS: Mapping[str, Part] = MappingProxyType(
    {part.name: part for part in (*_OWN, *_installed())}
)
"""Every part that can be built, in the order of Table 1, other packages' last."""

TABLE_1: Mapping[str, PaperRow] = MappingProxyType(
    {name: part.paper for name, part in PARTS.items() if part.paper}
)
"""The paper's Table 1 by part, its two LA rows set right."""

SWAPPED = (
    "The paper's Table 1 has the numbers of its two LA rows swapped; they stand here "
    "under their right names (Hammer 202,500 = 3 x 67,500, ToolACE 13,819)."
)
