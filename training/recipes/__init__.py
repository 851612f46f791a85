"""Settings of a training, and their files."""
