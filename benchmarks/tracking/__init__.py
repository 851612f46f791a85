"""Measure how well people keep their numbers."""
