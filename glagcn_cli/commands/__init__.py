"""The commands glagcn-video and glagcn-info."""
