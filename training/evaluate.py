"""Errors of a lifter on held-out motion seen by virtual cameras, through the product's lifting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.lifting import Lifter

from .augment import add_noise
from .cameras import IMAGE_SIZE, CameraRange, draw_cameras
from .data.packs import MotionClip
from .metrics import mpjpe, mpjve, n_mpjpe, p_mpjpe, procrustes
from .samples import observe

EVALUATION_SEED = 2023
CAMERAS_PER_CLIP = 2
CONSTANT_EVERY = 25  # frames; neighbours are nearly the same pose
CONSTANT_ROUNDS = 10
NOISE = {"exact": 0.0, "detector": 0.03}
"""Upper limit of the 2D noise as a share of the person's size (`training.augment.add_noise`)."""

Predictor = Callable[[NDArray[np.float64], float], NDArray[np.float64]]
"""Keypoints (frames, 17, 2) in pixels and the field of view in degrees, to (frames, 17, 3)."""


@dataclass(frozen=True)
class Observation:
    """One clip seen by one virtual camera.

    Parameters
    ----------
    keypoints
        (frames, 17, 2) pixels: what the lifter is given.
    joints
        (frames, 17, 3) metres, camera frame, relative to the root: what is true.
    fov
        Field of view over the picture's longer side, degrees.
    """

    keypoints: NDArray[np.float64]
    joints: NDArray[np.float64]
    fov: float


def observe_clips(clips: list[MotionClip], noise: str) -> list[Observation]:
    """See every clip through cameras drawn from a fixed seed, so that figures can be had again."""
    observations = []
    for number, clip in enumerate(clips):
        rng = np.random.default_rng([EVALUATION_SEED, number])
        motion = np.repeat(clip.joints[None], CAMERAS_PER_CLIP, axis=0)
        cameras = draw_cameras(rng, motion, CameraRange())
        keypoints = observe(cameras, motion).astype(np.float64)
        if NOISE[noise] > 0:
            keypoints = add_noise(rng, keypoints, NOISE[noise], exact=0.0)
        in_camera = cameras.to_camera(motion)
        relative = in_camera - in_camera[:, :, :1]
        fovs = np.degrees(2 * np.arctan(max(IMAGE_SIZE) / 2 / cameras.focal))
        observations += [
            Observation(k, j, float(fov))
            for k, j, fov in zip(keypoints, relative, fovs, strict=True)
        ]
    return observations


def evaluate(predict: Predictor, observations: list[Observation]) -> dict[str, float]:
    """Errors in millimetres, mean over all frames of all observations.

    Returns
    -------
    dict
        ``mpjpe``, ``p_mpjpe``, ``n_mpjpe``, ``mpjve`` (per frame at 50 frames/s) and ``frames``.
    """
    names = {"mpjpe": mpjpe, "p_mpjpe": p_mpjpe, "n_mpjpe": n_mpjpe, "mpjve": mpjve}
    sums = dict.fromkeys(names, 0.0)
    frames = 0
    for seen in observations:
        predicted = predict(seen.keypoints, seen.fov)
        for name, error in names.items():
            sums[name] += 1000 * error(predicted, seen.joints) * len(seen.joints)
        frames += len(seen.joints)
    return {name: total / frames for name, total in sums.items()} | {"frames": float(frames)}


def lifter_predictor(lifter: Lifter, flip: bool = False) -> Predictor:
    """Predict with a lifter."""

    def predict(keypoints: NDArray[np.float64], fov: float) -> NDArray[np.float64]:
        return lifter.lift_steady(keypoints, IMAGE_SIZE, fov=fov, flip=flip)

    return predict


def constant_predictor(train: list[Observation]) -> Predictor:
    """Predict the same pose for every frame: the Procrustes mean of the training poses.

    It is the constant that P-MPJPE likes best (its alignment turns and scales it for free), so it
    is the yardstick that a lifter must beat.
    """
    poses = np.concatenate([seen.joints[::CONSTANT_EVERY] for seen in train])
    mean = poses[len(poses) // 2]
    for _ in range(CONSTANT_ROUNDS):
        mean = procrustes(poses, np.broadcast_to(mean, poses.shape)).mean(axis=0)
    mean = mean - mean[:1]
    return lambda keypoints, fov: np.repeat(mean[None], len(keypoints), axis=0)
