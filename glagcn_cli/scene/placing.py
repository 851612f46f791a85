"""Places camera-relative joints in a scene: upright, on a floor, along their path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, percentile_filter

from ..camera import focal_length
from ..poses import PoseSequence
from ..smoothing import runs, smooth_joints
from .bones import bone_lengths, steady_bones
from .choices import SceneChoices
from .contacts import ANKLE_HEIGHT, ANKLES, find_contacts
from .foot_lock import lock_feet, settle
from .gravity import CAMERA_UP, scene_up, upright
from .root_path import root_path

FLOOR_WINDOW = 1.5
"""Seconds within which a foot touches the floor: longer than a jump or a stride."""

ON_THE_FLOOR = 20
"""Percent of the frames of `FLOOR_WINDOW` with a foot on the floor, at least. The lowest ankle of
all has the largest error, and would let the person hover."""

STEEPEST = 0.05  # sine of the angle to the vertical below which a camera looks up or down

ABOVE_THE_EARS = 0.075
"""Share of a person's height that lies above the ears, where the last joint is."""

_UPRIGHT = ("left_knee", "left_ankle", "spine", "thorax", "neck", "head")


def to_scene(
    sequences: Sequence[PoseSequence], image_size: tuple[int, int], choices: SceneChoices
) -> list[PoseSequence]:
    """Place camera-frame poses in one scene.

    Parameters
    ----------
    sequences
        Camera frame, relative to the root; all people of a clip.
    image_size
        (width, height) of the video in pixels.
    choices
        Settings of the scene.

    Returns
    -------
    list of PoseSequence
        Scene frame: y up, floor at y = 0, z towards the camera, the people's middle near x = z = 0.
        Every bone of a person has one length, left and right alike. Contacts of the feet are set
        unless the camera moves. Uncertainties are scaled with the scene.
    """
    if not any(sequence.valid.any() for sequence in sequences):
        return [replace(sequence, frame="scene", up=None) for sequence in sequences]
    steady = [as_one_body(sequence, choices.cutoff) for sequence in sequences]
    up = CAMERA_UP if choices.level else scene_up(steady)
    axes = scene_axes(up)
    focal = focal_length(image_size, choices.fov)
    placed = []
    for body in steady:
        path = root_path(body, image_size, focal, choices.cutoff)
        turned = (body.joints @ upright(body, up).T) @ axes.T
        if choices.moving_camera:
            placed.append(_in_place(turned, path @ axes.T, body))
        else:
            placed.append(_on_its_way(turned, path, axes, focal, body, choices.foot_lock))
    return _scaled(_about_the_middle(placed), choices.height)


def to_scenes(
    shots: Sequence[Sequence[PoseSequence]],
    image_size: tuple[int, int],
    choices: Sequence[SceneChoices],
) -> list[PoseSequence]:
    """Place the people of each shot of a film in its own scene.

    The camera has another place in each, so shots are independent.

    Parameters
    ----------
    shots
        People of each shot, as for `to_scene`, of the length of the shot.
    image_size
        (width, height) of the video in pixels.
    choices
        Settings of each shot; the first `height` scales all shots alike.

    Returns
    -------
    list of PoseSequence
        All people, shot by shot.
    """
    placed = [
        person
        for people, how in zip(shots, choices, strict=True)
        for person in to_scene(people, image_size, replace(how, height=None))
    ]
    return _scaled(placed, choices[0].height if choices else None)


def as_one_body(sequence: PoseSequence, cutoff: float) -> PoseSequence:
    """Smooth the joints about the root over time, and give every bone one length."""
    if not sequence.valid.any():
        return sequence
    unsure = sequence.uncertainty
    joints = smooth_joints(sequence.joints, sequence.valid, sequence.fps, cutoff, unsure)
    steady = steady_bones(joints, sequence.valid, unsure)
    return replace(sequence, joints=steady.astype(np.float32))


