"""Lifts the 2D keypoints of a clip to 3D."""

from typing import TYPE_CHECKING

from ..faces import late

if TYPE_CHECKING:
    from .checkpoints import LifterCard as LifterCard
    from .checkpoints import load_lifter as load_lifter
    from .checkpoints import save_lifter as save_lifter
    from .lifter import Lifter as Lifter
else:
    __getattr__, __dir__, __all__ = late(
        __name__,
        {
            "checkpoints": "LifterCard load_lifter save_lifter",
            "lifter": "Lifter",
        },
    )
