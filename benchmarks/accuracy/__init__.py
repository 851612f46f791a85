"""Measures errors of lifters and of the scene."""
