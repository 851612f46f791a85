"""Report what is installed, and test every stage on drawn people."""
