"""A camera, and the 3D of whoever stands before it, while they move."""
