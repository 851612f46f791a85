"""What benchmarks share: times of stages, limits of a machine."""
