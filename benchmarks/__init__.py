"""Benchmarks of speed and accuracy, each run with ``python -m``."""
