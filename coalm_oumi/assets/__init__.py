"""What the tiny default is made of: its model config and tokenizer, and their maker."""
