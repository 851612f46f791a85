"""Pinhole camera: focal length, rays through pixels, and axes along a ray.

Inference passes numpy arrays, training passes torch tensors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from .defaults import FOV

if TYPE_CHECKING:
    from torch import Tensor

DEFAULT_FOV = FOV
"""Degrees over the picture's longer side, where the camera's is not known; phones film at 55-75."""


@dataclass(frozen=True)
class FilmCamera:
    """Camera that filmed a scene, frame by frame.

    Parameters
    ----------
    rotation
        (frames, 3, 3) from the scene's axes (y up) to the camera's: x right, y down, z forward.
    position
        (frames, 3) metres, scene frame.
    focal
        (frames,) focal length in pixels; the camera looks at the middle of the picture.
    known
        (frames,) bool: the camera was found; elsewhere the last one is held.
    """

    rotation: NDArray[np.float64]
    position: NDArray[np.float64]
    focal: NDArray[np.float64]
    known: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.focal)

    def held(self) -> FilmCamera:
        """Return the camera with the last known one where it is not known, the first before it."""
        at = np.where(self.known, np.arange(len(self)), int(np.argmax(self.known)))
        at = np.maximum.accumulate(at)
        return FilmCamera(self.rotation[at], self.position[at], self.focal[at], self.known)

    def is_of(self, frames: int) -> bool:
        """Whether it is a camera in each of so many frames."""
        shapes = {"rotation": (3, 3), "position": (3,), "focal": (), "known": ()}
        arrays = {name: getattr(self, name) for name in shapes}
        fits = all(arrays[name].shape == (frames, *shape) for name, shape in shapes.items())
        return fits and all(bool(np.isfinite(array).all()) for array in arrays.values())

    def project(
        self, joints: NDArray[np.floating], image_size: tuple[int, int]
    ) -> NDArray[np.float64]:
        """Project joints (frames, joints, 3), metres in the scene, to pixels (..., 2)."""
        seen = np.einsum("fij,fvj->fvi", self.rotation, joints - self.position[:, None])
        flat = seen[..., :2] / seen[..., 2:] * self.focal[:, None, None]
        return flat + (np.array(image_size, np.float64) - 1) / 2


@overload
def ray_rotations(directions: NDArray[np.floating]) -> NDArray[np.float64]: ...
@overload
def ray_rotations(directions: Tensor) -> Tensor: ...
def ray_rotations(directions: Any) -> NDArray[np.float64] | Tensor:
    """Return rotations that turn the camera's axes so that z points along a ray, without roll.

    Parameters
    ----------
    directions
        (..., 3) camera frame (x right, y down, z forward), any length above 0, not along y.

    Returns
    -------
    NDArray or Tensor
        (..., 3, 3) from camera frame to ray frame, for column vectors; the transpose is the
        inverse.
    """
    library = library_of(directions)
    d = directions / (directions**2).sum(axis=-1, keepdims=True) ** 0.5
    x, y, z = d[..., 0], d[..., 1], d[..., 2]
    flat = library.hypot(x, z)  # length of the ray in the camera's horizontal plane
    zero = library.zeros_like(x)
    right = library.stack([z / flat, zero, -x / flat], -1)
    down = library.stack([-x * y / flat, flat, -y * z / flat], -1)
    return library.stack([right, down, d], -2)


@overload
def pixel_rays(
    pixels: NDArray[np.floating], image_size: tuple[int, int], focal: float | NDArray[np.float64]
) -> NDArray[np.float64]: ...
@overload
def pixel_rays(pixels: Tensor, image_size: Tensor, focal: Tensor) -> Tensor: ...
def pixel_rays(pixels: Any, image_size: Any, focal: Any) -> NDArray[np.float64] | Tensor:
    """Return directions of the rays through pixels, for a camera centred on the picture.

    Parameters
    ----------
    pixels
        (..., 2) pixels.
    image_size
        (width, height) in pixels, or (..., 2) of them that broadcast against the pixels.
    focal
        Focal length in pixels, or (..., 1) of them that broadcast in the same way.

    Returns
    -------
    NDArray or Tensor
        (..., 3) camera frame, z = 1.
    """
    library = library_of(pixels)
    size = np.array(image_size, np.float64) if library is np else image_size
    xy = (pixels - (size - 1) / 2) / focal
    return library.concatenate([xy, library.ones_like(xy[..., :1])], -1)


def unrolled_rays(
    pixels: NDArray[np.floating], image_size: tuple[int, int], focal: float
) -> NDArray[np.float64]:
    """Return unit rays (..., 3) through pixels of a round picture, unrolled about the y axis.

    There angles to the right and down take the places of their tangents.
    """
    right, down = np.moveaxis((pixels - (np.array(image_size) - 1) / 2) / focal, -1, 0)
    level = np.cos(down)
    return np.stack([level * np.sin(right), np.sin(down), level * np.cos(right)], axis=-1)


@overload
def focal_length(image_size: tuple[int, int] | Tensor, fov_degrees: Tensor) -> Tensor: ...
@overload
def focal_length(image_size: tuple[int, int], fov_degrees: float) -> float: ...
def focal_length(image_size: Any, fov_degrees: Any) -> float | Tensor:
    """Compute the focal length in pixels from the field of view over the longer side.

    A tensor of sizes is (cameras, 2), for fields of view (cameras,).
    """
    longer = max(image_size) if np.ndim(image_size) == 1 else image_size.amax(-1)
    library = library_of(fov_degrees)
    return longer / 2 / library.tan(library.deg2rad(fov_degrees) / 2)


def library_of(values: Any) -> Any:
    """Return the module for these values: torch for tensors, else numpy."""
    if not hasattr(values, "new_tensor"):
        return np
    import torch

    return torch
