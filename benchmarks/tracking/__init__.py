"""Measures how well people keep their numbers."""
