"""Data sets to train the lifter on, one loader a file."""
