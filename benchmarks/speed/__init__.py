"""Measures the time of stages and whole runs."""
