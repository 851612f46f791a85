"""Score lifters on data sets."""
