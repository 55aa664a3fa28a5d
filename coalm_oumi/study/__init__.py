"""`coalm study`: models trained and evaluated within a time, and compared case by case."""
