"""From camera-relative joints to a scene: which way is up, where the floor is, where people go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d, gaussian_filter1d, percentile_filter

from .bones import steady_bones
from .gravity import scene_up, upright
from .normalisation import focal_length, pixel_rays
from .poses import PoseSequence
from .skeleton import H36M17
from .smoothing import DEFAULT_CUTOFF, low_pass, runs, smooth_joints

ANKLE_HEIGHT = 0.08
"""Metres between the floor and the ankle of a standing foot."""

DEPTH_SMOOTHING = 0.35
"""Seconds (standard deviation): depth from size is noisy, and people do not jump in depth."""

FLOOR_WINDOW = 1.5
"""Seconds in which a foot is taken to touch the floor: longer than a jump or a stride."""

ON_THE_FLOOR = 20
"""Percent of the frames of `FLOOR_WINDOW` in which a foot is on the floor at least: the lowest
ankle of all would be the one with the largest error, and the person would hover."""

STEEPEST = 0.05  # sine of the angle to the vertical below which a camera looks up or down
LEAST_DEPTH = 0.3  # metres
LEAST_WEIGHT = 0.05  # of a joint in the fit of the root, however unsure its 2D
LEAST_JOINTS = 3  # from which a depth is found; with fewer, the places that were filled in count too

_ANKLES = H36M17.indices(["left_ankle", "right_ankle"])


def to_scene(
    sequences: Sequence[PoseSequence],
    image_size: tuple[int, int],
    *,
    fov: float,
    cutoff: float = DEFAULT_CUTOFF,
) -> list[PoseSequence]:
    """Place camera-frame poses in one scene.

    Parameters
    ----------
    sequences
        Camera frame, relative to the root; all people of a clip.
    image_size
        (width, height) of the video in pixels.
    fov
        Field of view over the picture's longer side, degrees.
    cutoff
        Low-pass filter of the joints' paths, hertz; 0 for none.

    Returns
    -------
    list of PoseSequence
        Scene frame: y up, floor at y = 0, z towards the camera, the people's middle near x = z = 0.
        Every bone of a person has one length, left and right alike. Uncertainties go through
        unchanged: poses are turned and moved, not scaled.
    """
    if not any(sequence.valid.any() for sequence in sequences):
        return [replace(sequence, frame="scene", up=None) for sequence in sequences]
    steady = [as_one_body(sequence, cutoff) for sequence in sequences]
    up = scene_up(steady)
    axes = scene_axes(up)
    focal = focal_length(image_size, fov)
    placed = []
    for body in steady:
        depth = smooth_depth(root_depth(body, image_size, focal), body)
        root = pixel_rays(body.keypoints[:, 0], image_size, focal) * depth[:, None]
        root = low_pass(root, body.valid, body.fps, cutoff)
        joints = body.joints @ upright(body, up).T + root[:, None]
        placed.append(on_floor(joints @ axes.T, body))
    origin = _middle(placed, sequences)
    return [
        replace(sequence, joints=(joints - origin).astype(np.float32), frame="scene", up=None)
        for sequence, joints in zip(sequences, placed, strict=True)
    ]


def as_one_body(sequence: PoseSequence, cutoff: float) -> PoseSequence:
    """Smooth the joints about the root over time, and give every bone one length."""
    if not sequence.valid.any():
        return sequence
    unsure = sequence.uncertainty
    joints = smooth_joints(sequence.joints, sequence.valid, sequence.fps, cutoff, unsure)
    steady = steady_bones(joints, sequence.valid, unsure)
    return replace(sequence, joints=steady.astype(np.float32))


def scene_axes(up: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotation (3, 3) from the camera frame to scene axes: x right, y up, z towards the camera."""
    z = _level(np.array([0.0, 0.0, -1.0]), up)
    if np.linalg.norm(z) < STEEPEST:
        # A camera that looks straight down has what is near it at the picture's lower edge, one
        # that looks straight up at the upper.
        z = _level(np.array([0.0, -np.sign(up[2]), 0.0]), up)
    z /= np.linalg.norm(z)
    return np.stack([np.cross(up, z), up, z])


def _level(direction: NDArray[np.float64], up: NDArray[np.float64]) -> NDArray[np.float64]:
    return direction - (direction @ up) * up


