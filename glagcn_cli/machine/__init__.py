"""Choose devices and precision, and set up the process."""
