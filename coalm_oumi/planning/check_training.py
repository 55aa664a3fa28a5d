"""Is the training part of a recipe right: schedule, trainer's options, sharding."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from coalm_oumi.errors import expected_one_of
from coalm_oumi.planning.check_rewards import check_rewards, is_grpo, reply_length
from coalm_oumi.planning.check_steps import check_steps
from coalm_oumi.planning.collectives import FSDP2
from coalm_oumi.planning.findings import Findings, Preparation
from coalm_oumi.planning.hardware import Hardware
from coalm_oumi.planning.host_memory import HostSetup
from coalm_oumi.planning.memory import TrainingSetup
from coalm_oumi.planning.model_shape import ALL_LINEAR, DECODER_LAYERS, ModelShape

_OPTIMIZER_BYTES = (("8bit", 2), ("adafactor", 0), ("sgd", 0), ("lion", 4))


def training_setup(
    config: Any, shape: ModelShape, hardware: Hardware | None
) -> TrainingSetup:
    """Returns what the memory of a training recipe follows from.

    A step is taken to hold samples of `model_max_length` tokens, the most that it can.
    """
    training, peft, fsdp = config.training, config.peft, config.fsdp
    gpus = hardware.gpus if hardware else 1
    quantised = bool(training.use_peft and peft.q_lora)
    targets = peft.lora_target_modules or ["q_proj", "v_proj"]
    if targets == [ALL_LINEAR]:
        targets = list(shape.linear_layers)
    kwargs = training.trainer_kwargs
    drawn = is_grpo(config)
    rows = training.per_device_train_batch_size
    return TrainingSetup(
        shape=shape,
        tokens=_tokens(config, shape),
        # GRPO's loss is over the replies only, and so are its logits.
        loss_tokens=rows * reply_length(config) if drawn else None,
        drawn_tokens=_tokens(config, shape) if drawn else 0,
        rows=training.per_device_train_batch_size,
        rank=peft.lora_r if training.use_peft else 0,
        targets=tuple(t for t in targets if t in shape.linear_layers),
        bits=peft.q_lora_bits if quantised else 0,
        nested=peft.use_bnb_nested_quant,
        dtype_bytes=4 if config.model.torch_dtype_str in ("float32", "f32") else 2,
        optimizer_bytes=_optimizer_bytes(training.optimizer),
        gpus=gpus,
        shards=_shards(fsdp, hardware),
        fsdp_version=_fsdp_version(training),
        whole_gather=fsdp.auto_wrap_policy.value == "NO_WRAP",
        offload=fsdp.enable_fsdp and fsdp.cpu_offload,
        checkpointing=training.enable_gradient_checkpointing,
        fused_loss=bool(kwargs.get("use_liger_kernel"))
        or kwargs.get("loss_type") == "chunked_nll",
        checkpoint_is_float32=quantised and not fsdp.enable_fsdp,
    )


def host_setup(
    config: Any,
    setup: TrainingSetup,
    prepared: Preparation | None,
    hardware: Hardware | None,
) -> HostSetup:
    """Returns what the memory of each machine follows from."""
    return HostSetup(
        training=setup,
        processes=hardware.gpus_per_node if hardware else 1,
        workers=int(config.training.dataloader_num_workers),
        tokens=prepared.tokens if prepared else 0,
    )


def _tokens(config: Any, shape: ModelShape) -> int:
    length = config.model.model_max_length or min(shape.context, 4096)
    if is_grpo(config):
        length += reply_length(config)
    return config.training.per_device_train_batch_size * length


def _optimizer_bytes(name: str) -> int:
    return next((size for part, size in _OPTIMIZER_BYTES if part in name), 8)


def _fsdp_version(training: Any) -> int:
    # Oumi's `fsdp` block says FSDP1; the trainer's own arguments go before it.
    kwargs = training.trainer_kwargs
    if not kwargs.get("fsdp"):
        return 1
    return int((kwargs.get("fsdp_config") or {}).get("version", FSDP2))


def _shards(fsdp: Any, hardware: Hardware | None) -> int:
    if not fsdp.enable_fsdp or hardware is None:
        return 1
    strategy = fsdp.sharding_strategy.value
    if strategy == "NO_SHARD":
        return 1
    return hardware.gpus_per_node if strategy.startswith("HYBRID") else hardware.gpus


def check_training(
    config: Any,
    shape: ModelShape | None,
    hardware: Hardware | None,
    global_batch: int | None,
    findings: Findings,
) -> None:
    """Notes what is wrong with `training` and `fsdp`."""
    _check_schedule(config.training, findings)
    _check_trainer_options(config.training, findings)
    check_rewards(config, findings)
    check_steps(config, hardware, global_batch, findings)
    _check_sharding(config, shape, hardware, findings)
    if not config.training.use_peft:
        findings.warning(
            "training.use_peft",
            "all weights are trained; the paper trains a LoRA adapter.",
            "Set it to true, with a peft block.",
        )


def _check_schedule(training: Any, findings: Findings) -> None:
    from transformers.trainer_utils import SchedulerType
    from transformers.training_args import OptimizerNames

    for field, value, names in (
        ("optimizer", training.optimizer, [o.value for o in OptimizerNames]),
        (
            "lr_scheduler_type",
            training.lr_scheduler_type,
            [s.value for s in SchedulerType],
        ),
    ):
        if value not in names:
            findings.error(
                f"training.{field}", expected_one_of(value, names), "Correct it."
            )
    if not 0 < training.learning_rate < 0.1:
        findings.error(
            "training.learning_rate",
            f"{training.learning_rate:g} trains nothing, or away from everything.",
            "Set it to 1.0e-4, as the paper has it.",
        )
    if training.warmup_ratio is not None and training.warmup_steps:
        findings.error(
            "training.warmup_ratio",
            "it is given together with warmup_steps, which wins.",
            "Leave one of them out.",
        )
    if training.warmup_ratio is not None and not 0 <= training.warmup_ratio < 1:
        findings.error(
            "training.warmup_ratio",
            f"{training.warmup_ratio:g} is no share of the steps.",
            "Set it to 0.1, as the paper has it.",
        )
    if training.max_steps <= 0 and training.num_train_epochs < 1:
        findings.error(
            "training.num_train_epochs",
            "neither epochs nor max_steps are given: there is nothing to do.",
            "Set it to 3, as the paper has it.",
        )


def _check_trainer_options(training: Any, findings: Findings) -> None:
    kind = training.trainer_type.value
    if kind not in ("trl_sft", "trl_grpo"):
        findings.error(
            "training.trainer_type",
            f"'{kind}' is not the trainer that these datasets and collators are for.",
            "Set it to TRL_SFT, or to TRL_GRPO for reinforcement learning.",
        )
        return
    if kind == "trl_grpo":
        from trl.trainer.grpo_config import GRPOConfig as TrainerConfig
    else:
        from trl.trainer.sft_config import SFTConfig as TrainerConfig

    names = tuple(field.name for field in fields(TrainerConfig))
    for option in training.trainer_kwargs:
        if option not in names:
            findings.error(
                "training.trainer_kwargs",
                expected_one_of(option, [n for n in names if n[:3] == option[:3]])
                if any(n[:3] == option[:3] for n in names)
                else f"'{option}' is no option of TRL's {TrainerConfig.__name__}.",
                "Correct the name, or remove it.",
            )


_FSDP_CONFIG = {
    "cpu_ram_efficient_loading": (True, "each process holds all weights as it loads."),
    "state_dict_type": ("SHARDED_STATE_DICT", "each checkpoint is gathered whole."),
}


def _check_fsdp_version(training: Any, fsdp: Any, findings: Findings) -> None:
    kwargs = training.trainer_kwargs
    if not fsdp.enable_fsdp:
        if kwargs.get("fsdp"):
            findings.error(
                "fsdp.enable_fsdp",
                "training.trainer_kwargs.fsdp shares the model out, this does not.",
                "Set it to true, or remove training.trainer_kwargs.fsdp.",
            )
        return
    if _fsdp_version(training) != FSDP2:
        if training.use_peft:
            findings.warning(
                "training.trainer_kwargs.fsdp_config",
                "under FSDP1 each matrix of an adapter is gathered by itself, and "
                "transformers 5.20 will be without it.",
                "Set training.trainer_kwargs.fsdp to true, with fsdp_config: {version: "
                "2, state_dict_type: SHARDED_STATE_DICT, cpu_ram_efficient_loading: "
                "true}.",
            )
        return
    given = kwargs.get("fsdp_config") or {}
    for name, (wanted, otherwise) in _FSDP_CONFIG.items():
        if given.get(name) != wanted:
            findings.warning(
                f"training.trainer_kwargs.fsdp_config.{name}",
                otherwise,
                f"Set it to {str(wanted).lower() if wanted is True else wanted}.",
            )


def _check_sharding(
    config: Any, shape: ModelShape | None, hardware: Hardware | None, findings: Findings
) -> None:
    fsdp = config.fsdp
    _check_fsdp_version(config.training, fsdp, findings)
    if not fsdp.enable_fsdp:
        return
    if hardware is not None and hardware.gpus == 1:
        findings.error(
            "fsdp.enable_fsdp",
            "one GPU has nothing to share.",
            "Set it to false, or take more GPUs.",
        )
    policy = fsdp.auto_wrap_policy.value
    if policy != "TRANSFORMER_BASED_WRAP":
        findings.error(
            "fsdp.auto_wrap_policy",
            f"with {policy}, layers are not gathered one at a time.",
            "Set it to TRANSFORMER_BASED_WRAP.",
        )
        return
    wanted = DECODER_LAYERS.get(shape.model_type) if shape else None
    layer = (fsdp.transformer_layer_cls or "").rsplit(".", 1)[-1]
    if wanted and layer != wanted:
        findings.error(
            "fsdp.transformer_layer_cls",
            f"'{layer}' is no layer of a {shape.model_type if shape else ''} model.",
            f"Set it to {wanted}.",
        )
