"""CRA written by a language model: requests, replies paid for once, and what they give.

A config is one of Oumi's for inference with a `cra` block (`options`). Dialogues to write
from (`seeds`) become requests (`prompting`), which go to the engine in waves (`asking`,
or as batches: `batches`); each reply stands in the file of paid replies at once
(`paid_replies`), is read and judged (`judging`), and ends as a dialogue, a rejection or a
failure in the output folder (`outputs`). `run` has the order of it all.
"""
