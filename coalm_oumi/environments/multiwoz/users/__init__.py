"""Users with a goal, by rules or by a model, and how they read replies."""
