"""Computes the root's path in the camera frame, from size and place in the picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from ..camera import pixel_rays, ray_rotations, unrolled_rays
from ..poses import PoseSequence
from ..smoothing import low_pass, runs

DEPTH_SMOOTHING = 0.35
"""Seconds (standard deviation): depth from size is noisy, and people do not jump in depth."""

LEAST_DEPTH = 0.3  # metres
LEAST_WEIGHT = 0.05  # of an unsure joint in the fit of the root
LEAST_JOINTS = 3  # from which a depth is found; with fewer, filled-in places count too


def root_path(
    body: PoseSequence,
    image_size: tuple[int, int],
    focal: float,
    cutoff: float,
    unrolled: bool = False,
) -> NDArray[np.float64]:
    """Compute the path of the root, (frames, 3) metres, camera frame.

    Parameters
    ----------
    body
        Poses in the camera frame, relative to the root.
    image_size
        (width, height) in pixels.
    focal
        Focal length in pixels.
    cutoff
        Low-pass filter of the path, hertz; 0 for none.
    unrolled
        The 2D is of a round picture (`camera.unrolled_rays`).
    """
    if unrolled:
        rays = unrolled_rays(body.keypoints[:, 0], image_size, focal)
        distance = smooth_depth(_root_distance(body, rays, image_size, focal), body)
        return low_pass(rays * distance[:, None], body.valid, body.fps, cutoff)
    depth = smooth_depth(root_depth(body, image_size, focal), body)
    path = pixel_rays(body.keypoints[:, 0], image_size, focal) * depth[:, None]
    return low_pass(path, body.valid, body.fps, cutoff)


def _root_distance(
    body: PoseSequence, rays: NDArray[np.float64], image_size: tuple[int, int], focal: float
) -> NDArray[np.float64]:
    """Compute metres (frames,) to the root along its rays, as a camera sees that looks along them.

    In a round picture joints about the root lie as in the picture of that camera.
    """
    turned = np.einsum("fij,fvj->fvi", ray_rotations(rays), body.joints)
    middle = (np.array(image_size, np.float64) - 1) / 2
    local = body.keypoints - body.keypoints[:, :1] + middle
    ahead = replace(body, joints=turned.astype(np.float32), keypoints=local.astype(np.float32))
    return root_depth(ahead, image_size, focal)


def root_depth(
    sequence: PoseSequence, image_size: tuple[int, int], focal: float
) -> NDArray[np.float64]:
    """Compute the depth of the root at which 3D joints project best onto the 2D ones.

    For joint j with 3D offset (X, Y, Z) from the root and image point (u, v) in focal lengths from
    the centre: u (Pz + Z) = Px + X and v (Pz + Z) = Py + Y, linear in the root P, solved by least
    squares weighted with the 2D scores. Joints of score 0 have no place in the picture and are left
    out. In a frame in which hardly any joint has one, those that another frame saw are used, since
    their places were interpolated.

    Returns
    -------
    NDArray
        (frames,) metres.
    """
    image = pixel_rays(sequence.keypoints, image_size, focal)[..., :2]
    offsets = sequence.joints.astype(np.float64)
    given = sequence.scores > 0
    given |= given.any(axis=0) & (given.sum(axis=1, keepdims=True) < LEAST_JOINTS)
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
    """Smooth the logarithm of depth by a Gaussian over every run of valid frames.

    At each frame a line is fitted with Gaussian weights. Unlike a weighted mean, it does not slow
    down a person who walks towards the camera at the clip's ends.
    """
    smooth = depth.copy()
    sigma = DEPTH_SMOOTHING * float(sequence.fps)
    for run in runs(sequence.valid):
        smooth[run] = np.exp(_local_lines(np.log(depth[run]), sigma))
    return smooth


def _local_lines(values: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Fit lines through each frame's neighbours by Gaussian weights; return values (frames,)."""
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
