"""Draws synthetic people with numpy alone, the same on every machine.

The networks find a person in them, so that they can be tested without a video.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PLACES = {
    "head": (0.0, -0.40),
    "neck": (0.0, -0.30),
    "left_shoulder": (0.10, -0.27),
    "right_shoulder": (-0.10, -0.27),
    "left_elbow": (0.17, -0.12),
    "right_elbow": (-0.20, -0.16),
    "left_wrist": (0.20, 0.02),
    "right_wrist": (-0.30, -0.24),
    "left_hip": (0.055, 0.0),
    "right_hip": (-0.055, 0.0),
    "left_knee": (0.08, 0.23),
    "right_knee": (-0.07, 0.23),
    "left_ankle": (0.10, 0.46),
    "right_ankle": (-0.08, 0.46),
    "left_toe": (0.115, 0.50),
    "right_toe": (-0.095, 0.50),
    "left_eye": (0.025, -0.415),
    "right_eye": (-0.025, -0.415),
    "left_ear": (0.06, -0.395),
    "right_ear": (-0.06, -0.395),
    "left_mouth": (0.018, -0.365),
    "right_mouth": (-0.018, -0.365),
    "nose": (0.0, -0.39),
    "collar": (0.0, -0.24),
    "left_hand": (0.205, 0.055),
    "right_hand": (-0.325, -0.265),
}
"""A person who faces us, in units of the person's height, from the middle of the hips; y down."""

_SKIN, _SHIRT, _TROUSERS, _SHOES, _HAIR, _WHITE = (
    (224, 172, 140), (40, 80, 170), (50, 50, 60), (20, 20, 20), (60, 40, 25), (250, 250, 250)
)  # fmt: skip
# Capsules from farthest to nearest: two ends, radius in heights, colour.
_SHAPES = (
    ("left_hip", "left_knee", 0.052, _TROUSERS),
    ("right_hip", "right_knee", 0.052, _TROUSERS),
    ("left_knee", "left_ankle", 0.038, _TROUSERS),
    ("right_knee", "right_ankle", 0.038, _TROUSERS),
    ("left_ankle", "left_toe", 0.030, _SHOES),
    ("right_ankle", "right_toe", 0.030, _SHOES),
    ("neck", "head", 0.035, _SKIN),
    ("left_shoulder", "left_hip", 0.055, _SHIRT),
    ("right_shoulder", "right_hip", 0.055, _SHIRT),
    ("neck", "left_hip", 0.06, _SHIRT),
    ("left_shoulder", "left_elbow", 0.035, _SHIRT),
    ("right_shoulder", "right_elbow", 0.035, _SHIRT),
    ("left_elbow", "left_wrist", 0.027, _SKIN),
    ("right_elbow", "right_wrist", 0.027, _SKIN),
    ("left_wrist", "left_hand", 0.030, _SKIN),
    ("right_wrist", "right_hand", 0.030, _SKIN),
    ("neck", "collar", 0.030, _SKIN),
    ("left_ear", "right_ear", 0.014, _SKIN),
    ("head", "head", 0.070, _HAIR),
    ("head", "left_mouth", 0.052, _SKIN),
    ("head", "right_mouth", 0.052, _SKIN),
    ("left_eye", "left_eye", 0.013, _WHITE),
    ("right_eye", "right_eye", 0.013, _WHITE),
    ("left_eye", "left_eye", 0.007, _SHOES),
    ("right_eye", "right_eye", 0.007, _SHOES),
    ("nose", "nose", 0.009, (190, 130, 100)),
    ("left_mouth", "right_mouth", 0.007, (150, 60, 60)),
)


def draw_people(
    width: int, height: int, people: list[tuple[float, float, float]]
) -> NDArray[np.uint8]:
    """Draw people on a lawn under a grey sky.

    Parameters
    ----------
    width, height
        Size of the picture in pixels.
    people
        The x and y of the middle of each person's hips and the height, in pixels.

    Returns
    -------
    ndarray
        (height, width, 3) RGB.
    """
    y, x = np.mgrid[:height, :width].astype(np.float64)
    down = (y / height)[..., None]
    sky, lawn = np.array([205.0, 210, 215]), np.array([120.0, 145, 90])
    picture = np.where(down < 0.6, sky - 30 * down, lawn - 20 * down)
    for hip_x, hip_y, size in people:
        for start, end, radius, colour in _SHAPES:
            ends = [np.array(PLACES[joint]) * size + (hip_x, hip_y) for joint in (start, end)]
            near = _around(ends, radius * size + 1)
            distance = _distance_to_segment(x[near], y[near], *ends)
            cover = np.clip(radius * size - distance + 0.5, 0, 1)[..., None]
            shade = (
                np.array(colour) * (1 - 0.15 * np.clip(distance / (radius * size), 0, 1))[..., None]
            )
            picture[near] = picture[near] * (1 - cover) + shade * cover
    return np.rint(picture).astype(np.uint8)


def _around(points: list[NDArray[np.float64]], margin: float) -> tuple[slice, slice]:
    """Return the rows and columns of a picture that are at most a margin away from points."""
    low = np.floor(np.min(points, axis=0) - margin).astype(int).clip(0)
    high = np.ceil(np.max(points, axis=0) + margin).astype(int).clip(-1) + 1
    return slice(low[1], high[1]), slice(low[0], high[0])


def _distance_to_segment(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Compute the distance of each pixel's centre to a line segment."""
    along = end - start
    length = float(along @ along)
    share = ((x - start[0]) * along[0] + (y - start[1]) * along[1]) / length if length else 0 * x
    share = np.clip(share, 0, 1)
    return np.hypot(x - start[0] - share * along[0], y - start[1] - share * along[1])
