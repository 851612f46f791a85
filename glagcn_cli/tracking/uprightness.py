"""Checks that people stand upright in the picture, which a turned picture breaks."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..poses import Keypoints2D

LARGEST_LEAN = 60.0
"""Degrees between a trunk and the picture's upward direction above which nobody stands."""

SURE_SCORE = 0.3
"""Mean 2D score of hips and shoulders below which a frame is ignored, as it is where one of them
was not seen at all."""

log = logging.getLogger(__name__)


def median_lean(people: Sequence[Keypoints2D]) -> float | None:
    """Compute the median angle between trunks and the picture's up, over people and frames.

    Returns
    -------
    float or None
        Degrees in 0..180, 180 for a person on their head; None when no trunk is seen well.
    """
    leans = []
    for person in people:
        low, high = (
            person.joint_set.indices([f"left_{joint}", f"right_{joint}"])
            for joint in ("hip", "shoulder")
        )
        scores = person.scores[:, [*low, *high]]
        # A point of score 0 has no place, whatever the other three are.
        sure = person.valid & (scores > 0).all(axis=1) & (scores.mean(axis=1) >= SURE_SCORE)
        points = person.keypoints[sure]
        right, down = (points[:, high].mean(axis=1) - points[:, low].mean(axis=1)).T
        leans.append(np.degrees(np.abs(np.arctan2(right, -down))))
    every = np.concatenate(leans) if leans else np.empty(0)
    return float(np.median(every)) if len(every) else None


def warn_if_turned(people: Sequence[Keypoints2D], video: Path | str) -> None:
    """Warn when most poses of a video lie or are upside down, as in a turned picture."""
    lean = median_lean(people)
    if lean is None or lean <= LARGEST_LEAN:
        return
    posture = "stand on their heads" if lean >= 180 - LARGEST_LEAN else "lie on their sides"
    log.warning(
        "%s: the people in it %s most of the time; if the picture is turned, turn it upright in a "
        "video editor and run again, since poses from a turned picture are wrong",
        video,
        posture,
    )
