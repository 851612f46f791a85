"""Places camera-relative joints in a scene: upright, on a floor, along their path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, percentile_filter

from ..camera import focal_length
from ..poses import PoseSequence
from ..smoothing import runs, smooth_joints
from .bones import steady_bones
from .choices import SceneChoices
from .contacts import ANKLE_HEIGHT, ANKLES, find_contacts
from .foot_lock import lock_feet, settle
from .gravity import CAMERA_UP, scene_up, upright
from .levels import Stand, on_floors, stands_of
from .root_path import root_path
from .stature import scale_to, scaled

FLOOR_WINDOW = 1.5
"""Seconds within which a foot touches the floor: longer than a jump or a stride."""

ON_THE_FLOOR = 20
"""Percent of the frames of `FLOOR_WINDOW` with a foot on the floor, at least. The lowest ankle of
all has the largest error, and would let the person hover."""

STEEPEST = 0.05  # sine of the angle to the vertical below which a camera looks up or down


class Placed(NamedTuple):
    """People in a scene.

    ``axes`` (3, 3) is the rotation to its axes from the camera's, ``levels`` (people, frames) the
    height in metres of the floor under each person.
    """

    people: list[PoseSequence]
    axes: NDArray[np.float64]
    levels: NDArray[np.float64]


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
    return place([sequences], image_size, [choices])[0].people


def _place_shot(
    sequences: Sequence[PoseSequence], image_size: tuple[int, int], choices: SceneChoices
) -> Placed:
    if not any(sequence.valid.any() for sequence in sequences):
        people = [replace(s, frame="scene", up=None) for s in sequences]
        return Placed(people, np.eye(3), np.zeros((len(people), 0)))
    steady = [as_one_body(sequence, choices.cutoff) for sequence in sequences]
    up = CAMERA_UP if choices.level else scene_up(steady)
    axes = scene_axes(up)
    focal = focal_length(image_size, choices.fov)
    placed, stands = [], []
    for body in steady:
        path = root_path(body, image_size, focal, choices.cutoff, choices.unrolled)
        turned = (body.joints @ upright(body, up).T) @ axes.T
        if choices.moving_camera:
            placed.append(_in_place(turned, path @ axes.T, body))
            continue
        away = np.linalg.norm(path, axis=1) if choices.unrolled else path[:, 2]
        person, stood = _on_its_way(turned, path @ axes.T, focal / away, body, choices.foot_lock)
        placed.append(person)
        stands.append(stood)
    if not stands:
        return Placed(about_the_middle(placed), axes, np.zeros((len(placed), 0)))
    raised, levels = on_floors(placed, stands)
    return Placed(about_the_middle(raised), axes, levels)


def to_scenes(
    shots: Sequence[Sequence[PoseSequence]],
    image_size: tuple[int, int],
    choices: Sequence[SceneChoices],
) -> list[PoseSequence]:
    """Place the people of each shot of a film, as `place`; return all people, shot by shot."""
    return [person for shot in place(shots, image_size, choices) for person in shot.people]


def place(
    shots: Sequence[Sequence[PoseSequence]],
    image_size: tuple[int, int],
    choices: Sequence[SceneChoices],
) -> list[Placed]:
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
    list of Placed
        One a shot.
    """
    placed = [
        _place_shot(people, image_size, how) for people, how in zip(shots, choices, strict=True)
    ]
    everybody = [person for shot in placed for person in shot.people]
    scale = scale_to(everybody, choices[0].height if choices else None)
    return [
        shot._replace(
            people=[scaled(p, scale) for p in shot.people], levels=shot.levels * (scale or 1.0)
        )
        for shot in placed
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
    sight: NDArray[np.float64],
    pixels_a_metre: NDArray[np.float64],
    body: PoseSequence,
    foot_lock: bool,
) -> tuple[PoseSequence, list[Stand]]:
    """Place a body on its path over the floor, as a camera that stands still sees it.

    `turned` (frames, 17, 3) is relative to the root; `sight` (frames, 3) is the root's path from
    the camera, both in scene axes. `pixels_a_metre` (frames,) are those at the body.
    """
    joints = turned + sight[:, None]
    floor = floor_height(joints, body)
    standing: NDArray[Any] = joints - floor[:, None, None] * [0, 1, 0]
    contacts = find_contacts(body, standing, pixels_a_metre)
    if body.absent is not None and body.absent[ANKLES].any():
        contacts[:] = False
    elif foot_lock:
        for run in runs(body.valid):
            shift = settle(joints[run], contacts[run], sight[run], floor[run], body.fps)
            moved = joints[run] + shift[:, None]
            standing[run], contacts[run] = lock_feet(moved, contacts[run], body.fps)
    stands = stands_of(body, sight, floor, contacts)
    return replace(body, joints=standing, frame="scene", up=None, contacts=contacts), stands


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


def about_the_middle(placed: Sequence[PoseSequence]) -> list[PoseSequence]:
    """Move the median place of all people on the floor to x = z = 0."""
    middle = np.median(np.concatenate([body.joints[body.valid, 0] for body in placed]), axis=0)
    middle[1] = 0.0
    return [replace(body, joints=(body.joints - middle).astype(np.float32)) for body in placed]
