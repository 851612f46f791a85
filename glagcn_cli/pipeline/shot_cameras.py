"""The camera of each shot: how it moves, and what becomes of its motion."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..camera import focal_length
from ..camera_path.parallax_tracks import Tracks
from ..camera_path.path import (
    ASSUMED_FOV,
    KNOWN_FOV,
    STILL,
    UNKNOWN,
    WALKING,
    CameraPath,
    camera_path,
)
from ..camera_path.steadying import SteadyView, steady_view
from ..camera_path.unrolling import UnrolledView
from ..camera_path.upright_lines import line_planes
from ..camera_path.walking import walking_path
from ..poses import Keypoints2D
from ..shots.shots import Shot, in_shot, shot_of
from ..video.probing import VideoInfo

log = logging.getLogger(__name__)

PASSES = 0.2
"""Share of the background that must move on lines of a way, and not as one turn or zoom moves it,
for a camera to walk that seems to turn or zoom."""


@dataclass(frozen=True)
class ShotCamera:
    """The camera of a shot.

    Parameters
    ----------
    shot
        Frames of the shot, and the verdict of the detection.
    path
        Rotation and focal length; None for a camera that stands still.
    view
        A camera at rest, to whose pixels the 2D of the shot is moved; None to leave it.
    lines
        (n, 6) normals of the planes of rising lines and their upper ends, in the axes of the camera
        at rest.
    focal_error
        Expected error of its focal length as a share of it.
    """

    shot: Shot
    path: CameraPath | None = None
    view: SteadyView | None = None
    lines: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 6)), compare=False)
    focal_error: float = 0.0

    @property
    def frames(self) -> int:
        """Length of the shot."""
        return self.shot.stop - self.shot.start

    @property
    def kind(self) -> str:
        """Kind of motion, as `camera_path.path` names it."""
        if self.path is None or self.path.kind == STILL or self.is_ignored:
            return UNKNOWN if self.shot.moving_camera else STILL
        return self.path.kind

    @property
    def moves(self) -> bool:
        """Whether it does anything but stand still."""
        return self.kind != STILL

    @property
    def is_ignored(self) -> bool:
        """Whether the background moves in no way of a camera: water, a crowd, leaves."""
        lost = self.path is not None and not self.path.turns
        return lost and not self.shot.moving_camera

    @property
    def in_place(self) -> bool:
        """Whether everybody stays in place, since places in the picture give no path."""
        return self.view is None and self.shot.moving_camera and not self.walks

    @property
    def walks(self) -> bool:
        """Whether it walks: its path is that of feet that stand."""
        return self.kind == WALKING and (self.view is not None or self.shot.moving_camera)

    @property
    def turned(self) -> float:
        """Degrees between the two directions farthest apart in which it looks, about."""
        return 0.0 if self.path is None else _turned(self.path)

    def report(self) -> dict[str, Any]:
        """Return what a run's report says of it."""
        told: dict[str, Any] = {
            "first_frame": self.shot.start,
            "moving_camera": self.moves,
            "camera": self.kind,
            "in_place": self.in_place,
        }
        if self.view is not None:
            path = self.view.path
            told |= {
                "turned_degrees": round(_turned(path), 2),
                "zoomed": round(_zoomed(path), 3),
                "rotation_error_degrees": round(float(np.median(path.rotation_error)), 3),
                "fov": round(self.view.fov, 2),
                "fov_error_percent": round(100 * float(np.median(path.focal_error)), 1),
            }
        return told


def shot_cameras(
    clip: Mapping[str, NDArray[Any]],
    frames: int,
    shots: Sequence[Shot],
    people: Sequence[Keypoints2D],
    info: VideoInfo,
    fov: float,
    fov_known: bool,
) -> list[ShotCamera]:
    """Find the camera of each shot.

    Parameters
    ----------
    clip, frames
        Arrays stored with the 2D of a clip, and its length.
    shots
        Its shots.
    people
        2D of the people who are lifted.
    info
        The video.
    fov, fov_known
        As `camera_path` takes them.
    """
    size, found = (info.width, info.height), []
    for shot in shots:
        path = camera_path(clip, frames, shot.frames, size, float(info.fps), fov, fov_known)
        path, view = _or_walking(path, clip, shot, size, float(info.fps), fov), None
        if path is not None and path.turns:
            shown = [in_shot(one, shot) for one in people if shot_of(one, shots) == shot]
            view = steady_view(path, shown, size) or UnrolledView.of(path, size)
        camera = ShotCamera(shot, path, view)
        found.append(_with_lines(camera, clip, size, fov, fov_known))
    return found


