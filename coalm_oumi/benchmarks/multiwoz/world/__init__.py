"""The world in which calls run: eight functions over the databases, and its booking log."""
