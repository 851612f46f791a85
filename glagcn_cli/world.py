"""From camera-relative joints to a scene: which way is up, where the floor is, where people go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, minimum_filter1d

from .normalisation import focal_length, pixel_rays
from .poses import PoseSequence
from .skeleton import H36M17
from .smoothing import DEFAULT_CUTOFF, low_pass, runs

CAMERA_UP = np.array([0.0, -1.0, 0.0])

STANDING = 0.9
"""Distance from ankles to thorax, as a share of the bones between, above which a body stands."""

LARGEST_TILT = 60.0  # degrees between the camera's up and the scene's
ANKLE_HEIGHT = 0.08
"""Metres between the floor and the ankle of a standing foot."""

DEPTH_SMOOTHING = 0.35
"""Seconds (standard deviation): depth from size is noisy, and people do not jump in depth."""

FLOOR_WINDOW = 1.5
"""Seconds in which a foot is taken to touch the floor once: longer than a jump or a stride."""

LEAST_DEPTH = 0.3  # metres
LEAST_WEIGHT = 0.05  # of a joint in the fit of the root, however unsure its 2D

_ANKLES = H36M17.indices(["left_ankle", "right_ankle"])
_THORAX = H36M17.index("thorax")
_LEG = [("hip", "left_hip"), ("left_hip", "left_knee"), ("left_knee", "left_ankle")]
_TRUNK = [("hip", "spine"), ("spine", "thorax")]


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
    """
    if not any(sequence.valid.any() for sequence in sequences):
        return [replace(sequence, frame="scene") for sequence in sequences]
    axes = scene_axes(estimate_up(sequences))
    focal = focal_length(image_size, fov)
    placed = []
    for sequence in sequences:
        depth = smooth_depth(root_depth(sequence, image_size, focal), sequence)
        root = pixel_rays(sequence.keypoints[:, 0], image_size, focal) * depth[:, None]
        joints = (sequence.joints + root[:, None]) @ axes.T
        joints = low_pass(joints, sequence.valid, sequence.fps, cutoff)
        placed.append(on_floor(joints, sequence))
    origin = _middle(placed, sequences)
    return [
        replace(sequence, joints=(joints - origin).astype(np.float32), frame="scene")
        for sequence, joints in zip(sequences, placed, strict=True)
    ]


def estimate_up(sequences: Sequence[PoseSequence]) -> NDArray[np.float64]:
    """Direction away from the floor, from the bodies that stand upright.

    Returns
    -------
    NDArray
        (3,) unit vector, camera frame. The camera's own up when nobody stands, or when the answer
        would be further from it than a held camera is.
    """
    directions = np.concatenate([_standing_directions(sequence) for sequence in sequences])
    if not len(directions):
        return CAMERA_UP
    # The median of each coordinate, for people bend more often than cameras tilt.
    up = np.median(directions, axis=0)
    up /= np.linalg.norm(up)
    if np.degrees(np.arccos(np.clip(up @ CAMERA_UP, -1, 1))) > LARGEST_TILT:
        return CAMERA_UP
    return up


def _standing_directions(sequence: PoseSequence) -> NDArray[np.float64]:
    """Directions from the ankles to the thorax in frames where the body is stretched, (n, 3)."""
    joints = sequence.joints[sequence.valid].astype(np.float64)
    body = joints[:, _THORAX] - joints[:, _ANKLES].mean(axis=1)
    length = np.linalg.norm(body, axis=1)
    bones = sum(
        np.linalg.norm(joints[:, H36M17.index(a)] - joints[:, H36M17.index(b)], axis=1)
        for a, b in _LEG[1:] + _TRUNK
    )
    standing = length >= STANDING * bones
    return body[standing] / length[standing, None]


def scene_axes(up: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotation (3, 3) from the camera frame to scene axes: x right, y up, z towards the camera."""
    backward = np.array([0.0, 0.0, -1.0])
    z = backward - (backward @ up) * up
    z /= np.linalg.norm(z)
    return np.stack([np.cross(up, z), up, z])


def root_depth(
    sequence: PoseSequence, image_size: tuple[int, int], focal: float
) -> NDArray[np.float64]:
    """Depth of the root at which the 3D joints project onto the 2D ones best.

    For joint j with 3D offset (X, Y, Z) from the root and image point (u, v) in focal lengths from
    the centre: u (Pz + Z) = Px + X and v (Pz + Z) = Py + Y, linear in the root P, solved by least
    squares weighted with the 2D scores.

    Returns
    -------
    NDArray
        (frames,) metres.
    """
    image = pixel_rays(sequence.keypoints, image_size, focal)[..., :2]
    offsets = sequence.joints.astype(np.float64)
    weight = np.maximum(sequence.scores.astype(np.float64), LEAST_WEIGHT)[..., None]
    residual = image * offsets[..., 2:] - offsets[..., :2]
    total = weight.sum(axis=1)
    # Px and Py are eliminated: with means taken out only Pz is left to solve for.
    image = image - (weight * image).sum(axis=1, keepdims=True) / total[:, None]
    residual = residual - (weight * residual).sum(axis=1, keepdims=True) / total[:, None]
    spread = np.maximum((weight * image**2).sum(axis=(1, 2)), 1e-12)
    return np.maximum(-(weight * image * residual).sum(axis=(1, 2)) / spread, LEAST_DEPTH)


def smooth_depth(depth: NDArray[np.float64], sequence: PoseSequence) -> NDArray[np.float64]:
    """Gaussian smoothing of the logarithm of depth over every run of valid frames."""
    smooth = depth.copy()
    sigma = DEPTH_SMOOTHING * float(sequence.fps)
    for run in runs(sequence.valid):
        smooth[run] = np.exp(gaussian_filter1d(np.log(depth[run]), sigma, mode="nearest"))
    return smooth


def on_floor(joints: NDArray[np.float64], sequence: PoseSequence) -> NDArray[np.float64]:
    """Shift poses vertically so that the lowest ankle of every stretch of time stands on y = 0.

    The height that depth and tilt leave behind drifts as a person walks; the feet do not. The floor
    follows the lowest ankle over `FLOOR_WINDOW`, so a jump stays a jump.
    """
    placed = joints.copy()
    window = max(1, round(FLOOR_WINDOW * float(sequence.fps)))
    for run in runs(sequence.valid):
        lowest = joints[run][:, _ANKLES, 1].min(axis=1)
        floor = minimum_filter1d(lowest, window, mode="nearest")
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
