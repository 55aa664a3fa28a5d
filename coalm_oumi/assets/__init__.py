"""Files that the package ships: the tiny model's config and tokenizer, and the corpus."""
