"""Lifts the 2D keypoints of a clip to 3D."""

from typing import TYPE_CHECKING

from ..faces import late

if TYPE_CHECKING:
    from .checkpoints import LifterCard, load_lifter, save_lifter
    from .lifter import Lifter
else:
    __getattr__, __dir__ = late(
        __name__,
        {
            "Lifter": "lifter",
            "LifterCard": "checkpoints",
            "load_lifter": "checkpoints",
            "save_lifter": "checkpoints",
        },
    )

__all__ = [
    "Lifter",
    "LifterCard",
    "load_lifter",
    "save_lifter",
]
