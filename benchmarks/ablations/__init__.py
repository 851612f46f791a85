"""Trains and measures lifters that lack a piece."""
