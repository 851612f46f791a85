"""What a classifier reads of every clip: 2D, lifted 3D, the truth, or features of a lifter.

Each clip is seen by `VIEWS` virtual cameras with a detector's measured errors. All inputs are made
from the same 2D. They are brought to `FRAMES` frames, whatever the clip's length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.downstream.tasks import Clips
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.normalisation import PERSON, normalise_windows
from glagcn_cli.lifting.windows import SEQUENCE, lift_windows
from glagcn_cli.model.by_torch import ByTorch
from glagcn_cli.model.gla_gcn import GLAGCN, LifterNetwork, LifterOutput
from glagcn_cli.skeleton import CONVERSION, H36M17
from glagcn_training.evaluation.evaluate import Observation, lifter_predictor, observe_takes
from glagcn_training.evaluation.evaluation_noise import MEASURED
from glagcn_training.evaluation.trivial_predictors import constant_predictor
from glagcn_training.metrics.errors import mpjpe, p_mpjpe

VIEWS = 1
FRAMES = 32

HOPS = 2
"""Windows that begin within the length of one: half as many as for videos, for time."""

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Input:
    """What a classifier reads, of every view of every clip in a row.

    Parameters
    ----------
    motion
        (views, `FRAMES`, numbers) float32.
    errors
        (views, 2) MPJPE and P-MPJPE in millimetres; NaN where there is no 3D.
    """

    motion: NDArray[np.float32]
    errors: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Seen:
    """Clips as the cameras saw them: ``views`` in order of the clips, `VIEWS` of each."""

    clips: Clips
    views: list[Observation]

    def of_views(self, of_clips: NDArray) -> NDArray:
        """Repeat something of every clip for its views."""
        return np.repeat(of_clips, VIEWS, axis=0)


def see(clips: Clips) -> Seen:
    """Let the virtual cameras see the clips."""
    return Seen(clips, observe_takes(clips.takes, MEASURED, CONVERSION, views=VIEWS))


# What is made of one view


def keypoints_input(seen: Observation) -> Floats:
    """Return 2D relative to the person, and scores: (frames, 17, 3), as lifters read them."""
    scores = None if seen.scores is None else seen.scores[None]
    found = normalise_windows(seen.keypoints[None], PERSON, seen.image_size, 0, scores)
    return np.asarray(found[0])


def in_body_axes(joints: Floats) -> Floats:
    """Return joints (frames, 17, 3) of any camera in axes of the body, of one size.

    The axes are those of the clip's mean: up from the ankles to the thorax, and from right to left
    hip and shoulder. Lengths are in units of the clip's root mean square distance from the root.
    """
    mean = joints.mean(axis=0)
    at = {name: mean[H36M17.index(name)] for name in H36M17.joints}
    up = at["thorax"] - (at["left_ankle"] + at["right_ankle"]) / 2
    up = up / np.linalg.norm(up).clip(1e-9)
    left = at["left_hip"] - at["right_hip"] + at["left_shoulder"] - at["right_shoulder"]
    left = left - up * (left @ up)
    left = left / np.linalg.norm(left).clip(1e-9)
    relative = joints - joints[:, :1]
    size = np.sqrt(np.square(relative).sum(axis=-1).mean()).clip(1e-9)
    return np.asarray(relative @ np.stack([left, up, np.cross(left, up)], axis=1) / size)


def to_frames(values: Floats) -> NDArray[np.float32]:
    """Interpolate (frames, ...) to (`FRAMES`, numbers)."""
    flat = np.asarray(values, np.float64).reshape(len(values), -1)
    places = np.linspace(0, len(flat) - 1, FRAMES)
    before = np.minimum(places.astype(int), max(len(flat) - 2, 0))
    after = np.minimum(before + 1, len(flat) - 1)
    share = (places - before)[:, None]
    return ((1 - share) * flat[before] + share * flat[after]).astype(np.float32)


# Inputs of all clips


def of_poses(seen: Seen, poses: Sequence[Floats]) -> Input:
    """Return the joints (frames, 17, 3) of every view in the body's axes, and their errors."""
    motion, errors = [], []
    for one, joints in zip(seen.views, poses, strict=True):
        motion.append(to_frames(in_body_axes(joints)))
        pair = joints - joints[:, :1], one.joints
        errors.append([1000 * mpjpe(*pair), 1000 * p_mpjpe(*pair)])
    return Input(np.stack(motion), np.array(errors))


def of_keypoints(seen: Seen) -> Input:
    """Return the 2D itself."""
    motion = np.stack([to_frames(keypoints_input(one)) for one in seen.views])
    return Input(motion, np.full((len(motion), 2), np.nan))


def of_constant(seen: Seen) -> Input:
    """Return the pose that fits all clips best, for every frame: it tells the length alone."""
    predict = constant_predictor(seen.views)
    return of_poses(seen, [predict(one).joints for one in seen.views])


def lift_all(seen: Seen, lifter: Lifter) -> list[Floats]:
    """Lift every view: (frames, 17, 3) metres, camera frame, relative to the root."""
    quick = Lifter(lifter.network, lifter.card, hops=HOPS)
    lift = lifter_predictor(quick, branch=SEQUENCE)
    return [lift(one).joints for one in seen.views]


def nearer(seen: Seen, poses: Sequence[Floats], share: float) -> list[Floats]:
    """Return poses with this share of their error; 0 is the truth."""
    return [
        one.joints + share * (joints - one.joints)
        for one, joints in zip(seen.views, poses, strict=True)
    ]


class PooledFeatures(LifterNetwork):
    """A lifter's global module: mean and largest feature over the joints, of every frame."""

    has_sequence, has_centre = True, False

    def __init__(self, network: GLAGCN) -> None:
        super().__init__()
        self.network = network
        self.joint_set = network.joint_set

    def sequence(self, keypoints: Tensor) -> LifterOutput:
        """Return (N, T, 1, 2 C) of windows (N, T, V, C) in the place of joints."""
        found = self.network.global_features(keypoints)
        pooled = torch.cat([found.mean(dim=2), found.amax(dim=2)], dim=1)
        return LifterOutput(sequence=pooled.transpose(1, 2)[:, :, None])


def of_features(seen: Seen, lifter: Lifter) -> Input:
    """Return the frozen features of a lifter's global module."""
    assert isinstance(lifter.network, GLAGCN)
    pooled = ByTorch(PooledFeatures(lifter.network))
    motion = []
    for one in seen.views:
        found = lift_windows(
            pooled,
            lifter.card,
            one.keypoints,
            one.scores,
            one.image_size,
            whole=True,
            flip=False,
            hops=HOPS,
        )
        motion.append(to_frames(found.joints))
    return Input(np.stack(motion), np.full((len(motion), 2), np.nan))
