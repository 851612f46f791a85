"""Measure the speed of training."""
