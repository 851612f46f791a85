"""Report what is installed, and test every stage on synthetic people."""
