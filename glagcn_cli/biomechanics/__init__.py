"""Measure joint angles with their errors, and gait."""

from typing import TYPE_CHECKING

from ..faces import late

if TYPE_CHECKING:
    from .error_bars import angles_with_deviations as angles_with_deviations
    from .gait import Gait as Gait
    from .gait import find_gait as find_gait
    from .joint_angles import JointAngles as JointAngles
else:
    __getattr__, __dir__, __all__ = late(
        __name__,
        {
            "error_bars": "angles_with_deviations",
            "gait": "Gait find_gait",
            "joint_angles": "JointAngles",
        },
    )
