"""Chooses devices and precision, and sets up the process."""
