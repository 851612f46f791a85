"""The side-by-side picture: the video with its 2D skeletons, beside it the 3D skeletons."""

from .scene_alone import SceneRenderer
from .side_by_side import SideBySideRenderer

__all__ = ["SceneRenderer", "SideBySideRenderer"]
