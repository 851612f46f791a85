"""Training and evaluation of the lifter. Installed as `glagcn_training`; imports glagcn_cli."""
