"""The 2D stage: who is where in a frame, and where their joints are.

Nothing is imported here, so that `glagcn_cli.detection.models` can list its names without torch.
"""
