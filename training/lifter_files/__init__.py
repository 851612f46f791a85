"""Make lifter files: import the authors' checkpoints, and prune."""
