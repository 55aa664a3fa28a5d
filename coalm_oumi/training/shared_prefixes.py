r"""Training that computes what samples have in common once.

The samples of CoALM begin alike: all of SNIPS have one instruction, the turns of a CRA
dialogue the same functions and ever more of the same history. A packed row of such samples

    add this to my list | add that to my list | play it

is a tree of tokens, in which no sample sees what is not its own beginning:

    add - this - to - my - list
        \ that - to - my - list
    play - it

`attn_implementation: shared_prefixes` gives the decoder each token of the tree once, with
its place in its sample as position, and hands its states back as if the row had been
computed sample by sample. Loss and gradients are those of packed samples, but for rounding;
the work is that of the distinct tokens. Rows come from the datasets' option `pack_tokens`.

Whatever is no packed row (padded batches, generation) is computed as with sdpa.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from coalm_oumi.beginnings import common_length
from coalm_oumi.errors import CoalmError
from coalm_oumi.training.corrected import correct

NAME = "shared_prefixes"


@dataclass(frozen=True)
class TokenTree:
    """The distinct tokens of several samples, each before all that follow it.

    Attributes:
        tokens: int64, the token of each node, in preorder.
        depths: int64, how many tokens lie before it in its samples.
        ends: int64, the node after the last that follows it: node `k` lies before `q` in
            a sample exactly if `k <= q < ends[k]`.
        nodes: int64, the node of each token of the samples, one sample after the other.
    """

    tokens: np.ndarray
    depths: np.ndarray
    ends: np.ndarray
    nodes: np.ndarray


def token_tree(samples: Sequence[list[int]]) -> TokenTree:
    """Returns the tree of samples' tokens."""
    order = sorted(range(len(samples)), key=samples.__getitem__)
    most = sum(map(len, samples))
    tokens, depths, ends = (np.zeros(most, np.int64) for _ in range(3))
    nodes: dict[int, np.ndarray] = {}
    before: list[int] = []
    path, count = np.zeros(0, np.int64), 0
    for number in order:
        sample = samples[number]
        shared = common_length(before, sample)
        ends[path[shared:]] = count
        own = np.arange(count, count + len(sample) - shared)
        tokens[own] = sample[shared:]
        depths[own] = np.arange(shared, len(sample))
        path = nodes[number] = np.concatenate([path[:shared], own])
        before, count = sample, count + len(own)
    ends[path] = count
    return TokenTree(
        tokens[:count],
        depths[:count],
        ends[:count],
        np.concatenate([nodes[number] for number in range(len(samples))]),
    )


@dataclass(frozen=True)
class Stretch:
    """Tokens that one sample adds to the tree one after the other, and what they see.

    Attributes:
        first: The first node.
        last: The node after the last.
        path: int64, the nodes that the last one sees, itself among them.
        mask: Which of `path` each token sees: tokens x path.
    """

    first: int
    last: int
    path: torch.Tensor
    mask: torch.Tensor


def stretches(tree: TokenTree, device: torch.device) -> list[Stretch]:
    """Returns the tree's tokens in stretches that are attended to together."""
    numbers = np.arange(len(tree.tokens))
    continues = (tree.depths[1:] == tree.depths[:-1] + 1) & (
        tree.ends[:-1] > numbers[1:]
    )
    starts = np.flatnonzero(~np.append(False, continues))
    found = []
    for first, last in zip(starts, np.append(starts[1:], len(numbers)), strict=True):
        above = numbers[:first][tree.ends[:first] > first]
        path = np.concatenate([above, numbers[first:last]])
        mask = torch.ones(last - first, len(path), dtype=torch.bool, device=device)
        mask = mask.tril(diagonal=len(above))
        nodes = torch.from_numpy(path).to(device)
        found.append(Stretch(int(first), int(last), nodes, mask))
    return found


class TreeMask(torch.Tensor):
    """What transformers hands from the decoder to its layers in place of a mask.

    Attributes:
        stretches: The tree's tokens, and what they see.
    """

    stretches: list[Stretch]

    @classmethod
    def of(cls, tree: TokenTree, device: torch.device) -> TreeMask:
        """Returns the mask of a tree; transformers lets no other class through."""
        mask = torch.ones(1, 1, 1, 1, dtype=torch.bool, device=device).as_subclass(cls)
        mask.stretches = stretches(tree, device)
        return mask


def shared_prefix_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **arguments: Any,
) -> tuple[torch.Tensor, None]:
    """Attends along the paths of a tree; any other mask is sdpa's.

    Args:
        module: The layer.
        query: 1 x heads x nodes x size; keys and values may have fewer heads.
        key: As `query`.
        value: As `query`.
        attention_mask: A `TreeMask`, or what sdpa takes.
        dropout: Share of the attention weights that is dropped.
        scaling: Of the products of queries and keys.
        arguments: Others that a model gives, passed on to sdpa.

    Returns:
        1 x nodes x heads x size, and no weights.
    """
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    if not isinstance(attention_mask, TreeMask):
        return sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout, scaling, **arguments
        )
    along: Any = _attended if dropout else _AttentionAlongPaths.apply
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
    stretches = attention_mask.stretches
    attended = along(query[0], key[0], value[0], stretches, scaling, dropout)
    return attended.transpose(0, 1).contiguous()[None], None


def _attended(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    stretches: list[Stretch],
    scaling: float,
    dropout: float,
) -> torch.Tensor:
    """Attention of each stretch to its path: heads x nodes x size."""
    found = []
    for stretch in stretches:
        own = slice(stretch.first, stretch.last)
        heads = functional.scaled_dot_product_attention(
            query[None, :, own],
            key[None, :, stretch.path],
            value[None, :, stretch.path],
            attn_mask=stretch.mask,
            dropout_p=dropout,
            scale=scaling,
            enable_gqa=len(query) != len(key),
        )
        found.append(heads[0])
    return torch.cat(found, dim=1)


