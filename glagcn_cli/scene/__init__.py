"""Places lifted people in one scene: upright, on a floor, in metres."""

from typing import TYPE_CHECKING

from ..faces import late

if TYPE_CHECKING:
    from .placing import SceneChoices, to_scene, to_scenes
else:
    __getattr__, __dir__ = late(
        __name__,
        {
            "SceneChoices": "placing",
            "to_scene": "placing",
            "to_scenes": "placing",
        },
    )

__all__ = [
    "SceneChoices",
    "to_scene",
    "to_scenes",
]
