"""Is the data of a training recipe right: datasets, their options, what the loss sees."""

from __future__ import annotations

from typing import Any

from coalm_oumi.errors import CoalmError, expected_one_of
from coalm_oumi.planning.check_model import is_placeholder
from coalm_oumi.planning.check_rewards import is_grpo
from coalm_oumi.planning.duration import SIZES
from coalm_oumi.planning.findings import Findings

_COMPLETIONS = "text_completions_only_with_padding"


def check_data(config: Any, findings: Findings) -> None:
    """Notes what is wrong with `data.train`."""
    from coalm_oumi.training.shared_prefixes import NAME as SHARED_PREFIXES  # torch

    train = config.data.train
    if not train.datasets:
        findings.error(
            "data.train.datasets",
            "the recipe names no dataset to train on.",
            "Add one, such as coalm/snips_dst.",
        )
    for number, entry in enumerate(train.datasets):
        place = f"data.train.datasets[{number}]"
        _check_dataset(place, entry, findings)
        _check_lengths(place, entry, config.model.model_max_length, findings)
    _check_repetition(train.datasets, findings)
    _check_shares(train.datasets, findings)
    if is_grpo(config):
        if train.collator_name:
            findings.error(
                "data.train.collator_name",
                "the GRPO trainer makes its batches itself and refuses a collator.",
                "Remove collator_name and train_target.",
            )
    elif train.pack:
        findings.error(
            "data.train.pack",
            "Oumi's pretraining packer trains on prompts as well, and lets samples see "
            "each other.",
            "Set it to false, and pack with training.trainer_kwargs: {packing: true, "
            "packing_strategy: bfd} as the *_train_fast recipes do.",
        )
    elif config.model.attn_implementation == SHARED_PREFIXES:
        _check_shared_prefixes(train, findings)
    elif packed := _with_option(train, "pack_tokens"):
        findings.error(
            "data.train.datasets",
            f"{', '.join(packed)} gives rows of several samples, which would see each "
            "other.",
            f"Set model.attn_implementation: {SHARED_PREFIXES}, or leave pack_tokens out.",
        )
    elif config.training.trainer_kwargs.get("packing"):
        _check_packing(config, findings)
    else:
        _check_collator(config, findings)


def _check_dataset(place: str, entry: Any, findings: Findings) -> None:
    from oumi.core.registry import REGISTRY, RegistryType

    name = entry.dataset_name
    if is_placeholder(str(name)):
        findings.error(
            f"{place}.dataset_name",
            f"'{name}' is a placeholder.",
            "Fill it in, or take one of the coalm/ datasets.",
        )
        return
    if entry.trust_remote_code:
        findings.error(
            f"{place}.trust_remote_code",
            "code from the dataset's repository would run on this machine.",
            "Set it to false.",
        )
    ours = _our_datasets()
    if name in ours:
        _check_split(place, entry, ours[name].splits, findings)
        _check_options(place, entry, ours[name], findings)
    elif name.startswith("coalm/"):
        findings.error(
            f"{place}.dataset_name",
            expected_one_of(name, tuple(ours)),
            "Correct the name.",
        )
    elif not REGISTRY.contains(name, RegistryType.DATASET):
        findings.warning(
            f"{place}.dataset_name",
            f"'{name}' is no dataset of Oumi or of this package; it is looked for on the "
            "Hub, and has to be in a form that the trainer knows.",
            "Nothing, if that is meant.",
        )


def _our_datasets() -> dict[str, Any]:
    from coalm_oumi.datasets.sft.part_dataset import dataset_classes

    return {str(found.default_dataset): found for found in dataset_classes()}


def _check_options(place: str, entry: Any, dataset: Any, findings: Findings) -> None:
    field = f"{place}.dataset_kwargs"
    for option in entry.dataset_kwargs:
        if option not in dataset.options():
            findings.error(
                field,
                f"{entry.dataset_name}: {expected_one_of(option, dataset.options())}",
                "Correct the name.",
            )
    try:
        dataset.check_values(entry.dataset_kwargs)
    except CoalmError as error:
        findings.error(
            f"{field}.{error.field}",
            f"{entry.dataset_name}: {error.problem}",
            "Correct the value.",
        )


def _check_split(
    place: str, entry: Any, splits: tuple[str, ...], findings: Findings
) -> None:
    if entry.split not in (None, *splits):
        findings.error(
            f"{place}.split", expected_one_of(entry.split, splits), "Correct it."
        )
    elif entry.split == "test":
        findings.error(
            f"{place}.split",
            f"the benchmarks test on the test part of {entry.dataset_name}: who trains on "
            "it cannot be measured by them.",
            "Set it to train.",
        )


def _check_lengths(
    place: str, entry: Any, longest: int | None, findings: Findings
) -> None:
    # With another list of functions the prompts have another length.
    if "function_list" in entry.dataset_kwargs:
        return
    size = SIZES.get(entry.dataset_name)
    if size is not None and longest is not None and longest < size.tokens:
        findings.warning(
            "model.model_max_length",
            f"samples of {entry.dataset_name} ({place}) have {size.tokens:,.0f} tokens on "
            f"average, and those of more than {longest:,} are dropped: most of them.",
            "Set it to 4096.",
        )


