"""Benchmarks: one folder each with its loading, its scorer, and its Oumi task."""
