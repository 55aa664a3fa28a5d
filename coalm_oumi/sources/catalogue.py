"""The catalogue of sources: where each comes from, under which licence, byte for byte.

One entry describes one source as its publisher hands it out, at a pinned revision::

    from coalm_oumi.sources.catalogue import get_source

    get_source("snips").licence    # 'CC0-1.0'
    get_source("snips").folder     # 'snips/2017-06-custom-intent-engines'

A source lies at the same place below every data folder ($COALM_DATA_DIR, the cache):
`<data folder>/<Source.folder>/<RemoteFile.path>`. A new source is a file beside this
one, with its entry and its reader, and a line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from coalm_oumi.errors import OptionError, expected_one_of
from coalm_oumi.sources.api_bank import API_BANK
from coalm_oumi.sources.bfcl import BFCL_V3, BFCL_V3_SIMULATORS
from coalm_oumi.sources.coalm_it import COALM_IT
from coalm_oumi.sources.multiwoz import (
    MULTIWOZ22,
    MULTIWOZ24,
    MULTIWOZ_DATABASES,
)
from coalm_oumi.sources.sgd import SGD
from coalm_oumi.sources.snips.published import SNIPS, SNIPS_SPLIT
from coalm_oumi.sources.source import HUB_SCHEME, DataFile, RemoteFile, Source
from coalm_oumi.sources.toolace import TOOLACE
from coalm_oumi.sources.xlam import XLAM, XLAM_IRRELEVANCE

__all__ = [
    "HUB_SCHEME",
    "SOURCES",
    "DataFile",
    "RemoteFile",
    "Source",
    "get_source",
]

_ENTRIES = (
    SNIPS,
    SNIPS_SPLIT,
    XLAM,
    XLAM_IRRELEVANCE,
    TOOLACE,
    SGD,
    COALM_IT,
    API_BANK,
    MULTIWOZ24,
    MULTIWOZ22,
    MULTIWOZ_DATABASES,
    BFCL_V3,
    BFCL_V3_SIMULATORS,
)

SOURCES: Mapping[str, Source] = MappingProxyType({s.name: s for s in _ENTRIES})
"""Every known source, by name."""


def get_source(name: str) -> Source:
    """Returns the catalogue's entry for a source.

    Raises:
        OptionError: If there is none of that name.
    """
    try:
        return SOURCES[name]
    except KeyError:
        raise OptionError(
            expected_one_of(name, tuple(SOURCES)), field="source"
        ) from None
