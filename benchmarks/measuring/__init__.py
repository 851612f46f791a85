"""Shared measurements: times of stages, limits of a machine."""
