"""Fit a rig of rotating joints to poses, for .bvh and .glb."""
