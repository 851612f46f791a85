"""Where the hand network looks: a square about the hand, its fingers upwards.

It was trained on squares about hands that a detector of its own had placed (Zhang et al., MediaPipe
Hands: On-device Real-time Hand Tracking, 2020). Here the wrist and two knuckles place it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..turned_crops import Square

SIDE = 2.6
"""Side of the square, in ways from the wrist to the knuckles. On drawn hands points lie 0.11, 0.12,
0.12 and 0.18 of this way off in the mean at 2.2, 2.6, 3 and 4. A second look at the square that the
points place brings 0.01 at 2.6."""

_MIDDLE = 0.65  # of this way, from the wrist to the square's middle


def square_of_hand(
    wrist: NDArray[np.floating],
    index: NDArray[np.floating],
    little: NDArray[np.floating],
    least: float = 1.0,
) -> Square | None:
    """Place the square of a hand by its wrist and two knuckles.

    Parameters
    ----------
    wrist, index, little
        (2,) pixels.
    least
        Pixels of the way from the wrist to the knuckles of a hand that is seen from its side; of
        one that points to the camera less of it is seen.

    Returns
    -------
    Square or None
        None where the points do not tell which way the hand points.
    """
    along = ((2 * index + little) / 3 - wrist).astype(np.float64)
    seen = float(np.linalg.norm(along))
    if seen < 1.0:
        return None
    length, up = max(seen, least), along / seen
    return Square(wrist + _MIDDLE * length * up, SIDE * length, up)
