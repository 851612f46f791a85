"""A detector's errors in pixels, and the scores that go with them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from glagcn_cli.lifting.normalisation import BODY
from glagcn_cli.skeleton import JointSet

from .random_draws import Draws

NOISE = {
    "nose": (0.0016, 0.0064), "eye": (0.0014, 0.0057), "ear": (0.0017, 0.0088),
    "shoulder": (0.0056, 0.0111), "elbow": (0.0066, 0.0113), "wrist": (0.0110, 0.0085),
    "hip": (0.0034, 0.0154), "knee": (0.0046, 0.0107), "ankle": (0.0069, 0.0073),
    "head": (0.0017, 0.0088), "head_top": (0.0017, 0.0088), "neck": (0.0056, 0.0111),
    "thorax": (0.0056, 0.0111), "spine": (0.0056, 0.0111),
    "heel": (0.0055, 0.0055), "big_toe": (0.009, 0.009),
    "index_knuckle": (0.005, 0.005), "little_knuckle": (0.005, 0.005),
}  # fmt: skip
"""(quick, steady) standard deviation of a coordinate at level 1, as a share of the person's size
(longer side of its box). `benchmarks/real_video/detector_noise.py` measured COCO's points of the
shipped detector on calibrated cameras. Points of the face, hidden there, were compared with a
second detector on another clip, which is a lower bound. Joints that COCO lacks are like their
neighbours. Points of feet and palms have these errors besides those of the ankle or wrist that they
hang on: between what `benchmarks/real_video/extremity_noise.py` measured by the median and by the
mean square on 90 frames of a skater (heels 0.0055 and 0.0075 in all, toes 0.0120 and 0.0210,
knuckles 0.0043 and 0.0096), heels a little above."""

KNUCKLES_ALIKE = 0.7
"""Correlation of the errors of a hand's two knuckles; measured in the same way, 0.76 and 0.86."""

_ENDS = {
    "heel": "ankle", "big_toe": "ankle", "index_knuckle": "wrist", "little_knuckle": "wrist",
}  # fmt: skip

CORRELATION_TIME = 0.31
"""Seconds in which the steady part's correlation falls to 1/e; measured in the same way."""

_LEVEL_SPREAD, _LEVELS = 0.5, (0.3, 2.0)  # log-normal about 1, cut off
_TAIL_SHARE, _TAIL = (
    0.03,
    3.5,
)  # share of a frame's points with larger errors, and their factor
_HIDDEN_FACTOR = (2.0, 4.0)  # errors behind the body
_HIDDEN_SCORE = (0.2, 0.7)  # factor
_HIDDEN_MARGIN = 0.04  # share of the person's size: half of the torso's thickness
_HIDDEN_DEPTH = 0.05  # metres behind the middle of the torso
_LIMB_ENDS = (
    "elbow", "wrist", "index_knuckle", "little_knuckle", "knee", "ankle", "heel", "big_toe",
)  # fmt: skip

_SCORES = (0.2, 1.0)
_SURE = (0.8, 1.0)  # score of an exact point
_STEEPNESS = (0.02, 0.15)  # error, as a share of the person's size, that costs 1 - 1/e of the score
_SCORE_JITTER = 0.07


class Detections(NamedTuple):
    """A detector's output for samples.

    Parameters
    ----------
    points
        (samples, frames, joints, 2) pixels.
    scores
        (samples, frames, joints) float32 in 0..1; 0 marks a missing joint.
    size
        (samples,) pixels: size of the person before any corruption.
    """

    points: Tensor
    scores: Tensor
    size: Tensor


def exact_detections(points: Tensor) -> Detections:
    """Return a perfect detector's output: (samples, frames, joints, 2) pixels, scores of 1.

    Points of NaN are missing.
    """
    known = points[..., 0].isfinite()
    return Detections(points.nan_to_num(), known.float(), person_size(points))


def person_size(keypoints: Tensor) -> Tensor:
    """Compute the longer side of the box about (samples, frames, joints, 2), mean over frames.

    Feet and palms do not count.
    """
    keypoints = keypoints[:, :, :BODY]
    box = keypoints.amax(dim=2) - keypoints.amin(dim=2)
    return box.amax(dim=-1).mean(dim=1)


def add_detector_noise(
    draws: Draws,
    seen: Detections,
    hidden: Tensor,
    joint_set: JointSet,
    factor: float,
    exact: float,
    fps: float,
) -> Detections:
    """Add errors joint by joint, and scores that fall with them.

    A coordinate's error has a steady part, an autoregressive process of `CORRELATION_TIME`, and an
    independent part in every frame, which is sometimes much larger.

    Parameters
    ----------
    draws
        Source of randomness.
    seen
        Exact points.
    hidden
        (samples, frames, joints) bool: behind the body, see `hidden_by_torso`.
    joint_set
        Joint set of the points.
    factor
        Factor on `NOISE`. Each sample has its own level, 0.3 to 2 times this.
    exact
        Share of the samples that stay exact.
    fps
        Frames per second.
    """
    samples, frames, joints, _ = seen.points.shape
    level = torch.exp(draws.normal(_LEVEL_SPREAD, (samples,))).clip(*_LEVELS)
    level = factor * level * seen.size * ~draws.chance(exact, (samples,))
    quick, steady = _noise_table(joint_set.joints, seen.points.device)
    white = _alike(draws.normal(1.0, (samples, frames, joints, 2)), joint_set)
    tail = 1 + (_TAIL - 1) * draws.chance(_TAIL_SHARE, (samples, frames, joints))
    tail = tail / math.sqrt(1 + _TAIL_SHARE * (_TAIL**2 - 1))  # the table's spread counts them
    memory = math.exp(-1 / (CORRELATION_TIME * fps))
    drifting = _drift(_alike(draws.normal(1.0, (samples, frames, joints, 2)), joint_set), memory)
    further = draws.uniform(*_HIDDEN_FACTOR, (samples, 1, joints))
    error = (quick * tail)[..., None] * white + steady[:, None] * drifting
    error = error * (level[:, None, None] * torch.where(hidden, further, 1.0))[..., None]
    if joint_set.extends is not None:
        ends = _ends(joint_set.joints, error.device)
        error[:, :, joint_set.added] += error[:, :, ends]
    scores = _scores(draws, torch.linalg.vector_norm(error, dim=-1), seen.size)
    doubt = draws.uniform(*_HIDDEN_SCORE, (samples, 1, joints))
    scores = torch.where(hidden & (level > 0)[:, None, None], scores * doubt, scores)
    points = seen.points + error.to(seen.points.dtype)
    scores = torch.where(seen.scores > 0, scores.to(seen.scores.dtype), 0.0)
    return Detections(points, scores, seen.size)


