"""Users with a goal, by rules or by a model, and the judge of their dialogues."""
