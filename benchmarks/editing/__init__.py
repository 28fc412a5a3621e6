"""Every editing operation beside what others have: `python -m benchmarks.editing`."""