def root_depth(
    sequence: PoseSequence, image_size: tuple[int, int], focal: float
) -> NDArray[np.float64]:
    """Depth of the root at which the 3D joints project onto the 2D ones best.

    For joint j with 3D offset (X, Y, Z) from the root and image point (u, v) in focal lengths from
    the centre: u (Pz + Z) = Px + X and v (Pz + Z) = Py + Y, linear in the root P, solved by least
    squares weighted with the 2D scores. Joints of score 0 have no place in the picture and do not
    count, unless hardly any joint has one.

    Returns
    -------
    NDArray
        (frames,) metres.
    """
    image = pixel_rays(sequence.keypoints, image_size, focal)[..., :2]
    offsets = sequence.joints.astype(np.float64)
    given = sequence.scores > 0
    given |= given.sum(axis=1, keepdims=True) < LEAST_JOINTS
    weight = (given * np.maximum(sequence.scores.astype(np.float64), LEAST_WEIGHT))[..., None]
    residual = image * offsets[..., 2:] - offsets[..., :2]
    total = weight.sum(axis=1)
    # Px and Py are eliminated: with means taken out only Pz is left to solve for.
    image = image - (weight * image).sum(axis=1, keepdims=True) / total[:, None]
    residual = residual - (weight * residual).sum(axis=1, keepdims=True) / total[:, None]
    spread = np.maximum((weight * image**2).sum(axis=(1, 2)), 1e-12)
    return np.maximum(-(weight * image * residual).sum(axis=(1, 2)) / spread, LEAST_DEPTH)


def smooth_depth(depth: NDArray[np.float64], sequence: PoseSequence) -> NDArray[np.float64]:
    """Gaussian smoothing of the logarithm of depth over every run of valid frames.

    At each frame a line is fitted with Gaussian weights: unlike a weighted mean it does not slow a
    person down who walks towards the camera when the clip begins or ends.
    """
    smooth = depth.copy()
    sigma = DEPTH_SMOOTHING * float(sequence.fps)
    for run in runs(sequence.valid):
        smooth[run] = np.exp(_local_lines(np.log(depth[run]), sigma))
    return smooth


def _local_lines(values: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Value at each frame of the line through its neighbours, by Gaussian weights: (frames,)."""
    if len(values) == 1:
        return values
    reach = int(np.ceil(4 * sigma))
    step = np.arange(-reach, reach + 1.0)
    kernel = np.exp(-np.square(step / sigma) / 2)
    weight, first, second = (
        correlate1d(np.ones_like(values), kernel * step**power, mode="constant")
        for power in range(3)
    )
    level = correlate1d(values, kernel, mode="constant")
    slope = correlate1d(values, kernel * step, mode="constant")
    return (second * level - first * slope) / (second * weight - first**2)


def on_floor(joints: NDArray[np.float64], sequence: PoseSequence) -> NDArray[np.float64]:
    """Shift poses vertically so that the lowest ankle of every stretch of time stands on y = 0.

    The height that depth and tilt leave behind drifts as a person walks; the feet do not. The floor
    follows the lowest ankle over `FLOOR_WINDOW`, so a jump stays a jump; or the lowest of all
    joints, where hands or head carry the body.
    """
    placed = joints.copy()
    window = max(1, round(FLOOR_WINDOW * float(sequence.fps)))
    for run in runs(sequence.valid):
        heights = joints[run][..., 1]
        lowest = np.minimum(heights[:, _ANKLES].min(axis=1), heights.min(axis=1) + ANKLE_HEIGHT)
        # Padded here: some versions of scipy err where the window is longer than the values.
        padded = np.pad(lowest, window, mode="edge")
        floor = percentile_filter(padded, ON_THE_FLOOR, window)[window:-window]
        floor = gaussian_filter1d(floor, window / 4, mode="nearest")
        placed[run, :, 1] += (ANKLE_HEIGHT - floor)[:, None]
    return placed


def _middle(
    placed: Sequence[NDArray[np.float64]], sequences: Sequence[PoseSequence]
) -> NDArray[np.float64]:
    """Median place of all people on the floor: (3,) metres with y = 0."""
    roots = np.concatenate(
        [joints[s.valid, 0] for joints, s in zip(placed, sequences, strict=True)]
    )
    middle = np.median(roots, axis=0)
    middle[1] = 0.0
    return middle