def _or_walking(
    path: CameraPath | None, clip: Mapping[str, NDArray[Any]], shot: Shot, size: tuple[int, int],
    fps: float, fov: float,
) -> CameraPath | None:  # fmt: skip
    """Return the turns of a camera that walks where they are found and nothing else is as likely.

    A way ahead resembles a zoom, and one past something flat a turn: points that pass each other
    tell them apart.
    """
    tracks = Tracks.of_clip(clip, shot.frames)
    moves = path is not None and path.kind != STILL and (shot.moving_camera or path.turns)
    if path is None or not moves or not tracks.looks:
        return path
    focal = focal_length(size, fov)
    if path.turns and np.median(path.focal_error) < KNOWN_FOV:
        focal = float(np.median(path.focal))
    walk = walking_path(tracks, shot.stop - shot.start, size, fps, focal)
    if walk is None or (path.turns and walk.parallax < PASSES):
        return path
    return walk.path


def _with_lines(
    camera: ShotCamera, clip: Mapping[str, NDArray[Any]], size: tuple[int, int], fov: float,
    fov_known: bool,
) -> ShotCamera:  # fmt: skip
    """Return a camera with the rising lines of its shot; one that walks has no axes for them."""
    part, view = camera.shot.frames, camera.view
    if view is None and camera.shot.moving_camera:
        return camera
    if view is None:
        focal = np.full(camera.frames, focal_length(size, fov))
        error = KNOWN_FOV if fov_known else ASSUMED_FOV
        return replace(camera, lines=line_planes(clip, part, size, focal), focal_error=error)
    lines = line_planes(clip, part, size, view.path.focal, view.turns)
    return replace(camera, lines=lines, focal_error=float(np.median(view.path.focal_error)))


def tell_of_shots(cameras: Sequence[ShotCamera], info: VideoInfo) -> None:
    """Say what is unlike a film of one shot with a camera that stands still."""
    if len(cameras) > 1:
        times = ", ".join(f"{float(c.shot.start / info.fps):.2f}" for c in cameras[1:9])
        more = ", ..." if len(cameras) > 9 else ""
        log.info(
            "%s: the film is cut (at %s s%s): each of its %d shots has people and a scene of its "
            "own",
            info.name, times, more, len(cameras),
        )  # fmt: skip
    for camera in cameras:
        if said := _of_camera(camera):
            start = float(camera.shot.start / info.fps)
            where = "" if len(cameras) == 1 else f" in the shot from {start:.2f} s on"
            log.info("%s: the camera %s%s%s", info.name, said[0], where, said[1])


def _of_camera(camera: ShotCamera) -> tuple[str, str] | None:
    """Say how a camera moves, and what follows; nothing of one that stands still."""
    if camera.walks and camera.view is not None:
        return (
            f"walks, and turns by up to {_turned(camera.view.path):.0f} degrees",
            ": its turns are taken out of everybody's path, and standing feet tell its way, about "
            "a tenth too short; .glb, .json and .npz hold it",
        )
    if camera.view is not None:
        path = camera.view.path
        moves = f"turns by up to {_turned(path):.0f} degrees"
        if _zoomed(path) > 1.02:
            moves = f"{moves} and zooms {_zoomed(path):.1f} times"
        return moves, ", which is taken out of everybody's path; .glb, .json and .npz hold it"
    if camera.walks:
        return (
            "walks: near and far things pass at different speeds",
            ", so standing feet alone tell everybody's path, about a tenth too short, and turns of "
            "the camera are taken for turns of people",
        )
    if not camera.in_place:
        return None
    drift = 100 * camera.shot.drift
    moves = f"moves (the background drifts by {drift:.0f} % of the picture)"
    return moves, ", so everybody stays in place"


def _turned(path: CameraPath) -> float:
    """Return the degrees between the two directions of a path farthest apart, about."""
    turns = Rotation.from_matrix(path.rotation)
    away = np.degrees((turns * turns.mean().inv()).as_rotvec())
    return float(max(np.ptp(axis) for axis in away.T))


def _zoomed(path: CameraPath) -> float:
    return float(path.focal.max() / path.focal.min())
