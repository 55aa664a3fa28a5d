"""The list of benchmarks: this package's, and those that other packages bring.

A package brings one by an entry point of the group `coalm_oumi.benchmarks`, in its
pyproject.toml::

    [project.entry-points."coalm_oumi.benchmarks"]
    slot_yesno = "my_package.slot_yesno:SLOT_YESNO"

Each is imported when it is asked for, and not before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from coalm_oumi.errors import CoalmError, OptionError, expected_one_of, shorten

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from coalm_oumi.evaluation.benchmark import Benchmark

BENCHMARKS: Mapping[str, str] = MappingProxyType(
    {
        "snips_dst": "coalm_oumi.benchmarks.snips_dst.benchmark:SNIPS_DST",
        "multiwoz24": "coalm_oumi.benchmarks.multiwoz.benchmark:MULTIWOZ24",
        "api_bank": "coalm_oumi.benchmarks.api_bank.benchmark:API_BANK",
        "bfcl_v3": "coalm_oumi.benchmarks.bfcl.benchmark:BFCL_V3",
        "cra_actions": "coalm_oumi.benchmarks.cra_actions.benchmark:CRA_ACTIONS",
    }
)
"""This package's benchmarks: where each is, by name."""


def _installed() -> dict[str, EntryPoint]:
    """Returns other packages' benchmarks; a name of this package's is no other's."""
    from importlib.metadata import entry_points

    found = entry_points(group="coalm_oumi.benchmarks")
    return {entry.name: entry for entry in found if entry.name not in BENCHMARKS}


def benchmark_names() -> tuple[str, ...]:
    """Returns the names of all benchmarks, this package's first."""
    return (*BENCHMARKS, *_installed())


def get_benchmark(name: str) -> Benchmark[Any, Any]:
    """Returns a benchmark.

    Raises:
        OptionError: There is none of that name.
        CoalmError: Another package's cannot be loaded.
    """
    if name in BENCHMARKS:
        module, _, attribute = BENCHMARKS[name].partition(":")
        return getattr(import_module(module), attribute)
    installed = _installed()
    if name not in installed:
        raise OptionError(expected_one_of(name, benchmark_names()), field="benchmark")
    return _loaded(installed[name])


def find_benchmark(name: str) -> Benchmark[Any, Any] | None:
    """Returns a benchmark; None if there is none, or another package's is broken."""
    try:
        return get_benchmark(name)
    except CoalmError:
        return None


def all_benchmarks(warn: Callable[[str], None]) -> Iterator[Benchmark[Any, Any]]:
    """Yields every benchmark.

    Args:
        warn: Is told in a line of another package's that cannot be loaded.
    """
    for name in benchmark_names():
        try:
            yield get_benchmark(name)
        except CoalmError as error:
            warn(str(error))


def _loaded(entry: EntryPoint) -> Benchmark[Any, Any]:
    from coalm_oumi.evaluation.benchmark import Benchmark

    package = entry.dist.name if entry.dist is not None else "another package"
    problem = (
        f"the benchmark '{entry.name}' of {package} ({entry.value}) cannot be loaded"
    )
    advice = "Mend that package or uninstall it."
    try:
        found = entry.load()
    except Exception as error:  # whatever the package does when it is imported
        why = shorten(f"{type(error).__name__}: {error}", 200)
        raise CoalmError(f"{problem}: {why}. {advice}") from error
    if not isinstance(found, Benchmark) or found.name != entry.name:
        raise CoalmError(f"{problem}: it is no Benchmark of that name. {advice}")
    return found
