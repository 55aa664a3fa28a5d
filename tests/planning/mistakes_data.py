"""Mistakes in `data`, and in how samples are packed."""

from __future__ import annotations

from typing import Any

from tests.planning.mistake import Mistake

COALM: dict[str, Any] = {"dataset_name": "coalm/snips_dst"}
NO_TARGET: dict[str, Any] = {"data.train.train_target": None}

DATA = {
    "unknown dataset": Mistake(
        "8b_train",
        {"data.train.datasets": [{"dataset_name": "coalm/snips"}]},
        "data.train.datasets[0].dataset_name",
        "did you mean 'coalm/snips_dst'?",
        "Correct the name",
    ),
    "unknown option of a dataset": Mistake(
        "8b_train",
        {"data.train.datasets.1.dataset_kwargs": {"mask_ration": 0.5}},
        "data.train.datasets[1].dataset_kwargs",
        "did you mean 'mask_ratio'?",
        "Correct the name",
    ),
    "option of a wrong value": Mistake(
        "8b_train",
        {"data.train.datasets.1.dataset_kwargs": {"mask_ratio": 66.7}},
        "data.train.datasets[1].dataset_kwargs.mask_ratio",
        "expected 0 to 1, found 66.7",
        "Correct the value",
    ),
    "placeholder of a dataset": Mistake(
        "8b_train",
        {"data.train.datasets": [{"dataset_name": "<hub_repo>"}]},
        "data.train.datasets[0].dataset_name",
        "is a placeholder",
        "Fill it in",
    ),
    "pretraining packer": Mistake(
        "8b_train",
        {"data.train.pack": True, "data.train.collator_name": None, **NO_TARGET},
        "data.train.pack",
        "trains on prompts as well",
        "packing: true",
    ),
    "no collator": Mistake(
        "8b_train",
        {"data.train.collator_name": None, **NO_TARGET},
        "data.train.collator_name",
        "trains on prompts",
        "text_completions_only_with_padding",
    ),
    "tools with a collator": Mistake(
        "8b_train",
        {"data.train.datasets.0.dataset_kwargs": {"prompt_layout": "tools"}},
        "data.train.collator_name",
        "is for the trainer's own collator",
        "completion_only_loss: true",
    ),
    "packing with a collator": Mistake(
        "8b_train_fast",
        {"data.train.collator_name": "text_completions_only_with_padding"},
        "data.train.collator_name",
        "refuses another",
        "Remove collator_name",
    ),
    "packing without masks": Mistake(
        "8b_train_fast",
        {"data.train.datasets.2.dataset_kwargs": {}},
        "training.trainer_kwargs.completion_only_loss",
        "no completion mask of coalm/toolace",
        "completion_mask: true",
    ),
    "packing that Oumi skips": Mistake(
        "8b_train_fast",
        {"training.trainer_kwargs.dataset_kwargs": None},
        "training.trainer_kwargs.dataset_kwargs",
        "skip the preparation",
        "skip_prepare_dataset: false",
    ),
    "training on the test": Mistake(
        "8b_train",
        {"data.train.datasets.0.split": "test"},
        "data.train.datasets[0].split",
        "cannot be measured by them",
        "Set it to train",
    ),
    "unknown part of a dataset": Mistake(
        "8b_train",
        {"data.train.datasets.0.split": "trian"},
        "data.train.datasets[0].split",
        "did you mean 'train'?",
        "Correct it",
    ),
    "a dataset twice": Mistake(
        "8b_train",
        {"data.train.datasets": [COALM, COALM]},
        "data.train.datasets[1]",
        "stands there twice",
        "Remove one",
        level="warning",
    ),
    "a mixture with its own parts": Mistake(
        "8b_train",
        {"data.train.datasets": [{"dataset_name": "coalm/it"}, COALM]},
        "data.train.datasets",
        "coalm/it holds coalm/snips_dst already",
        "Take coalm/it, or",
        level="warning",
    ),
    "rewards without answers": Mistake(
        "8b_train_grpo",
        {"data.train.datasets.1.dataset_kwargs": None},
        "data.train.datasets",
        "coalm/hammer_masked gives tokens",
        "with_answers: true",
    ),
    "answers without rewards": Mistake(
        "8b_train",
        {"data.train.datasets.1.dataset_kwargs": {"with_answers": True}},
        "data.train.datasets",
        "coalm/hammer_masked gives prompts with answers",
        "TRL_GRPO",
    ),
}
