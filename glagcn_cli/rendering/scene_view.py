"""A perspective camera that has a whole clip in its picture."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from ..poses import PoseSequence

AZIMUTH = 25.0
"""Degrees from the video camera's side towards the right; `chosen_view` takes fewer, or the other
side, where people at different depths would change sides."""
ELEVATION = 12.0
"""Degrees above the horizon."""

_FIELD_OF_VIEW = 32.0  # degrees, vertical
MARGIN = 0.08
"""Free share of the picture on each side."""

_OUTLIER_FRAMES = 9  # jumps shorter than half of it do not count for the bounds
_JUMP = 1.0  # metres
_BODY_REACH = 1.4  # metres: no joint is farther from the middle of the body
_SCENE_REACH = 15.0  # metres from the middle of the clip: people farther away would be too small
_SMALLEST_SCENE = np.array(
    [[x, y, z] for x in (-0.7, 0.7) for y in (0.0, 1.8) for z in (-0.7, 0.7)]
)


@dataclass(frozen=True)
class Camera:
    """A pinhole camera in the scene.

    Parameters
    ----------
    rotation
        (3, 3) from the scene frame to the camera frame (x right, y down, z forward).
    position
        (3,) metres, scene frame.
    focal
        Focal length in pixels.
    size
        (width, height) of the picture in pixels.
    """

    rotation: NDArray[np.float64]
    position: NDArray[np.float64]
    focal: float
    size: tuple[int, int]

    def project(
        self, points: NDArray[np.floating]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Project scene points (..., 3) to pixels (..., 2) and depths (...) in metres.

        Points that are not in front of the camera (depth <= 0) have infinite pixels.
        """
        seen = (np.asarray(points, dtype=np.float64) - self.position) @ self.rotation.T
        depth = seen[..., 2]
        middle = (np.array(self.size) - 1) / 2
        in_front = depth[..., None] > 0
        pixels = np.full_like(seen[..., :2], np.inf)
        np.divide(self.focal * seen[..., :2], depth[..., None], out=pixels, where=in_front)
        return pixels + middle, depth

    @property
    def horizon(self) -> float:
        """Height of the floor's horizon in the picture, pixels from the top."""
        forward = self.rotation[2]
        return (self.size[1] - 1) / 2 + self.focal * forward[1] / np.hypot(forward[0], forward[2])


class SceneView:
    """A camera that stands still or orbits the scene, with all of it in the picture.

    Parameters
    ----------
    points
        (n, 3) metres, scene frame: points that must be in the picture, as from ``clip_points``.
    size
        (width, height) of the picture in pixels.
    turn
        Degrees per second by which the camera moves around the scene, to the right when positive.
    azimuth, elevation
        Place at second 0 in degrees: from the side of the video camera (scene z) towards the right
        of its image (scene x), and up from the horizon.
    margin
        Share of the picture that stays free to the left and to the right.

    Attributes
    ----------
    depth_range
        Smallest and largest distance of the points from the camera, metres.
    """

    def __init__(
        self,
        points: NDArray[np.floating],
        size: tuple[int, int],
        turn: float = 0.0,
        azimuth: float = AZIMUTH,
        elevation: float = ELEVATION,
        margin: float = MARGIN,
    ) -> None:
        self.size = size
        self.turn = turn
        self.azimuth = azimuth
        self.elevation = elevation
        self._margins = np.array([margin, MARGIN])
        self.focal = size[1] / 2 / np.tan(np.radians(_FIELD_OF_VIEW) / 2)
        low, high = points.min(axis=0), points.max(axis=0)
        self._pivot = np.array([(low[0] + high[0]) / 2, 0.0, (low[2] + high[2]) / 2])
        around = points - self._pivot
        rotation = view_rotation(azimuth, elevation)
        seen = (_swept(around) if turn else around) @ rotation.T
        self._offset = self._fit(seen)
        depth = seen[:, 2] - self._offset[2]
        self.depth_range: tuple[float, float] = (float(depth.min()), float(depth.max()))

    def camera(self, seconds: float = 0.0) -> Camera:
        """Return the camera at a time of the clip."""
        rotation = view_rotation(self.azimuth + self.turn * seconds, self.elevation)
        return Camera(rotation, self._pivot + self._offset @ rotation, self.focal, self.size)

    def _fit(self, seen: NDArray[np.float64]) -> NDArray[np.float64]:
        """Find the nearest camera position, in its own axes, that shows all points.

        A point is in the picture where ``|x - cx| <= slope_x * (z - cz)``, the same for y. The
        two tightest points of an axis bound ``cz`` and give the ``c`` half-way between them.
        """
        slope = np.array(self.size) * (0.5 - self._margins) / self.focal
        after = (seen[:, :2] - slope * seen[:, 2:]).max(axis=0)
        before = (-seen[:, :2] - slope * seen[:, 2:]).max(axis=0)
        depth = (-(after + before) / (2 * slope)).min()
        return np.array([*((after - before) / 2), depth])


