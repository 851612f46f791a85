"""From pixels to the numbers a lifter reads, and from its output back to the camera frame.

Training and inference both call these functions: a difference between the two would be a bug that
no test of either side sees. A checkpoint names the normalisation it was trained with.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PERSON = "person"
"""Relative to the person: joints about the root in units of the person's size in the window; the
root's slot holds its path. Output axes follow the ray to the root (`ray_rotations`), so neither the
place in the picture nor the camera's field of view changes what the network sees."""

IMAGE = "image"
"""Relative to the picture: x in -1..1 over the width, y by the same scale, as the field trains on
Human3.6M. Output axes are the camera's."""

NORMALISATIONS = (PERSON, IMAGE)

DEFAULT_FOV = 60.0
"""Degrees over the picture's longer side, where the camera's is not known; phones film at 55-75."""


def normalise_windows(
    keypoints: NDArray[np.floating], normalisation: str, image_size: tuple[int, int]
) -> NDArray[np.float32]:
    """Bring windows of 2D joints into the form a lifter was trained on.

    Parameters
    ----------
    keypoints
        (windows, frames, joints, 2) pixels; joint 0 is the root.
    normalisation
        `PERSON` or `IMAGE`.
    image_size
        (width, height) in pixels; only `IMAGE` looks at it.

    Returns
    -------
    NDArray
        (windows, frames, joints, 2), without unit.
    """
    if normalisation == IMAGE:
        width, height = image_size
        return (keypoints / width * 2 - np.array([1.0, height / width])).astype(np.float32)
    if normalisation != PERSON:
        raise ValueError(f"normalisation is {normalisation!r}, expected one of {NORMALISATIONS}")
    root = keypoints[:, :, :1]
    relative = keypoints - root
    squares = np.square(relative[:, :, 1:]).sum(axis=-1)
    size = np.sqrt(squares.mean(axis=(1, 2)))[:, None, None, None]
    relative[:, :, :1] = root - root.mean(axis=1, keepdims=True)
    # A person of less than a pixel (every joint in one place) must not become infinite.
    return (relative / np.maximum(size, 1.0)).astype(np.float32)


def ray_rotations(directions: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rotations that turn the camera's axes so that z points along a ray, without roll.

    Parameters
    ----------
    directions
        (..., 3) camera frame (x right, y down, z forward), any length above 0, z > 0.

    Returns
    -------
    NDArray
        (..., 3, 3); a column vector in the camera frame, multiplied from the left, comes out in
        the ray's frame. The transpose goes back.
    """
    d = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
    x, y, z = d[..., 0], d[..., 1], d[..., 2]
    flat = np.hypot(x, z)  # length of the ray in the camera's horizontal plane
    zero = np.zeros_like(x)
    right = np.stack([z / flat, zero, -x / flat], axis=-1)
    down = np.stack([-x * y / flat, flat, -y * z / flat], axis=-1)
    return np.stack([right, down, d], axis=-2)


def pixel_rays(
    pixels: NDArray[np.floating], image_size: tuple[int, int], focal: float
) -> NDArray[np.float64]:
    """Directions of the rays through pixels, for a camera whose centre is the picture's.

    Parameters
    ----------
    pixels
        (..., 2) pixels.
    image_size
        (width, height) in pixels.
    focal
        Focal length in pixels.

    Returns
    -------
    NDArray
        (..., 3) camera frame, z = 1.
    """
    centre = (np.array(image_size, dtype=np.float64) - 1) / 2
    xy = (pixels - centre) / focal
    return np.concatenate([xy, np.ones_like(xy[..., :1])], axis=-1)


def focal_length(image_size: tuple[int, int], fov_degrees: float) -> float:
    """Focal length in pixels from the field of view over the picture's longer side."""
    return max(image_size) / 2 / np.tan(np.radians(fov_degrees) / 2)
