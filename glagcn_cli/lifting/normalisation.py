"""Normalises pixels to a lifter's input.

Training and inference call the same functions, so that they cannot differ. A checkpoint names its
normalisation. Inference passes numpy arrays, training torch tensors on its device.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from ..camera import library_of

if TYPE_CHECKING:
    from torch import Tensor

PERSON = "person"
"""Relative to the person: joints about the root in units of the person's size in the window; the
root's slot holds its path. Output axes follow the ray to the root (`ray_rotations`), so neither the
place in the picture nor the camera's field of view changes what the network sees."""

IMAGE = "image"
"""Relative to the picture: x in -1..1 over the width, y at the same scale, as usual on Human3.6M.
Output axes are the camera's."""

NORMALISATIONS = (PERSON, IMAGE)


BODY = 17
"""Joints that a person's size is measured by: all, or those before feet and palms."""

FILLED_SCORE = 0.05
"""Score of an unseen joint whose place was filled in."""


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
    """Normalise windows of 2D joints as a lifter was trained.

    Parameters
    ----------
    keypoints
        (windows, frames, joints, 2) pixels.
    normalisation
        `PERSON` or `IMAGE`.
    image_size
        (width, height) in pixels, or (windows, 2) of them, on the keypoints' device; only `IMAGE`
        uses it.
    root
        Position of the root joint; only `PERSON` uses it.
    scores
        (windows, frames, joints) in 0..1, for lifters that read them. A joint of score 0 is
        missing; the root never is.

    Returns
    -------
    NDArray or Tensor
        (windows, frames, joints, 2), without unit, float32, of the keypoints' type. With
        scores (windows, frames, joints, 3), the score last, x and y of missing joints 0.
    """
    if scores is not None:
        places = _normalise_places(keypoints, normalisation, image_size, root, scores > 0)
        library = library_of(keypoints)
        return library.concatenate([places, _single(scores)[..., None]], -1)
    return _normalise_places(keypoints, normalisation, image_size, root, None)


def _normalise_places(
    keypoints: Any, normalisation: str, image_size: Any, root: int, present: Any
) -> Any:
    """Normalise x and y; joints that are not `present` become 0."""
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
    squares = (relative[:, :, :BODY] ** 2).sum(axis=-1)
    # The root's own square is 0: it adds nothing to the sum and does not count in the mean.
    total = _without_root(squares, root)
    if present is None:
        counted = squares.shape[1] * (squares.shape[2] - 1)
    else:
        counted = _without_root(present[:, :, :BODY], root).clip(1)
    size = (total / counted)[:, None, None, None] ** 0.5
    relative[:, :, root : root + 1] = path - path.mean(axis=1, keepdims=True)
    # A person of less than a pixel (every joint in one place) must not become infinite.
    return _single(relative / size.clip(1.0))


def _without_root(values: Any, root: int) -> Any:
    """Sum (windows, frames, joints) over all frames and joints but the root."""
    return values[:, :, :root].sum(axis=(1, 2)) + values[:, :, root + 1 :].sum(axis=(1, 2))


def _single(values: Any) -> Any:
    """Convert to single precision, as networks read it."""
    return values.astype(np.float32) if isinstance(values, np.ndarray) else values.float()
