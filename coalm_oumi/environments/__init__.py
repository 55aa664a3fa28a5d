"""Worlds in which calls run, and simulated users who talk to a model in them."""
