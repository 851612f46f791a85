"""Weights that come with the program, with their licences; installed as `glagcn_weights`."""
