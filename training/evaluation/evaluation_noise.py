"""Adds a detector's errors to exact 2D for evaluations.

"measured" follows training's noise, which improves with measurements of detectors. "detector" never
changes, draw for draw: as the noise of the first published lifters it keeps figures comparable.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from glagcn_cli.lifting.gaps import Filled, fill_gaps, place_missing_root
from glagcn_cli.lifting.lifter import MAX_GAP, MIN_SCORE
from glagcn_cli.lifting.normalisation import BODY
from glagcn_cli.skeleton import COCO17, H36M17, H36M25, JointSet, lifter_points

from ..samples.detector_errors import lifter_scores
from ..samples.detector_noise import add_detector_noise, exact_detections, hidden_by_torso
from ..samples.random_draws import Draws

EXACT, DETECTOR, MEASURED = "exact", "detector", "measured"

NOISE = (EXACT, DETECTOR, MEASURED)
"""2D as it is; Gaussian errors of up to `LARGEST_NOISE`; errors and scores of a detector joint by
joint, correlated in time (`training.samples.detector_noise` at level 1), gaps filled as in
videos."""

LARGEST_NOISE = 0.03
"""Upper limit of a take's standard deviation in `DETECTOR`, as a share of the person's size."""


def gaussian_noise(draws: Draws, keypoints: Tensor) -> Tensor:
    """Add Gaussian errors, half drifting over the take, half independent in every frame.

    Parameters
    ----------
    draws
        Source of randomness. The draws and their order are part of the condition.
    keypoints
        (takes, frames, joints, 2) pixels. Every take gets its own level, uniform from 0 to
        `LARGEST_NOISE` of the person's size: the longer side of the box about the joints, mean over
        frames.
    """
    takes, frames, joints, _ = keypoints.shape
    box = keypoints[:, :, :BODY].amax(dim=2) - keypoints[:, :, :BODY].amin(dim=2)
    level = draws.uniform(0.0, LARGEST_NOISE, (takes,)) * box.amax(dim=-1).mean(dim=1)
    draws.chance(0.0, (takes,))  # once chose takes that stay exact; the numbers after it must stay
    steady = draws.normal(1.0, (takes, 1, joints, 2))
    quick = draws.normal(1.0, (takes, frames, joints, 2))
    drift = torch.linspace(0, 1, frames, dtype=quick.dtype, device=quick.device)[:, None, None]
    slow = steady * (1 - drift) + draws.normal(1.0, (takes, 1, joints, 2)) * drift
    return keypoints + level[:, None, None, None] * (slow + quick) * math.sqrt(0.5)


def measured_noise(
    draws: Draws, points: Tensor, depth: Tensor, joint_set: JointSet, fps: int
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return the lifter's input where a detector marks these points with its measured errors.

    Parameters
    ----------
    draws
        Source of randomness.
    points
        (takes, frames, joints, 2) pixels, exact.
    depth
        (takes, frames, joints) metres from the camera: points behind the body have larger errors.
    joint_set
        Joint set of the points. COCO's are converted to the lifter's.
    fps
        Frames per second.

    Returns
    -------
    list
        Keypoints (frames, joints, 2) in pixels and scores (frames, joints) in 0..1 of every take.
    """
    hidden = hidden_by_torso(points, depth, joint_set)
    exact = exact_detections(points)
    seen = add_detector_noise(draws, exact, hidden, joint_set, 1.0, 0.0, float(fps))
    keypoints, scores = seen.points, seen.scores
    if joint_set.body is COCO17:
        wanted = H36M17 if joint_set is COCO17 else H36M25
        keypoints, scores = lifter_points(keypoints, joint_set, wanted), lifter_scores(scores)
        joint_set = wanted
    takes = []
    for one, its in zip(keypoints.double().numpy(), scores.double().numpy(), strict=True):
        found = np.ones(len(one), dtype=bool)
        filled = fill_as_in_videos(one, its, found, fps, joint_set)
        takes.append((filled.keypoints, filled.scores))
    return takes


def fill_as_in_videos(
    keypoints: NDArray[np.floating],
    scores: NDArray[np.floating],
    found: NDArray[np.bool_],
    fps: int,
    joint_set: JointSet = H36M17,
) -> Filled:
    """Fill gaps in (frames, joints, 2) pixels as inference does before lifting.

    `scores` (frames, joints) in 0..1; `found` (frames,) marks frames with a person.
    """
    filled = fill_gaps(keypoints, scores, found, MAX_GAP * fps, MIN_SCORE)
    return place_missing_root(filled) if joint_set.body is H36M17 else filled
