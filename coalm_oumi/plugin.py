"""The plug-in: everything this package registers with Oumi.

Oumi imports this through the file that OUMI_EXTRA_DEPS_FILE names (`activation/`), while
it fills its registry; `oumi.builders` may be half imported by then, so that nothing here
may import it. Neither may the datasets be taken from their package: it is itself half
imported when a user's own `import coalm_oumi.datasets` made Oumi fill its registry.

Datasets are listed in `datasets/parts.py`, benchmarks in `benchmarks/registry.py`.
"""

from __future__ import annotations

import os

from oumi.core.registry import REGISTRY, RegistryType
from oumi.utils.logging import logger

from coalm_oumi.benchmarks.registry import all_benchmarks
from coalm_oumi.datasets.sft.part_dataset import dataset_classes
from coalm_oumi.datasets.sft.sample_dataset import SampleDataset
from coalm_oumi.evaluation.oumi_task import EvaluationFunction
from coalm_oumi.planning.launch import check_launch
from coalm_oumi.planning.stumbles import explain_at_end
from coalm_oumi.planning.vllm_options import correct_engines
from coalm_oumi.training import on_cpu, packed_attention, shared_prefixes
from coalm_oumi.training.quantised_adapters import correct_adapters
from coalm_oumi.training.rewards import REWARDS


def register() -> None:
    """Registers what Oumi does not know yet; a second call changes nothing."""
    for dataset in dataset_classes():
        name = str(dataset.default_dataset)
        if not REGISTRY.contains(name, RegistryType.DATASET):
            REGISTRY.register(name, RegistryType.DATASET, dataset)
    for benchmark in all_benchmarks(logger.warning):
        if not REGISTRY.contains(benchmark.name, RegistryType.EVALUATION_FUNCTION):
            function = EvaluationFunction(benchmark)
            REGISTRY.register(
                benchmark.name, RegistryType.EVALUATION_FUNCTION, function
            )
    for name, function in REWARDS.items():
        if not REGISTRY.contains(name, RegistryType.REWARD_FUNCTION):
            REGISTRY.register(name, RegistryType.REWARD_FUNCTION, function)
    explain_at_end()
    correct_engines()
    SampleDataset.before_loading = (
        check_launch,
        correct_adapters,
        shared_prefixes.correct_training,
        on_cpu.correct_training,
    )
    packed_attention.register()
    shared_prefixes.register()
    if "RANK" in os.environ:  # one process of several
        from coalm_oumi.training.sharded import correct_libraries

        correct_libraries()


register()
