"""Makes the tiny model's tokenizer and config, `tiny_llama/`, from this package alone.

    python -m tests.assets.build_tiny_llama FOLDER

The model is for learning how the parts fit, on a CPU, in minutes. Two things make that
possible. It has two million parameters, drawn at random when training starts. And what
never varies is one token each: the stretches of the prompt templates between a row's own
content, the frame of a dialogue state, the names of intents and slots. So a state tracking
sample has about 50 tokens where Llama's own tokenizer needs 500.

The rest of the vocabulary is byte-level BPE learnt from the embedded corpus. The special
tokens and headers are those of Llama 3. The chat template differs from Llama's in one
thing: to a bare user message it adds the state tracking instruction, so that the tiny
model answers an utterance typed at `oumi infer -i` with its dialogue state.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from coalm_oumi.calls.strict_json import dumps
from coalm_oumi.cra.functions import function_catalogue
from coalm_oumi.cra.write.grounded import grounded_dialogues
from coalm_oumi.datasets.hammer_masked import function_calling_output
from coalm_oumi.datasets.snips_dst import state_tracking_samples
from coalm_oumi.prompts import (
    PromptTemplate,
    cra_action_template,
    cra_response_template,
    hammer_template,
    snips_template,
)
from coalm_oumi.sources import INTENT_SLOTS, Sgd, read_snips, read_toolace, read_xlam
from coalm_oumi.storage import write_text
from tests.corpus.generator.make import generate

VOCABULARY = 2048
"""Size of the vocabulary, fixed stretches and special tokens included."""

_SPECIAL = (
    "<|begin_of_text|>",
    "<|eot_id|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|finetune_right_pad_id|>",
)
_BEGIN, _END_OF_TURN, _, _, _PAD = _SPECIAL
_CONTEXT = 8192

_CHAT_TEMPLATE = """\
{{- bos_token }}
{%- if messages and messages[0]['role'] == 'user'
       and not messages[0]['content'].startswith(<<own_prompts>>) %}
{{- '<|start_header_id|>system<|end_header_id|>\\n\\n' + <<instruction>> + '<|eot_id|>' }}
{%- set bare = true %}
{%- else %}
{%- set bare = false %}
{%- endif %}
{%- for message in messages %}
{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}
{%- if bare and message['role'] == 'user'
       and not message['content'].startswith('User:') %}
{{- 'User: ' }}
{%- endif %}
{{- message['content'] + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
"""


def build(folder: Path) -> None:
    """Writes `config.json`, `tokenizer.json` and `tokenizer_config.json`.

    Args:
        folder: Where to; made if need be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer()
    write_text(folder / "tokenizer.json", tokenizer.to_str(pretty=True) + "\n")
    for name, content in (
        ("tokenizer_config.json", _tokenizer_config()),
        ("config.json", _model_config(tokenizer)),
    ):
        write_text(folder / name, json.dumps(content, indent=2) + "\n")


def _tokenizer() -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from tokenizers.trainers import BpeTrainer

    fixed = [AddedToken(text, normalized=False, special=False) for text in _fixed()]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(
        vocab_size=VOCABULARY - len(fixed),
        special_tokens=list(_SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(), trainer)
    tokenizer.add_tokens(fixed)
    return tokenizer


def _fixed() -> list[str]:
    """What is one token each."""
    stretches = [
        stretch
        for template in (
            snips_template(),
            hammer_template(),
            cra_action_template(),
            cra_response_template(),
            cra_action_template(dated=True),
            cra_response_template(dated=True),
        )
        for stretch in _stretches(template)
    ]
    slots = dict.fromkeys(slot for names in INTENT_SLOTS.values() for slot in names)
    frame = ['System: {"domain": "', '", "slot_values": {"', '": "', '", "', '"}}']
    fixed = [*stretches, "system", "user", "assistant", *frame, *INTENT_SLOTS, *slots]
    return list(dict.fromkeys(fixed))


def _stretches(template: PromptTemplate) -> list[str]:
    """The parts of a template between a row's own content, as a message has them.

    The chat template keeps white space at a message's ends, so they stay whole.
    """
    return re.split(r"<<[a-z_]+>>", template.text)


def _texts() -> Iterator[str]:
    """What the samples of the embedded corpus say beside the templates."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        generate(root, seed=2017, train_per_intent=600, test_per_intent=20, calls=400)
        utterances = read_snips(
            root / "snips" / "2017-06-custom-intent-engines", "train"
        )
        for sample in state_tracking_samples(utterances, seed=0):
            yield from (sample.input, sample.output)
        for row in read_xlam(root / "xlam" / "xlam_function_calling_60k.json"):
            yield row.query
            yield dumps([tool.to_xlam() for tool in row.tools])
            yield function_calling_output(row.calls)
        for conversation in read_toolace(root / "toolace" / "data.json"):
            yield conversation.system
            yield from (turn.text for turn in conversation.turns)
        sgd = Sgd(root / "sgd", "train")
        catalogue = function_catalogue(sgd.schemas)
        yield catalogue.listing
        for dialogue in grounded_dialogues(
            sgd.dialogues(), sgd.schemas, catalogue, seed=0
        ):
            yield from (turn.lines() for turn in dialogue.turns)


def _tokenizer_config() -> dict[str, Any]:
    starts = (
        "You are a helpful assistant who",
        "[BEGIN OF TASK INSTRUCTION]",
        "Below is",
    )
    quoted = "(" + ", ".join(_jinja(start) for start in starts) + ")"
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": _BEGIN,
        "eos_token": _END_OF_TURN,
        "pad_token": _PAD,
        "model_max_length": _CONTEXT,
        "model_input_names": ["input_ids", "attention_mask"],
        "padding_side": "right",
        "clean_up_tokenization_spaces": False,
        "chat_template": _CHAT_TEMPLATE.replace("<<own_prompts>>", quoted).replace(
            "<<instruction>>", _jinja(snips_template().text)
        ),
    }


def _jinja(text: str) -> str:
    """Quotes a text as a literal of the template language."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def _model_config(tokenizer: Any) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": tokenizer.get_vocab_size(),
        "hidden_size": 192,
        "intermediate_size": 512,
        "num_hidden_layers": 3,
        "num_attention_heads": 3,
        "num_key_value_heads": 3,
        "max_position_embeddings": _CONTEXT,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "hidden_act": "silu",
        "initializer_range": 0.06,
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": False,
        "bos_token_id": tokenizer.token_to_id(_BEGIN),
        "eos_token_id": tokenizer.token_to_id(_END_OF_TURN),
        "pad_token_id": tokenizer.token_to_id(_PAD),
    }


if __name__ == "__main__":
    build(Path(sys.argv[1]))
