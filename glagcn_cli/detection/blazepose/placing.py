"""Where BlazePose looks: a square about the hips, as large as the body, the body upright in it.

Both are how it was trained (Bazarevsky et al., BlazePose: On-device Real-time Body Pose Tracking,
2020). Instead of its own detector the 17 joints place the square.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...skeleton import COCO17
from ..turned_crops import Square

SURE = 0.2
"""Score from which a joint says how large the body is."""

SIDE = 2.75
"""Side of the square, as a multiple of the way from the hips to the farthest joint. At 2.25, 2.5,
2.75 and 3 ankles and wrists lie 0.92, 0.77, 0.73 and 0.74 % of the side from Thunder's in the
median."""

_SHOULDERS = COCO17.indices(("left_shoulder", "right_shoulder"))
_HIPS = COCO17.indices(("left_hip", "right_hip"))
_KNEES = COCO17.indices(("left_knee", "right_knee"))
_UPRIGHT = np.array([0.0, -1.0])


def square_of(keypoints: NDArray[np.floating], scores: NDArray[np.floating]) -> Square:
    """Place the square of a person.

    Parameters
    ----------
    keypoints, scores
        (17 or more, 2) pixels and (17 or more,), COCO's joints first.
    """
    body, sure = keypoints[: len(COCO17)].astype(np.float64), scores[: len(COCO17)] >= SURE
    hips = body[_HIPS].mean(axis=0)
    seen = body[sure] if sure.any() else body
    reach = float(np.linalg.norm(seen - hips, axis=1).max())
    return Square(hips, max(1.0, SIDE * reach), _upwards(body, sure, hips))


def _upwards(
    body: NDArray[np.float64], sure: NDArray[np.bool_], hips: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the unit vector (2,) along the trunk; along the thighs where only legs are seen."""
    for joints, sign in ((_SHOULDERS, 1.0), (_KNEES, -1.0)):
        if sure[joints].all():
            along = sign * (body[joints].mean(axis=0) - hips)
            length = float(np.linalg.norm(along))
            if length > 1.0:
                return along / length
    return _UPRIGHT
