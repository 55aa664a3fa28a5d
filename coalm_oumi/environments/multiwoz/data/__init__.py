"""MultiWOZ 2.4 as it is published: dialogues, goals, databases, spellings of values."""
