"""Reports what is installed, and tests every stage on synthetic people."""
