"""Rotation and focal length of the camera in every frame of a shot, and its kind of motion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation, Slerp

from ..camera import focal_length
from .bundle import FREE_ZOOM, NO_ZOOM, NOISE, Keys, Measured, solve_keys
from .links import LOST, SKIPPED, BackgroundLinks
from .turning import directions_of, turn_to

STILL, TURNING, ZOOMING, WALKING, UNKNOWN = "still", "turning", "zooming", "walking", "unknown"
"""Kinds of motion: `ZOOMING` may turn too, `WALKING` changes its place."""

KNOWN_FOV, ASSUMED_FOV = 0.03, 0.25
"""Expected error of the logarithm of a focal length that was given, and of one that is usual."""

AT_REST = 0.0016
"""Share of the picture's longer side that it moves under a camera at rest: 0.1 of 60 degrees."""

ZOOMED, MOST_ZOOM = 1.04, 10.0
"""Ratios of focal lengths in a shot from which the camera zooms, and up to which lenses do."""

LEAST_FOUND = 0.9  # share of the looks that must have found the background
LONGEST_LOST = 1.0  # seconds without it
ROTATES = 0.003
"""Share of the picture's longer side by which a turning camera's background may miss, in the
median frame. Beyond, near things move against far ones: the camera walks."""

AGREES, ZOOM_AGREES = 0.7, 0.83
"""Mean share of the background that follows a camera that turns, or zooms: before one that walks
ahead all things grow too, but near ones faster."""

MOST_AHEAD = 16
"""Frames after the last look at which the camera still turns as before: 1 to 15 between looks."""

_ROUGH = 0.5  # of 100 frames, how many the extent of a motion leaves out at each end
_Array = NDArray[np.float64]


@dataclass(frozen=True)
class CameraPath:
    """A camera that turns and zooms in one place.

    Parameters
    ----------
    kind
        One of the kinds of motion. For `WALKING` and `UNKNOWN` the rest is a guess.
    rotation
        (frames, 3, 3) from fixed axes, those of the camera somewhere in the clip, to the camera's
        axes in a frame: x right, y down, z forward.
    focal
        (frames,) focal length in pixels.
    rotation_error
        (frames,) expected error of the rotation, degrees.
    focal_error
        (frames,) expected error of the focal length, as a share of it.
    located
        (frames,) bool: the background was found; elsewhere the camera is interpolated.
    oriented
        Whether the turns of a `WALKING` camera are known all the same.
    """

    kind: str
    rotation: _Array
    focal: _Array
    rotation_error: _Array
    focal_error: _Array
    located: NDArray[np.bool_]
    oriented: bool = False

    def __len__(self) -> int:
        return len(self.focal)

    @property
    def turns(self) -> bool:
        """Whether rotation and focal length are known, and change."""
        return self.oriented or self.kind in (TURNING, ZOOMING)


def camera_path(
    clip: Mapping[str, NDArray[Any]],
    frames: int,
    part: slice,
    image_size: tuple[int, int],
    fps: float,
    fov: float,
    fov_known: bool = False,
) -> CameraPath | None:
    """Find the camera's path in a shot.

    Parameters
    ----------
    clip
        Arrays stored with the 2D of a clip.
    frames
        Length of the clip.
    part
        Frames of the shot.
    image_size
        (width, height) in pixels.
    fps
        Frames per second.
    fov
        Field of view over the picture's longer side, degrees.
    fov_known
        Whether it was given. Otherwise it is usual alone, and a wide pan tells another.

    Returns
    -------
    CameraPath or None
        None where nothing was measured, or the camera never moved.
    """
    links = BackgroundLinks.of_clip(clip, frames)
    if links is None:
        return None
    longer = max(image_size)
    log_focal = float(np.log(focal_length(image_size, fov) / longer))
    spread = KNOWN_FOV if fov_known else ASSUMED_FOV
    return _solved(links, part, image_size, fps, log_focal, spread)


