"""Pose errors, and tables of them."""
