"""From pixels to the numbers a lifter reads, and from its output back to the camera frame.

Training and inference both call these functions: a difference between the two would be a bug that
no test of either side sees. A checkpoint names the normalisation it was trained with.

Inference gives numpy arrays, training gives torch tensors on its device; the lines are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

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


FILLED_SCORE = 0.05
"""Score of a joint that was not seen and whose place was filled in from what was."""


@overload
def normalise_windows(
    keypoints: NDArray[np.floating],
    normalisation: str,
    image_size: tuple[int, int] | NDArray[np.number],
    root: int = 0,
    scores: NDArray[np.floating] | None = None,
) -> NDArray[np.float32]: ...
@overload
def normalise_windows(
    keypoints: Tensor,
    normalisation: str,
    image_size: Tensor,
    root: int = 0,
    scores: Tensor | None = None,
) -> Tensor: ...
def normalise_windows(
    keypoints: Any, normalisation: str, image_size: Any, root: int = 0, scores: Any = None
) -> NDArray[np.float32] | Tensor:
    """Bring windows of 2D joints into the form a lifter was trained on.

    Parameters
    ----------
    keypoints
        (windows, frames, joints, 2) pixels.
    normalisation
        `PERSON` or `IMAGE`.
    image_size
        (width, height) in pixels, or (windows, 2) of them, on the keypoints' device; only `IMAGE`
        looks at it.
    root
        Position of the root joint; only `PERSON` looks at it.
    scores
        (windows, frames, joints) in 0..1, for lifters that read them. A joint of score 0 is
        missing, wherever its keypoint lies; the root never is.

    Returns
    -------
    NDArray or Tensor
        (windows, frames, joints, 2), without unit, float32, of the kind of the keypoints. With
        scores (windows, frames, joints, 3), the score last, x and y of missing joints 0.
    """
    if scores is not None:
        places = _normalise_places(keypoints, normalisation, image_size, root, scores > 0)
        library = _library(keypoints)
        return library.concatenate([places, _single(scores)[..., None]], -1)
    return _normalise_places(keypoints, normalisation, image_size, root, None)


def _normalise_places(
    keypoints: Any, normalisation: str, image_size: Any, root: int, present: Any
) -> Any:
    """Normalise x and y; where it is told which joints are `present`, the others become 0."""
    if normalisation == IMAGE:
        if np.ndim(image_size) == 1:
            size, width = np.array(image_size), image_size[0]
        else:
            size = image_size[:, None, None]
            width = size[..., :1]
        places = _single(keypoints / width * 2 - size / width)
        return places if present is None else places * present[..., None]
    if normalisation != PERSON:
        raise ValueError(f"normalisation is {normalisation!r}, expected one of {NORMALISATIONS}")
    path = keypoints[:, :, root : root + 1]
    relative = keypoints - path
    if present is not None:
        relative = relative * present[..., None]
    squares = (relative**2).sum(axis=-1)
    # The root's own square is 0: it adds nothing to the sum and does not count in the mean.
    total = _without_root(squares, root)
    if present is None:
        counted = squares.shape[1] * (squares.shape[2] - 1)
    else:
        counted = _without_root(present, root).clip(1)
    size = (total / counted)[:, None, None, None] ** 0.5
    relative[:, :, root : root + 1] = path - path.mean(axis=1, keepdims=True)
    # A person of less than a pixel (every joint in one place) must not become infinite.
    return _single(relative / size.clip(1.0))


def _without_root(values: Any, root: int) -> Any:
    """Sum of (windows, frames, joints) over all frames and joints but the root."""
    return values[:, :, :root].sum(axis=(1, 2)) + values[:, :, root + 1 :].sum(axis=(1, 2))


@overload
def ray_rotations(directions: NDArray[np.floating]) -> NDArray[np.float64]: ...
@overload
def ray_rotations(directions: Tensor) -> Tensor: ...
def ray_rotations(directions: Any) -> NDArray[np.float64] | Tensor:
    """Rotations that turn the camera's axes so that z points along a ray, without roll.

    Parameters
    ----------
    directions
        (..., 3) camera frame (x right, y down, z forward), any length above 0, z > 0.

    Returns
    -------
    NDArray or Tensor
        (..., 3, 3); a column vector in the camera frame, multiplied from the left, comes out in
        the ray's frame. The transpose goes back.
    """
    library = _library(directions)
    d = directions / (directions**2).sum(axis=-1, keepdims=True) ** 0.5
    x, y, z = d[..., 0], d[..., 1], d[..., 2]
    flat = library.hypot(x, z)  # length of the ray in the camera's horizontal plane
    zero = library.zeros_like(x)
    right = library.stack([z / flat, zero, -x / flat], -1)
    down = library.stack([-x * y / flat, flat, -y * z / flat], -1)
    return library.stack([right, down, d], -2)


@overload
def pixel_rays(
    pixels: NDArray[np.floating], image_size: tuple[int, int], focal: float
) -> NDArray[np.float64]: ...
@overload
def pixel_rays(pixels: Tensor, image_size: Tensor, focal: Tensor) -> Tensor: ...
def pixel_rays(pixels: Any, image_size: Any, focal: Any) -> NDArray[np.float64] | Tensor:
    """Directions of the rays through pixels, for cameras whose centre is the picture's.

    Parameters
    ----------
    pixels
        (..., 2) pixels.
    image_size
        (width, height) in pixels, or (..., 2) of them that broadcast against the pixels.
    focal
        Focal length in pixels, or (..., 1) of them likewise.

    Returns
    -------
    NDArray or Tensor
        (..., 3) camera frame, z = 1.
    """
    library = _library(pixels)
    size = np.array(image_size, np.float64) if library is np else image_size
    xy = (pixels - (size - 1) / 2) / focal
    return library.concatenate([xy, library.ones_like(xy[..., :1])], -1)


@overload
def focal_length(image_size: tuple[int, int] | Tensor, fov_degrees: Tensor) -> Tensor: ...
@overload
def focal_length(image_size: tuple[int, int], fov_degrees: float) -> float: ...
def focal_length(image_size: Any, fov_degrees: Any) -> float | Tensor:
    """Focal length in pixels from the field of view over the picture's longer side.

    A tensor of sizes is (cameras, 2), for fields of view (cameras,).
    """
    longer = max(image_size) if np.ndim(image_size) == 1 else image_size.amax(-1)
    library = _library(fov_degrees)
    return longer / 2 / library.tan(library.deg2rad(fov_degrees) / 2)


def _library(values: Any) -> Any:
    """The module whose functions work on these values: torch for tensors, else numpy."""
    if not hasattr(values, "new_tensor"):
        return np
    import torch

    return torch


def _single(values: Any) -> Any:
    """Single precision, as networks read it."""
    return values.astype(np.float32) if isinstance(values, np.ndarray) else values.float()
