"""Configurations of the 2D models that come with the program, for MMEngine."""
