"""Feet and palms that a detector does not mark."""

from __future__ import annotations

import torch

from glagcn_cli.skeleton import JointSet

from .detector_errors import HIDDEN_STRETCH, draw_stretch, within_stretch
from .detector_noise import Detections
from .random_draws import Draws

_ENDS = ("heel", "big_toe"), ("index_knuckle", "little_knuckle")
_ALL_LOST = 0.5  # of the share of samples that lose one foot: they lose feet and palms throughout
_ENDS_THROUGHOUT = 0.5  # share of the lost feet and hands that are never seen in the window


def lose_extremities(
    draws: Draws, seen: Detections, probability: float, joint_set: JointSet
) -> Detections:
    """Lose the points of whole feet and hands, for a stretch of frames or throughout.

    A detector of feet and palms is unsure of all points of a foot or hand together. Some detectors
    mark none of them at all. Parameters as in
    `detector_errors.hide_joints`.
    """
    samples, frames = seen.points.shape[:2]
    lost = torch.zeros_like(seen.scores, dtype=torch.bool)
    for kinds in _ENDS:
        for side in ("left", "right"):
            before, length = draw_stretch(draws, samples, frames, HIDDEN_STRETCH)
            throughout = draws.chance(_ENDS_THROUGHOUT, (samples,))[:, None]
            when = within_stretch(before, length, frames) | throughout
            when = when & draws.chance(probability, (samples,))[:, None]
            for joint in joint_set.indices([f"{side}_{kind}" for kind in kinds]):
                lost[:, :, joint] = when
    nothing = draws.chance(probability * _ALL_LOST, (samples,))[:, None, None]
    lost[:, :, joint_set.added] |= nothing
    return seen._replace(scores=torch.where(lost, 0.0, seen.scores))
