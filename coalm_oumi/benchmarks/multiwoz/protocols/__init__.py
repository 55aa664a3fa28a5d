"""How a model is put through the test dialogues: protocols, prompts, replies."""
