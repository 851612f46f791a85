"""Cuts a film into shots, and tells whether the camera moves in each."""
