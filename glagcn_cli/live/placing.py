"""Poses of a camera's frame in a scene that is known only so far: every value from the past."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..camera import focal_length, pixel_rays
from ..poses import PoseSequence
from ..scene.contacts import ANKLE_HEIGHT
from ..scene.gravity import CAMERA_UP
from ..scene.placing import scene_axes
from ..scene.root_path import root_depth
from ..scene.supports import standing_height
from .causal_lifter import LiftedFrame

JOINT_TIME, DEPTH_TIME, UP_TIME = 0.06, 0.4, 2.0
"""Seconds in which a smoothed value comes 63 % nearer to a new one: of the joints about the root,
of the distance from the camera, and of what is up."""

_FPS = Fraction(25)  # of the sequences of one frame, in which it means nothing


class LiveScene:
    """Place one person's poses, as they come, on a floor.

    Parameters
    ----------
    image_size
        (width, height) in pixels.
    fov
        Field of view over the picture's longer side, degrees.
    level
        The camera is taken to be held level; otherwise the lifter tells which way is up.
    """

    def __init__(self, image_size: tuple[int, int], fov: float, level: bool) -> None:
        self._image_size, self._focal = image_size, focal_length(image_size, fov)
        self._level = level
        self._joints = _Smoothed(JOINT_TIME)
        self._log_depth = _Smoothed(DEPTH_TIME)
        self._up = _Smoothed(UP_TIME)

    def place(self, at: float, frame: LiftedFrame) -> PoseSequence:
        """Place a pose.

        Parameters
        ----------
        at
            Seconds, of whatever clock; later than all before.
        frame
            The pose.

        Returns
        -------
        PoseSequence
            Of this one frame: y up, the camera above x = z = 0, metres. The lowest foot stands on
            the floor, y = 0, in every frame: what is a jump is known only when it is over.
        """
        lifted = frame.lifted
        joints = self._joints.take(at, lifted.joints)
        body = PoseSequence(
            joints.astype(np.float32), frame.scores.astype(np.float32), np.ones(1, bool), _FPS,
            frame.keypoints.astype(np.float32), frame="camera",
        )  # fmt: skip
        told = np.log(root_depth(body, self._image_size, self._focal))
        depth = np.exp(self._log_depth.take(at, told))
        root = pixel_rays(frame.keypoints[:, 0], self._image_size, self._focal) * depth[:, None]
        up = CAMERA_UP
        if not self._level and lifted.up is not None:
            up = self._up.take(at, lifted.up)[0]
            up = up / max(float(np.linalg.norm(up)), 1e-9)
        placed = (joints + root[:, None]) @ scene_axes(up).T
        placed[..., 1] -= _floor(placed[0])
        doubt = lifted.uncertainty
        return PoseSequence(
            placed.astype(np.float32), body.scores, body.valid, _FPS, body.keypoints,
            uncertainty=None if doubt is None else doubt.astype(np.float32),
        )  # fmt: skip


class _Smoothed:
    """Exponential smoothing of values that come at irregular times."""

    def __init__(self, time_constant: float) -> None:
        self._time_constant = time_constant
        self._at = 0.0
        self._value: NDArray[np.float64] | None = None

    def take(self, at: float, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take a new value and give the smoothed one."""
        if self._value is None:
            self._value = value
        else:
            self._value = self._value + (value - self._value) * (
                1 - np.exp(-(at - self._at) / self._time_constant)
            )
        self._at = at
        return self._value


def _floor(joints: NDArray[np.float64]) -> float:
    """Return the height of the floor below (17, 3) joints: at the lowest foot, or what carries."""
    return float(standing_height(joints[None])[0] - ANKLE_HEIGHT)
