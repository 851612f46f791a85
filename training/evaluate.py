"""Errors of a lifter on held-out takes, filmed or seen by virtual cameras."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from glagcn_cli.lifting import SEQUENCE, Lifter
from glagcn_cli.progress import bar_size
from glagcn_cli.skeleton import CONVERSION, JOINT_SETS

from .augment import add_noise
from .cameras import IMAGE_SIZE, CameraRange, draw_cameras
from .data.registry import find_reader
from .data.takes import Take, TakeSet
from .metrics import procrustes
from .random_draws import GeneratorDraws
from .samples import observe
from .scores import TakeScores, score_take

EVALUATION_SEED = 2023
CAMERAS_PER_TAKE = 2
CONSTANT_EVERY = 25  # frames; neighbours are nearly the same pose
CONSTANT_ROUNDS = 10
NOISE = {"exact": 0.0, "detector": 0.03}
"""Upper limit of the 2D noise as a share of the person's size (`training.augment.add_noise`)."""


@dataclass(frozen=True)
class Observation:
    """One take as a camera saw it, real or virtual.

    Parameters
    ----------
    keypoints
        (frames, joints, 2) pixels: what the lifter is given.
    joints
        (frames, joints, 3) metres, camera frame, relative to the root: what is true.
    image_size, fov
        Pixels, and degrees over the picture's longer side.
    subject, action, camera
        Who, what, from where.
    valid
        (frames,) frames that count; None where all do.
    counted
        Joints that PCK and AUC are measured on; None for all.
    """

    keypoints: NDArray[np.float64]
    joints: NDArray[np.float64]
    image_size: tuple[int, int] = IMAGE_SIZE
    fov: float = 60.0
    subject: str = ""
    action: str = ""
    camera: str = ""
    valid: NDArray[np.bool_] | None = None
    counted: tuple[int, ...] | None = None

    @property
    def name(self) -> str:
        """Subject, action and camera in one line."""
        return " ".join(part for part in (self.subject, self.action, self.camera) if part)


Predictor = Callable[[Observation], NDArray[np.float64]]
"""What a method makes of an observation's 2D: (frames, joints, 3) metres, relative to the root."""


def observe_takes(
    takes: TakeSet, noise: str = "exact", conversion: str = CONVERSION, at_most: int = 0
) -> list[Observation]:
    """See every take; free motion through cameras of a fixed seed, so that figures repeat.

    Parameters
    ----------
    takes
        What to look at.
    noise
        "exact" or "detector": added to the 2D of free motion and of films alike.
    conversion
        Which 2D points free motion is seen as (`glagcn_cli.skeleton`).
    at_most
        So many takes, evenly chosen, where above 0.
    """
    chosen = np.arange(len(takes.takes))
    if 0 < at_most < len(chosen):
        chosen = np.linspace(0, len(chosen) - 1, at_most).round().astype(int)
    seen: list[Observation] = []
    for number in chosen.tolist():
        take = takes.takes[number]
        draws = GeneratorDraws(np.random.default_rng([EVALUATION_SEED, number]))
        if takes.filmed:
            seen.append(_as_filmed(take, takes, noise, draws))
        else:
            seen += _through_virtual_cameras(take, noise, conversion, draws)
    return seen


def _as_filmed(take: Take, takes: TakeSet, noise: str, draws: GeneratorDraws) -> Observation:
    assert take.keypoints is not None
    keypoints = take.keypoints.astype(np.float64)
    if NOISE[noise] > 0:
        keypoints = add_noise(draws, draws.tensor(keypoints[None]), NOISE[noise], 0.0)[0].numpy()
    root = take.joints[:, takes.joint_set.root, None]
    return Observation(
        keypoints, (take.joints - root).astype(np.float64), take.image_size, take.fov,
        take.subject, take.action, take.camera, take.valid, find_reader(takes.dataset).pck_joints,
    )  # fmt: skip


def _through_virtual_cameras(
    take: Take, noise: str, conversion: str, draws: GeneratorDraws
) -> list[Observation]:
    motion = draws.tensor(np.repeat(take.joints[None], CAMERAS_PER_TAKE, axis=0))
    cameras = draw_cameras(draws, motion, CameraRange())
    keypoints = observe(cameras, motion, conversion)
    if NOISE[noise] > 0:
        keypoints = add_noise(draws, keypoints, NOISE[noise], 0.0)
    in_camera = cameras.to_camera(motion).numpy()
    return [
        Observation(
            keypoints[i].numpy().astype(np.float64), in_camera[i] - in_camera[i, :, :1],
            IMAGE_SIZE, float(cameras.fov[i]), take.subject, take.action, f"virtual {i + 1}",
        )
        for i in range(CAMERAS_PER_TAKE)
    ]  # fmt: skip


def score(predict: Predictor, seen: Observation) -> TakeScores:
    """Errors of a method on one observation, millimetres and percent."""
    return score_take(
        predict(seen), seen.joints, subject=seen.subject, action=seen.action, camera=seen.camera,
        valid=seen.valid, counted=seen.counted,
    )  # fmt: skip


def score_all(predict: Predictor, observations: Iterable[Observation]) -> list[TakeScores]:
    """Errors of a method on observations, one row each; a bar on a terminal says how far it is."""
    bar = tqdm(
        observations, desc="evaluating", unit=" takes", file=sys.stderr, disable=None, leave=False,
        **bar_size(),
    )  # fmt: skip
    return [score(predict, seen) for seen in bar]


def lifter_predictor(lifter: Lifter, flip: bool = False, branch: str = SEQUENCE) -> Predictor:
    """Predict with a lifter."""

    def predict(seen: Observation) -> NDArray[np.float64]:
        return lifter.lift_steady(
            seen.keypoints, seen.image_size, fov=seen.fov, flip=flip, branch=branch
        )

    return predict


def constant_predictor(train: Sequence[Observation], joint_set: str = "h36m17") -> Predictor:
    """Predict the same pose for every frame: the Procrustes mean of the training poses.

    Alignment turns and scales it for free, so hardly any constant has a lower P-MPJPE: the
    yardstick that a lifter must beat.
    """
    poses = np.concatenate([seen.joints[::CONSTANT_EVERY] for seen in train])
    mean = poses[len(poses) // 2]
    for _ in range(CONSTANT_ROUNDS):
        mean = procrustes(poses, np.broadcast_to(mean, poses.shape)).mean(axis=0)
    mean = mean - mean[JOINT_SETS[joint_set].root]
    return lambda seen: np.repeat(mean[None], len(seen.keypoints), axis=0)
