"""MoveNet in PyTorch, the 2D model that needs no download."""
