"""Compares with calibrated cameras on real clips."""
