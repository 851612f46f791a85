"""2D keypoints of a clip: detected, read from the cache, or read from a file."""