def _check_repetition(datasets: list[Any], findings: Findings) -> None:
    seen: list[tuple[Any, ...]] = []
    for number, entry in enumerate(datasets):
        key = (
            entry.dataset_name,
            entry.split,
            entry.dataset_path,
            sorted(entry.dataset_kwargs.items(), key=str),
        )
        if key in seen:
            findings.warning(
                f"data.train.datasets[{number}]",
                f"{entry.dataset_name} stands there twice: its samples are trained on "
                "twice in each epoch.",
                "Remove one of them.",
            )
        seen.append(key)
    names = [entry.dataset_name for entry in datasets]
    within = [name for name in names if name in SIZES and name != "coalm/it"]
    if "coalm/it" in names and within:
        findings.warning(
            "data.train.datasets",
            f"coalm/it holds {', '.join(within)} already.",
            "Take coalm/it, or the datasets that it is made of.",
        )


def _check_shares(datasets: list[Any], findings: Findings) -> None:
    shares = [d.mixture_proportion for d in datasets]
    given = [share for share in shares if share is not None]
    if given and len(given) == len(shares) and abs(sum(given) - 1) > 1e-6:
        findings.error(
            "data.train.datasets",
            f"the mixture proportions add up to {sum(given):g}, not to 1.",
            "Correct them, or leave them out to train on every sample once.",
        )


def _check_shared_prefixes(train: Any, findings: Findings) -> None:
    from coalm_oumi.training.shared_prefixes import NAME as SHARED_PREFIXES  # torch

    packed = _with_option(train, "pack_tokens")
    without = [d.dataset_name for d in train.datasets if d.dataset_name not in packed]
    if without:
        findings.error(
            "data.train.datasets",
            f"attn_implementation '{SHARED_PREFIXES}' takes rows of several samples; "
            f"{', '.join(without)} gives single ones.",
            "Set dataset_kwargs: {pack_tokens: 2048} for every dataset.",
        )
    if train.collator_name:
        findings.error(
            "data.train.collator_name",
            "rows of several samples have a collator of their own.",
            "Remove collator_name and train_target.",
        )


def _with_option(train: Any, option: str) -> list[str]:
    return [d.dataset_name for d in train.datasets if d.dataset_kwargs.get(option)]


def _with_tools(train: Any) -> list[str]:
    layouts = ((d, d.dataset_kwargs.get("prompt_layout")) for d in train.datasets)
    return [d.dataset_name for d, layout in layouts if layout == "tools"]


def _with_mask(train: Any) -> list[str]:
    """Returns the datasets that say themselves which tokens are the reply."""
    return [*_with_option(train, "completion_mask"), *_with_tools(train)]


def _check_packing(config: Any, findings: Findings) -> None:
    train, kwargs = config.data.train, config.training.trainer_kwargs
    if train.collator_name:
        findings.error(
            "data.train.collator_name",
            "TRL packs with a collator of its own and refuses another.",
            "Remove collator_name and train_target.",
        )
    if kwargs.get("packing_strategy", "bfd") == "wrapped":
        findings.error(
            "training.trainer_kwargs.packing_strategy",
            "'wrapped' cuts samples in two and lets them see each other.",
            "Set it to bfd.",
        )
    prepared = (kwargs.get("dataset_kwargs") or {}).get("skip_prepare_dataset")
    if prepared is not False:
        findings.error(
            "training.trainer_kwargs.dataset_kwargs",
            "Oumi tells TRL to skip the preparation of tokenised data, and with it the "
            "packing.",
            "Set it to {skip_prepare_dataset: false}.",
        )
    masked = _with_mask(train)
    without = [d.dataset_name for d in train.datasets if d.dataset_name not in masked]
    if without or not kwargs.get("completion_only_loss"):
        where = f" of {', '.join(without)}" if without else ""
        findings.error(
            "training.trainer_kwargs.completion_only_loss",
            "packed samples would be trained on prompts as well as replies: no "
            f"completion mask{where}.",
            "Set dataset_kwargs: {completion_mask: true} for every dataset, and "
            "completion_only_loss: true.",
        )


def _check_collator(config: Any, findings: Findings) -> None:
    train = config.data.train
    answered = _with_option(train, "with_answers")
    if answered:
        findings.error(
            "data.train.datasets",
            f"{', '.join(answered)} gives prompts with answers, which are for GRPO.",
            "Leave with_answers out, or set training.trainer_type: TRL_GRPO.",
        )
    if tools := _with_tools(train):
        only = config.training.trainer_kwargs.get("completion_only_loss")
        if train.collator_name or not only:
            findings.error(
                "data.train.collator_name",
                f"the mask of {', '.join(tools)} (prompt_layout: tools) is for the "
                "trainer's own collator.",
                "Remove collator_name and train_target, and set "
                "training.trainer_kwargs.completion_only_loss: true.",
            )
        return
    masked = _with_mask(train)
    if train.collator_name and masked:
        findings.error(
            "data.train.datasets",
            f"{', '.join(masked)} brings a completion mask, which the collator "
            f"'{train.collator_name}' cannot pad.",
            "Leave completion_mask out: it is for packing.",
        )
    if train.collator_name != _COMPLETIONS:
        findings.error(
            "data.train.collator_name",
            f"'{train.collator_name or 'none'}' trains on prompts as well as replies.",
            f"Set it to {_COMPLETIONS}, with train_target: ALL_ASSISTANT_TURNS.",
        )
    elif train.train_target is None and not train.collator_kwargs:
        findings.error(
            "data.train.train_target",
            "it is not set, so that the collator does not know where a reply begins.",
            "Set it to ALL_ASSISTANT_TURNS.",
        )
