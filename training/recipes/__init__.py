"""Settings of a training, and the files that hold them."""