def _alike(white: Tensor, joint_set: JointSet) -> Tensor:
    """Give white noise (samples, frames, joints, 2) of a hand's knuckles its correlation."""
    for side in ("left", "right"):
        if f"{side}_little_knuckle" in joint_set.joints:
            index, little = (
                joint_set.index(f"{side}_{finger}_knuckle") for finger in ("index", "little")
            )
            own = math.sqrt(1 - KNUCKLES_ALIKE**2) * white[:, :, little]
            white[:, :, little] = KNUCKLES_ALIKE * white[:, :, index] + own
    return white


def _drift(white: Tensor, memory: float) -> Tensor:
    """Turn white noise (samples, frames, ...) into an autoregressive process of variance 1.

    The share `memory` of its value remains from frame to frame; the first frame is like any other.
    Sums over the past are doubled in length until they reach the first frame.
    """
    process = white * math.sqrt(1 - memory**2)
    process[:, 0] = white[:, 0]
    lag = 1
    while lag < white.shape[1]:
        process = torch.cat(
            [process[:, :lag], process[:, lag:] + memory**lag * process[:, :-lag]], dim=1
        )
        lag *= 2
    return process


def _scores(draws: Draws, error: Tensor, size: Tensor) -> Tensor:
    """Compute scores (samples, frames, joints) from errors in pixels, steeper in some samples."""
    samples = len(error)
    low, high = (math.log(end) for end in _STEEPNESS)
    reach = size * torch.exp(draws.uniform(low, high, (samples,)))
    sure = draws.uniform(*_SURE, (samples,))[:, None, None]
    falling = _SCORES[0] + (sure - _SCORES[0]) * torch.exp(-error / reach[:, None, None])
    return (falling + draws.normal(_SCORE_JITTER, tuple(error.shape))).clip(*_SCORES)


def hidden_by_torso(points: Tensor, depth: Tensor, joint_set: JointSet) -> Tensor:
    """Find elbows, wrists, knees and ankles that the torso hides.

    Parameters
    ----------
    points
        (samples, frames, joints, 2) pixels, exact.
    depth
        (samples, frames, joints) metres from the camera.
    joint_set
        Joint set of the points.

    Returns
    -------
    Tensor
        (samples, frames, joints) bool: inside the shoulders-hips quadrilateral, widened a little,
        and farther from the camera than the torso's middle there.
    """
    ends = [joint_set.indices((f"left_{joint}", f"right_{joint}")) for joint in ("shoulder", "hip")]
    top, low = ((points[:, :, left] + points[:, :, right]) / 2 for left, right in ends)
    near, far = ((depth[:, :, left] + depth[:, :, right]) / 2 for left, right in ends)
    axis = low - top
    length = torch.linalg.vector_norm(axis, dim=-1, keepdim=True).clip(1e-6)
    along, across = axis / length, torch.stack([-axis[..., 1], axis[..., 0]], -1) / length
    relative = points - top[:, :, None]
    place = (relative * along[:, :, None]).sum(-1) / length
    aside = (relative * across[:, :, None]).sum(-1).abs()
    widths = [
        ((points[:, :, left] - points[:, :, right]) * across).sum(-1).abs()[..., None] / 2
        for left, right in ends
    ]
    share = place.clip(0, 1)
    margin = _HIDDEN_MARGIN * person_size(points)[:, None, None]
    inside = (place - share).abs() * length <= margin
    inside &= aside <= torch.lerp(widths[0], widths[1], share) + margin
    middle = near[..., None] + share * (far - near)[..., None]
    behind = depth > middle + _HIDDEN_DEPTH
    return inside & behind & _limb_ends(joint_set.joints, points.device)


def kind_of(joint: str) -> str:
    """Return a joint's name without its side."""
    return joint.removeprefix("left_").removeprefix("right_")


# Constants on a device, copied there once, since a copy waits for the GPU.


@lru_cache
def _noise_table(joints: Sequence[str], device: torch.device) -> tuple[Tensor, Tensor]:
    quick, steady = zip(*(NOISE[kind_of(joint)] for joint in joints), strict=True)
    return torch.tensor(quick, device=device), torch.tensor(steady, device=device)


@lru_cache
def _ends(joints: Sequence[str], device: torch.device) -> Tensor:
    """Return the joints that points of feet and palms hang on."""
    hung = [joint for joint in joints if kind_of(joint) in _ENDS]
    sides = {joint: joint[: -len(kind_of(joint))] for joint in hung}
    ends = [list(joints).index(sides[joint] + _ENDS[kind_of(joint)]) for joint in hung]
    return torch.tensor(ends, device=device)


@lru_cache
def _limb_ends(joints: Sequence[str], device: torch.device) -> Tensor:
    return torch.tensor([kind_of(joint) in _LIMB_ENDS for joint in joints], device=device)
