"""A LoRA adapter added into its base model, shard by shard, in bounded memory.

`coalm merge` uses it: for serving, since inference engines have been seen to ignore an
adapter silently, and to answer with the base model's chat template.
"""
