"""Loads the data sets that lifters are trained on."""
