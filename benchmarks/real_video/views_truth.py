"""Triangulated 3D truth of real clips, and the errors of poses against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.real_video.calibrated_views import Camera, triangulate_shifted
from benchmarks.real_video.clip_measures import BODY
from glagcn_cli.poses import Keypoints2D
from glagcn_cli.skeleton import COCO17, H36M17
from glagcn_cli.smoothing import low_pass
from glagcn_training.metrics.errors import p_mpjpe

CUTOFF = 7.0  # hertz, of the triangulated points
SHIFT_ROUNDS = 3
LARGEST_OFF = 0.03
"""Share of the person's height in a view by which a good point's projection may be off, median over
the views: others are no truth."""

_Array = NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """Triangulated joints.

    Parameters
    ----------
    joints
        (frames, 12, 3) metres, world: those of `BODY`.
    good
        (frames, 12) bool: the views agree on the point.
    """

    joints: _Array
    good: NDArray[np.bool_]

    @classmethod
    def triangulated(cls, cameras: Sequence[Camera], people: Sequence[Keypoints2D]) -> Truth:
        """Triangulate one person, COCO-17, seen by all cameras at the same times."""
        chosen, frames = COCO17.indices(BODY), min(len(person) for person in people)
        pixels = np.stack([p.keypoints[:frames, chosen] for p in people]).astype(np.float64)
        scores = np.stack(
            [np.where(p.valid[:, None], p.scores, 0)[:frames, chosen] for p in people]
        )
        points, off = triangulate_shifted(cameras, pixels, scores, SHIFT_ROUNDS)
        size = np.ptp(pixels, axis=2).max(axis=-1)[..., None]
        good = np.median(np.linalg.norm(off, axis=-1) / size, axis=0) < LARGEST_OFF
        smooth = low_pass(points, np.ones(frames, bool), people[0].fps, CUTOFF)
        return cls(smooth, good)


def score_views(
    truths: Mapping[str, Truth],
    poses: Mapping[str, Sequence[tuple[_Array, NDArray[np.bool_]]]],
) -> dict[str, dict[str, list[float]]]:
    """Compute P-MPJPE over the 12 limb joints, millimetres, for each view.

    Parameters
    ----------
    truths
        By whose 2D they come from: each favours the one whose idea of joints it shares.
    poses
        By contestant, for each view (frames, 17, 3) H36M-17 and the frames (frames,) that count.

    Returns
    -------
    dict
        ``[contestant][truth]``: one error a view; and the truths against the first of them.
    """
    chosen = H36M17.indices(BODY)
    scores: dict[str, dict[str, list[float]]] = {
        name: {
            title: [_error(joints[:, chosen], truth, valid) for joints, valid in views]
            for title, truth in truths.items()
        }
        for name, views in poses.items()
    }
    first, *others = truths
    for other in others:
        everywhere = np.asarray(truths[other].good.all(axis=1))
        between = _error(truths[other].joints, truths[first], everywhere)
        scores[f"truth of {other}"] = {first: [between], other: [0.0]}
    return scores


def _error(joints: _Array, truth: Truth, valid: NDArray[np.bool_]) -> float:
    frames = min(len(joints), len(truth.joints))
    counts = valid[:frames] & truth.good[:frames].all(axis=1)
    if not counts.any():
        return float("nan")
    return 1000 * p_mpjpe(joints[:frames][counts], truth.joints[:frames][counts])
