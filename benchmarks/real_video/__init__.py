"""Compare with calibrated cameras on real clips."""
