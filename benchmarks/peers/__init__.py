"""Compare with other programs."""
