"""The commands glagcn-train, glagcn-eval and glagcn-data."""