def scene_axes(up: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation (3, 3) from the camera frame to x right, y up, z towards the camera."""
    z = _level(np.array([0.0, 0.0, -1.0]), up)
    if np.linalg.norm(z) < STEEPEST:
        # Near things are at the picture's lower edge for a camera looking straight down, at the
        # upper edge for one looking straight up.
        z = _level(np.array([0.0, -np.sign(up[2]), 0.0]), up)
    z /= np.linalg.norm(z)
    return np.stack([np.cross(up, z), up, z])


def _level(direction: NDArray[np.float64], up: NDArray[np.float64]) -> NDArray[np.float64]:
    return direction - (direction @ up) * up


def _on_its_way(
    turned: NDArray[np.float64],
    path: NDArray[np.float64],
    axes: NDArray[np.float64],
    focal: float,
    body: PoseSequence,
    foot_lock: bool,
) -> PoseSequence:
    """Place a body on its path over the floor, as a camera that stands still sees it.

    `turned` (frames, 17, 3) has scene axes and is relative to the root; `path` (frames, 3) is the
    root's in the camera frame.
    """
    sight = path @ axes.T
    joints = turned + sight[:, None]
    floor = floor_height(joints, body)
    standing: NDArray[Any] = joints - floor[:, None, None] * [0, 1, 0]
    contacts = find_contacts(body, standing, focal / path[:, 2])
    if body.absent is not None and body.absent[ANKLES].any():
        contacts[:] = False
    elif foot_lock:
        for run in runs(body.valid):
            shift = settle(joints[run], contacts[run], sight[run], floor[run], body.fps)
            moved = joints[run] + shift[:, None]
            standing[run], contacts[run] = lock_feet(moved, contacts[run], body.fps)
    return replace(body, joints=standing, frame="scene", up=None, contacts=contacts)


def _in_place(
    turned: NDArray[np.float64], path: NDArray[np.float64], body: PoseSequence
) -> PoseSequence:
    """Place a body in the middle of its path, its lowest foot on the floor."""
    place = np.median(path[body.valid], axis=0) if body.valid.any() else np.zeros(3)
    joints: NDArray[Any] = turned + place
    joints[..., 1] -= floor_height(joints, body)[:, None]
    return replace(body, joints=joints, frame="scene", up=None)


def floor_height(joints: NDArray[np.float64], sequence: PoseSequence) -> NDArray[np.float64]:
    """Compute the floor's height (frames,) under the lowest ankle of every stretch of time.

    Errors of depth and tilt let the height drift as a person walks, unlike the feet. The floor
    follows the lowest ankle over `FLOOR_WINDOW`, so that a jump remains; or the lowest joint, where
    hands or head carry the body.

    Parameters
    ----------
    joints
        (frames, 17, 3) metres, y up.
    sequence
        Poses of the joints, for valid frames and rate.
    """
    found = np.zeros(len(joints))
    window = max(1, round(FLOOR_WINDOW * float(sequence.fps)))
    for run in runs(sequence.valid):
        heights = joints[run][..., 1]
        lowest = np.minimum(heights[:, ANKLES].min(axis=1), heights.min(axis=1) + ANKLE_HEIGHT)
        # Padded here, since some versions of scipy fail for windows longer than the values.
        padded = np.pad(lowest, window, mode="edge")
        floor = percentile_filter(padded, ON_THE_FLOOR, window)[window:-window]
        found[run] = gaussian_filter1d(floor, window / 4, mode="nearest") - ANKLE_HEIGHT
    return found


def stature(joints: NDArray[np.floating]) -> float:
    """Compute the height in metres of a body of (frames, 17, 3) joints, standing, head to heel."""
    lengths = bone_lengths(joints)
    return (ANKLE_HEIGHT + sum(lengths[bone] for bone in _UPRIGHT)) / (1 - ABOVE_THE_EARS)


def _scaled(placed: list[PoseSequence], height: float | None) -> list[PoseSequence]:
    """Scale poses so that the visible person of the lowest number is this high."""
    seen = [body for body in placed if body.valid.any()]
    if height is None or not seen:
        return placed
    first = min(seen, key=lambda body: body.person)
    scale = height / stature(first.joints[first.valid])
    return [
        replace(
            body,
            joints=(body.joints * scale).astype(np.float32),
            uncertainty=None
            if body.uncertainty is None
            else (body.uncertainty * scale).astype(np.float32),
        )
        for body in placed
    ]


def _about_the_middle(placed: Sequence[PoseSequence]) -> list[PoseSequence]:
    """Move the median place of all people on the floor to x = z = 0."""
    middle = np.median(np.concatenate([body.joints[body.valid, 0] for body in placed]), axis=0)
    middle[1] = 0.0
    return [replace(body, joints=(body.joints - middle).astype(np.float32)) for body in placed]
