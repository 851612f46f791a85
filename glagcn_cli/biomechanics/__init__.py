"""Measure joint angles and gait."""

from typing import TYPE_CHECKING

from ..faces import late

if TYPE_CHECKING:
    from .gait import Gait, find_gait
    from .joint_angles import JointAngles
else:
    __getattr__, __dir__ = late(
        __name__,
        {
            "Gait": "gait",
            "JointAngles": "joint_angles",
            "find_gait": "gait",
        },
    )

__all__ = [
    "Gait",
    "JointAngles",
    "find_gait",
]
