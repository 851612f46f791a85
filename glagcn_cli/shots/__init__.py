"""Cut a film into shots, and tell whether the camera moves in each."""
