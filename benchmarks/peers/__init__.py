"""Compares with other programs."""
