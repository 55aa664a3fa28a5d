"""CRA written from annotated dialogues: each thought follows from what is in the data."""
