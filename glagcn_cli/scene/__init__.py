"""Places lifted people in one scene: upright, on a floor, in metres."""

from typing import TYPE_CHECKING

from ..faces import late

if TYPE_CHECKING:
    from .choices import SceneChoices as SceneChoices
    from .placing import to_scene as to_scene
    from .placing import to_scenes as to_scenes
else:
    __getattr__, __dir__, __all__ = late(
        __name__,
        {
            "choices": "SceneChoices",
            "placing": "to_scene to_scenes",
        },
    )
