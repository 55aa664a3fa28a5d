"""Benchmarks: one folder each, with its loading, its scorer and its object.

A new one is a folder with a `benchmark.py`, and a line in `registry.py`.
"""
