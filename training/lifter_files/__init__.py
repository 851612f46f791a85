"""Makes lifter files: imports the authors' checkpoints, and prunes."""
