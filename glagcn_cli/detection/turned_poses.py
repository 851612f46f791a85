"""Joints of people who are upside down, lie or turn over: found in crops in which they stand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..similarity import SEEN, centre
from ..skeleton import COCO17
from ..video.picture import AnyFrame
from .interface import KeypointDetector, Keypoints
from .turned_crops import Square, cut_out, in_frame

Box = NDArray[np.float32]

UPRIGHT = (0.0, -1.0)
"""Upwards in a picture."""

TURNED = np.cos(np.radians(45.0))
"""Cosine of the lean from which on a trunk is turned."""

SURE_TRUNK = 0.3
"""Mean score of shoulders and hips below which their places are guessed: behind a rail, a table."""

_TRUNK, _BODY, _PADDING = 1.9, 1.2, 1.25
_AROUND = 2.0  # how many times its longer side is cut out around a box: more than any crop takes
_LARGEST = 512  # pixels of such a cut-out: twice what networks read of it
_SHOULDERS, _HIPS = (
    COCO17.indices((f"left_{joint}", f"right_{joint}")) for joint in ("shoulder", "hip")
)


def trunk_up(keypoints: NDArray[np.floating], scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the unit vector (2,) from hips to shoulders, upright where the trunk is hardly seen.

    Parameters
    ----------
    keypoints, scores
        (joints, 2) and (joints,) of a pose.
    """
    way = keypoints[_SHOULDERS].mean(axis=0) - keypoints[_HIPS].mean(axis=0)
    length = float(np.hypot(*way))
    if length == 0 or scores[[*_SHOULDERS, *_HIPS]].mean() < SURE_TRUNK:
        return np.array(UPRIGHT)
    return np.asarray(way / length, np.float64)


def is_turned(up: NDArray[np.float64]) -> bool:
    """Tell whether a trunk leans so much that a turned crop shows it better."""
    return float(up @ UPRIGHT) < TURNED


def quarter_turns(up: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return the three other directions at right angles to a unit vector (2,)."""
    x, y = up
    return [np.array(other) for other in ((-y, x), (y, -x), (-x, -y))]


def body_square(keypoints: NDArray[np.floating], scores: NDArray[np.floating]) -> Box | None:
    """Return the square box (4,) of a body by its joints alone; None where no trunk is seen.

    Half of its side is 1.9 times the farthest way from the middle of the hips to a joint of the
    trunk, or 1.2 times that to any joint, before networks pad it: the crop that MoveNet takes in
    the next frame (TensorFlow Hub, "MoveNet: ultra fast and accurate pose detection").

    Parameters
    ----------
    keypoints, scores
        (joints, 2) and (joints,).
    """
    seen = scores >= SEEN
    if not seen[_HIPS].any() or not seen[_SHOULDERS].any():
        return None
    middle = keypoints[_HIPS].mean(axis=0)
    away = np.abs(keypoints - middle).max(axis=1)
    trunk, body = away[[*_HIPS, *_SHOULDERS]].max(), away[seen].max()
    reach = max(_TRUNK * trunk, _BODY * body) / _PADDING
    return np.concatenate([middle - reach, middle + reach]).astype(np.float32)


def poses_turned(
    find: KeypointDetector,
    frame: AnyFrame,
    box: NDArray[np.floating],
    ups: Sequence[NDArray[np.float64]],
) -> Keypoints:
    """Find the joints of one person in crops at several angles.

    Parameters
    ----------
    find
        The detector.
    frame
        What is looked at.
    box
        (4,) of the person.
    ups
        Unit vectors (2,) that point upwards in the crops.

    Returns
    -------
    Keypoints
        (ups, joints), in pixels of the frame.
    """
    side = float((box[2:] - box[:2]).max())
    squares = [Square(centre(box).astype(np.float64), side * _AROUND, up) for up in ups]
    size = int(np.clip(round(side * _AROUND), 2, _LARGEST))
    edge = size * (1 - 1 / _AROUND) / 2
    inside = np.array([[edge, edge, size - edge, size - edge]], np.float32)
    pictures = list(cut_out([(frame, square) for square in squares], size))
    found = find(pictures, [inside] * len(pictures))
    return Keypoints(
        np.concatenate(
            [
                in_frame(one.keypoints, square, size).astype(np.float32)
                for one, square in zip(found, squares, strict=True)
            ]
        ),
        np.concatenate([one.scores for one in found]),
    )