class _AttentionAlongPaths(torch.autograd.Function):
    """Attention of each stretch to its path, whose weights are computed again backward.

    Autograd would keep the path's keys and values of every stretch: the common beginnings
    as often as they are shared, and in each query head.
    """

    @staticmethod
    def forward(ctx: Any, *given: Any) -> torch.Tensor:
        """Takes and returns what `_attended` does; there is no dropout."""
        found = _attended(*given)
        query, key, value, ctx.stretches, ctx.scaling, _ = given
        ctx.save_for_backward(query, key, value, found)
        return found

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        """Returns the gradients of query, key and value."""
        query, key, value, attended = ctx.saved_tensors
        (gradient,) = gradients
        to_query = torch.empty_like(query)
        to_key, to_value = torch.zeros_like(key), torch.zeros_like(value)
        # The queries of one key head together: key heads x (queries) x size.
        together = (len(key), -1, query.shape[-1])
        for stretch in ctx.stretches:
            own, path = slice(stretch.first, stretch.last), stretch.path
            queries = query[:, own].reshape(together)
            down = gradient[:, own].reshape(together)
            keys, values = key[:, path], value[:, path]
            scores = torch.matmul(queries, keys.mT).float().mul_(ctx.scaling)
            by_head = scores.view(len(key), -1, *stretch.mask.shape)
            by_head.masked_fill_(~stretch.mask, -torch.inf)
            weights = scores.softmax(-1).to(query.dtype)
            to_value.index_add_(1, path, weights.mT @ down)
            mean = (down * attended[:, own].reshape(together)).sum(-1, keepdim=True)
            to_scores = (down @ values.mT).sub_(mean).mul_(weights).mul_(ctx.scaling)
            to_query[:, own] = (to_scores @ keys).view_as(query[:, own])
            to_key.index_add_(1, path, to_scores.mT @ queries)
        return to_query, to_key, to_value, None, None, None


def register() -> None:
    """Makes the attention known to transformers as `shared_prefixes`."""
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

    AttentionInterface.register(NAME, shared_prefix_attention)
    AttentionMaskInterface.register(NAME, sdpa_mask)


def share_prefixes(model: torch.nn.Module) -> None:
    """Makes a model's decoder compute the distinct tokens of packed rows.

    Args:
        model: A causal language model of transformers, with an adapter or without.
    """
    inner: Any = model
    if hasattr(inner, "get_base_model"):  # of PEFT
        inner = inner.get_base_model()
    decoder = inner.base_model
    rows: list[torch.Tensor | None] = []

    def before(module: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        tree = tree_of(kwargs) if module.training else None
        if tree is None:
            rows.append(None)
            return args, kwargs
        device = kwargs["input_ids"].device
        rows.append(torch.from_numpy(tree.nodes).to(device))
        given = {
            "input_ids": torch.from_numpy(tree.tokens).to(device)[None],
            "position_ids": torch.from_numpy(tree.depths).to(device)[None],
            "attention_mask": TreeMask.of(tree, device),
        }
        return args, {**kwargs, **given}

    def after(module: Any, args: Any, kwargs: Any, output: Any) -> Any:
        nodes = rows.pop()
        if nodes is not None:
            output.last_hidden_state = output.last_hidden_state[:, nodes]
        return output

    decoder.register_forward_pre_hook(before, with_kwargs=True)
    decoder.register_forward_hook(after, with_kwargs=True)


def tree_of(arguments: dict[str, Any]) -> TokenTree | None:
    """Returns the tree of a packed row; None for anything else."""
    tokens, positions = arguments.get("input_ids"), arguments.get("position_ids")
    if (
        tokens is None
        or positions is None
        or arguments.get("attention_mask") is not None
    ):
        return None
    if tokens.shape[0] != 1 or arguments.get("past_key_values") is not None:
        return None
    starts = np.flatnonzero(positions[0].cpu().numpy() == 0)
    ids = tokens[0].tolist()
    return token_tree([ids[a:b] for a, b in pairwise([*starts, len(ids)])])


def correct_training() -> None:
    """Lets `attn_implementation: shared_prefixes` train so; again changes nothing."""
    # Elsewhere TRL, which takes seconds to import, is not needed.
    if "oumi.train" in sys.modules:
        from trl.trainer.sft_trainer import SFTTrainer

        correct(SFTTrainer, "__init__", _with_shared_prefixes)


def _with_shared_prefixes(build: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(build)
    def build_trainer(self: Any, *args: Any, **kwargs: Any) -> None:
        model = kwargs.get("model", args[0] if args else None)
        config: Any = getattr(model, "config", None)
        shares = getattr(config, "_attn_implementation", None) == NAME
        if shares:
            _check_rows(kwargs["train_dataset"])
            # One row of tokens at a time; the datasets have left out what is too long.
            kwargs["args"].padding_free, kwargs["args"].max_length = True, None
            kwargs["args"].completion_only_loss = True
        build(self, *args, **kwargs)
        if shares:
            share_prefixes(self.model)

    return build_trainer


def _check_rows(rows: Any) -> None:
    # Importing the datasets makes Oumi load its plug-ins, and this with them.
    from coalm_oumi.datasets.sft.shared_packs import LENGTHS

    if LENGTHS.name not in (rows.column_names or ()):
        raise CoalmError(
            f"attn_implementation '{NAME}' takes rows of several samples: set "
            "dataset_kwargs: {pack_tokens: 2048} for every dataset.",
            field="model.attn_implementation",
        )
