"""Measurements against named references; run with `python -m benchmarks.NAME`."""
