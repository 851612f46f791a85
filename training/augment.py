"""What is done to motion and to 2D so that training looks like what a detector gives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.skeleton import COCO17, H36M17

_EAR_HALF_WIDTH = 0.075  # metres
_FACE_FORWARD = {"nose": 0.11, "eye": 0.09}  # metres in front of the ears
_EYE_HALF_WIDTH = 0.032
_EYE_UP = 0.03

_LIMB_SCALE = 0.1  # standard deviation of a bone's length, as a share
_BODY_SCALE = 0.1
_HIP_WIDENING = (1.0, 1.7)  # detectors put hips on the body's outline: half-width 0.09 to 0.15 m


def mirror_motion(motion: NDArray[np.floating], chosen: NDArray[np.bool_]) -> NDArray[np.floating]:
    """Mirror chosen samples of (samples, frames, 17, 3): x negated, left and right swapped."""
    mirrored = motion[:, :, list(H36M17.mirror)] * np.array([-1.0, 1.0, 1.0], dtype=motion.dtype)
    return np.where(chosen[:, None, None, None], mirrored, motion)


def reshape_bodies(rng: np.random.Generator, motion: NDArray[np.floating]) -> NDArray[np.floating]:
    """Give every sample of (samples, frames, 17, 3) another body, left and right alike.

    Bones are scaled along the tree from the root; the root is lifted with the legs so that the
    feet stay near the floor.
    """
    samples = len(motion)
    lengths: dict[str, NDArray] = {}
    scale = np.ones((samples, len(H36M17)))
    for joint in H36M17.joints:
        bone = joint.removeprefix("left_").removeprefix("right_")
        lengths.setdefault(bone, rng.normal(1.0, _LIMB_SCALE, samples))
        scale[:, H36M17.index(joint)] = lengths[bone]
    widening = rng.uniform(*_HIP_WIDENING, samples)
    for hip in ("left_hip", "right_hip"):
        scale[:, H36M17.index(hip)] = widening
    body = rng.normal(1.0, _BODY_SCALE, samples)
    scale = np.clip(scale * body[:, None], 0.6, 2.0)
    shaped = motion.copy()
    legs = (scale[:, H36M17.index("left_knee")] + scale[:, H36M17.index("left_ankle")]) / 2
    shaped[:, :, 0, 2] *= legs[:, None]
    for parent, child in H36M17.bone_indices:  # from the root outwards
        bone_vector = motion[:, :, child] - motion[:, :, parent]
        shaped[:, :, child] = shaped[:, :, parent] + bone_vector * scale[:, child, None, None]
    return shaped


def detector_points(joints: NDArray[np.floating]) -> NDArray[np.floating]:
    """COCO-17 points of H36M-17 motion, as a detector defines them.

    Parameters
    ----------
    joints
        (..., 17, 3) metres, H36M-17. Its head joint lies at the height of the ears.

    Returns
    -------
    NDArray
        (..., 17, 3) metres: limbs as they are; ears to both sides of the head joint, eyes and nose
        in front of it, the face looking at right angles to the shoulders and to the neck.
    """
    at = {joint: joints[..., i, :] for i, joint in enumerate(H36M17.joints)}
    across = at["left_shoulder"] - at["right_shoulder"]
    across = across / np.linalg.norm(across, axis=-1, keepdims=True)
    up = at["head"] - at["neck"]
    forward = np.cross(across, up)
    forward = forward / np.maximum(np.linalg.norm(forward, axis=-1, keepdims=True), 1e-6)
    up = np.cross(forward, across)
    at["nose"] = at["head"] + _FACE_FORWARD["nose"] * forward
    for side, sign in (("left", 1.0), ("right", -1.0)):
        at[f"{side}_ear"] = at["head"] + sign * _EAR_HALF_WIDTH * across
        eye = _FACE_FORWARD["eye"] * forward + _EYE_UP * up
        at[f"{side}_eye"] = at["head"] + sign * _EYE_HALF_WIDTH * across + eye
    return np.stack([at[joint] for joint in COCO17.joints], axis=-2)


def add_noise(
    rng: np.random.Generator, keypoints: NDArray[np.floating], largest: float, exact: float
) -> NDArray[np.floating]:
    """Errors of a detector: Gaussian, half of it steady over time, half new in every frame.

    Parameters
    ----------
    rng
        Source of randomness.
    keypoints
        (samples, frames, joints, 2) pixels.
    largest
        Upper limit of a sample's standard deviation, as a share of the person's size.
    exact
        Share of the samples that stay exact.
    """
    samples, frames, joints, _ = keypoints.shape
    size = (keypoints.max(axis=2) - keypoints.min(axis=2)).max(axis=-1).mean(axis=1)
    level = rng.uniform(0, largest, samples) * size * (rng.random(samples) >= exact)
    steady = rng.normal(0, 1, (samples, 1, joints, 2))
    quick = rng.normal(0, 1, keypoints.shape)
    drift = np.linspace(0, 1, frames)[None, :, None, None]
    slow = steady * (1 - drift) + rng.normal(0, 1, (samples, 1, joints, 2)) * drift
    return keypoints + level[:, None, None, None] * (slow + quick) * np.sqrt(0.5)