def view_rotation(azimuth: float, elevation: float) -> NDArray[np.float64]:
    """Return the rotation (3, 3), scene to camera, of a view from these angles (degrees)."""
    a, e = np.radians([azimuth, elevation])
    forward = -np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])
    right = np.array([np.cos(a), 0.0, -np.sin(a)])
    return np.stack([right, np.cross(forward, right), forward])


def clip_points(sequences: Sequence[PoseSequence]) -> NDArray[np.float64]:
    """Return all places (n, 3) of a clip's people, metres, without outliers.

    Joints that jump away for a few frames, or lie beyond a body's reach, are pulled back, so that
    one broken frame does not shrink the view. Without people, the result is the space of one
    standing person.
    """
    return places_shown(plausible_figures(sequences))


def plausible_figures(sequences: Sequence[PoseSequence]) -> list[NDArray[np.float64]]:
    """Return the poses (frames, joints, 3) of each person who has any, metres, without outliers."""
    return [_plausible(s.joints[s.valid].astype(np.float64)) for s in sequences if s.valid.any()]


def places_shown(
    figures: Sequence[NDArray[np.float64]],
    reach: float | None = None,
    whole: Collection[int] = (0,),
) -> NDArray[np.float64]:
    """Return the places (n, 3) that a view of figures must hold, with the floor below them.

    Parameters
    ----------
    figures
        As from `plausible_figures`; the first is the main person.
    reach
        Metres that other people's places may lie beyond those of the ``whole`` along each axis;
        what lies farther is pulled back. None for no limit.
    whole
        Numbers of the figures that are shown wherever they are.
    """
    if not figures:
        return _SMALLEST_SCENE.copy()
    points = np.concatenate([figure.reshape(-1, 3) for figure in figures])
    if reach is not None:
        shown = np.concatenate([figures[k].reshape(-1, 3) for k in whole])
        points = np.clip(points, shown.min(axis=0) - reach, shown.max(axis=0) + reach)
    middle = np.median(points, axis=0)
    points = middle + np.clip(points - middle, -_SCENE_REACH, _SCENE_REACH)
    low, high = points.min(axis=0), points.max(axis=0)
    centre = np.array([(low[0] + high[0]) / 2, 0.0, (low[2] + high[2]) / 2])
    floor = points * [1, 0, 1]
    return np.concatenate([points, floor, centre + _SMALLEST_SCENE])


def _plausible(joints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the poses (frames, joints, 3) that do not jump, with joints within a body's reach."""
    steady = median_filter(joints, size=(_OUTLIER_FRAMES, 1, 1), mode="nearest")
    # The filter applies only to changes larger than a body's, so that fast motion is unchanged.
    jumps = np.abs(joints - steady).max(axis=-1, keepdims=True) > _JUMP
    joints = np.where(jumps, steady, joints)
    middle = np.median(joints, axis=1, keepdims=True)
    return middle + np.clip(joints - middle, -_BODY_REACH, _BODY_REACH)


def _swept(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rims of the cylinder about the vertical axis that points (n, 3) fill."""
    radius = np.hypot(points[:, 0], points[:, 2]).max()
    angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    rim = np.stack([radius * np.cos(angle), np.zeros(64), radius * np.sin(angle)], axis=1)
    heights = np.array([[0, points[:, 1].min(), 0], [0, points[:, 1].max(), 0]])
    return (rim + heights[:, None]).reshape(-1, 3)
