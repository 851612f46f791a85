"""Draws the side-by-side picture: the video with its 2D skeletons, and the 3D skeletons."""

from typing import TYPE_CHECKING

from ..faces import late

if TYPE_CHECKING:
    from .scene_alone import SceneRenderer as SceneRenderer
    from .side_by_side import SideBySideRenderer as SideBySideRenderer
else:
    __getattr__, __dir__, __all__ = late(
        __name__,
        {
            "scene_alone": "SceneRenderer",
            "side_by_side": "SideBySideRenderer",
        },
    )
