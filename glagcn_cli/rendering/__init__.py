"""Draws the side-by-side picture: the video with its 2D skeletons, and the 3D skeletons."""

from typing import TYPE_CHECKING

from ..faces import late

if TYPE_CHECKING:
    from .scene_alone import SceneRenderer
    from .side_by_side import SideBySideRenderer
else:
    __getattr__, __dir__ = late(
        __name__,
        {
            "SceneRenderer": "scene_alone",
            "SideBySideRenderer": "side_by_side",
        },
    )

__all__ = [
    "SceneRenderer",
    "SideBySideRenderer",
]
