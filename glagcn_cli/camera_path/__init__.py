"""Finds rotation and focal length of a turning camera in every frame, from the background."""