def _solved(
    links: BackgroundLinks, part: slice, image_size: tuple[int, int], fps: float,
    log_focal: float, spread: float,
) -> CameraPath | None:  # fmt: skip
    shot = links.of_frames(part)
    if not (shot.keys >= 0).any():
        return None
    shot = shot.connected()
    for zoom in (True, False):
        keys = solve_keys(shot, image_size, log_focal, spread, zoom)
        path, missed = _through_frames(shot, keys, image_size, zoom)
        if zoom and _zoomed(path) > ZOOMED:
            break
    agreement = float(np.mean(shot.agreement[path.located]))
    places = keys.place[shot.keys[path.located]]
    if (places != places[0]).any() or not _is_followed(shot.keys, fps):
        kind = UNKNOWN
    elif np.median(missed) > ROTATES or agreement < (ZOOM_AGREES if zoom else AGREES):
        kind = WALKING
    elif zoom:
        kind = ZOOMING if _zoomed(path) < MOST_ZOOM else WALKING
    else:
        kind = TURNING if _moves(path, max(image_size)) else STILL
    return replace(path, kind=kind)


def _through_frames(
    shot: BackgroundLinks, keys: Keys, image_size: tuple[int, int], zoom: bool
) -> tuple[CameraPath, _Array]:
    """Return the camera in all frames, and how far the background misses in those looked at."""
    at = np.flatnonzero(shot.keys >= 0)
    key = shot.keys[at]
    measured = Measured.of(shot.pairs[at], image_size)
    rays = directions_of(measured.then, keys.log_focal[key])
    rotation, focal = keys.rotation[key], keys.log_focal[key]
    turned = turn_to(
        np.einsum("nji,npj->npi", rotation, rays), measured.now, measured.weight,
        rotation, focal, NOISE, FREE_ZOOM if zoom else NO_ZOOM,
    )  # fmt: skip
    own = np.diagonal(turned.covariance, axis1=1, axis2=2)
    errors = np.sqrt(own + keys.spread[key] ** 2)
    frames, turns = np.arange(len(shot)), interpolated(turned.rotation, at, len(shot))
    path = CameraPath(
        UNKNOWN, turns, np.exp(np.interp(frames, at, turned.log_focal)) * max(image_size),
        np.interp(frames, at, np.degrees(np.linalg.norm(errors[:, :3], axis=1))),
        np.interp(frames, at, errors[:, 3]), shot.keys >= 0,
    )  # fmt: skip
    return path, turned.residual


def interpolated(rotation: _Array, at: NDArray[np.intp], frames: int) -> _Array:
    """Return rotations (frames, 3, 3) between those at some frames.

    They go on at the last speed for the frames after the last look, of which there are few.
    """
    known, times = Rotation.from_matrix(rotation), at
    if len(at) < 2:
        return np.tile(rotation, (frames, 1, 1))
    if 0 < (left := frames - 1 - at[-1]) <= MOST_AHEAD:
        speed = (known[-1] * known[-2].inv()).as_rotvec() / (at[-1] - at[-2])
        end = Rotation.from_rotvec(speed * left) * known[-1]
        known, times = Rotation.concatenate([known, end]), np.append(at, frames - 1)
    inside = np.arange(frames).clip(times[0], times[-1])
    return np.asarray(Slerp(times, known)(inside).as_matrix())


def _is_followed(keys: NDArray[np.int32], fps: float) -> bool:
    """Whether the background was found nearly always, and never lost for long."""
    looked = keys[keys != SKIPPED]
    if np.mean(looked != LOST) < LEAST_FOUND:
        return False
    seen = np.flatnonzero(keys >= 0)
    gaps = np.diff(np.concatenate([[-1], seen, [len(keys)]]))
    return bool(gaps.max() <= LONGEST_LOST * fps + 1)


def _moves(path: CameraPath, longer: int) -> bool:
    """Whether the picture moves by more than that of a camera at rest."""
    middle = Rotation.from_matrix(path.rotation[path.located])
    away = (middle * middle.mean().inv()).as_rotvec() * (path.focal[path.located, None] / longer)
    return max(_extent(axis) for axis in away.T) > 2 * AT_REST


def _zoomed(path: CameraPath) -> float:
    return float(np.exp(_extent(np.log(path.focal[path.located]))))


def _extent(values: _Array) -> float:
    """Return the range of values without the outermost ones."""
    low, high = np.percentile(values, [_ROUGH, 100 - _ROUGH])
    return float(high - low)
