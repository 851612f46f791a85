"""Axes of pelvis and thorax through the spine's point, to compare with those in use."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.biomechanics import angle_geometry
from glagcn_cli.biomechanics.body_axes import bone, unit
from glagcn_cli.skeleton import JointSet

Floats = NDArray[np.float64]


def through_the_spine() -> None:
    """Let the axes of pelvis and thorax end at the spine's middle, which no detector marks."""

    def pelvis(joints: Floats, joint_set: JointSet) -> Floats:
        z = unit(bone(joints, joint_set, "left_hip", "right_hip"))
        x = unit(np.cross(bone(joints, joint_set, "hip", "spine"), z))
        return np.stack([x, np.cross(z, x), z], axis=1)

    def thorax(joints: Floats, joint_set: JointSet) -> Floats:
        y = unit(bone(joints, joint_set, "spine", "thorax"))
        x = unit(np.cross(y, bone(joints, joint_set, "left_shoulder", "right_shoulder")))
        return np.stack([x, y, np.cross(x, y)], axis=1)

    for name, axes in (("pelvis_axes", pelvis), ("thorax_axes", thorax)):
        setattr(angle_geometry, name, axes)
