"""Worlds in which calls run, and simulated users who talk to a model in them.

A folder each: its data, its world, its users. BFCL's simulated APIs are upstream's own
code, and run in the checker's process (`benchmarks.bfcl`).
"""
