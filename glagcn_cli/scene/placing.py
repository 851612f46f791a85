"""Places camera-relative joints in a scene: upright, on a floor, along their path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..camera import focal_length
from ..poses import PoseSequence
from ..smoothing import runs, smooth_joints
from .bones import steady_bones
from .choices import SceneChoices
from .contacts import ANKLES, find_contacts, find_contacts_of, own_evidence
from .extremities import of_one_length
from .floor_height import floor_height, floor_under
from .foot_lock import Below, lock_feet, settle
from .gravity import CAMERA_UP, scene_up, upright
from .levels import Stand, on_floors, stands_of
from .own_levels import floor_below, own_levels
from .plumb import with_lines
from .root_path import root_path
from .stature import scale_to, scaled
from .walking_camera import calm, camera_by_feet

STEEPEST = 0.05  # sine of the angle to the vertical below which a camera looks up or down


@dataclass(frozen=True)
class Seen:
    """A body as the camera sees it, in the scene's axes.

    ``turned`` (frames, 17, 3) is relative to the root; ``sight`` (frames, 3) the root's path from
    the camera; ``camera`` (frames, 3) that of a camera that walks, None for one that stands.
    """

    body: PoseSequence
    turned: NDArray[np.float64]
    sight: NDArray[np.float64]
    camera: NDArray[np.float64] | None = None

    @property
    def has_feet(self) -> bool:
        """Whether its feet were ever seen."""
        return self.body.absent is None or not self.body.absent[ANKLES].any()

    @property
    def joints(self) -> NDArray[np.float64]:
        """(frames, 17, 3) metres from where the camera began."""
        path = self.sight if self.camera is None else self.sight + self.camera
        return np.asarray(self.turned + path[:, None])

    def contacts(
        self, standing: NDArray[np.float64], pixels_a_metre: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Find contacts (frames, 2); before a camera that walks, by the 3D alone."""
        if self.camera is None:
            return find_contacts(self.body, standing, pixels_a_metre)
        return find_contacts_of(own_evidence(self.body, standing), self.body)


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
    up = CAMERA_UP if choices.level else with_lines(scene_up(steady), choices)
    axes = scene_axes(up)
    focal = focal_length(image_size, choices.fov)
    paths = [
        root_path(b.of_body(), image_size, focal, choices.cutoff, choices.unrolled) for b in steady
    ]
    seen = [
        Seen(body, (body.joints @ upright(body, up).T) @ axes.T, path @ axes.T)
        for body, path in zip(steady, paths, strict=True)
    ]
    walks = choices.walking_camera and any(one.has_feet for one in seen)
    if choices.moving_camera and not walks:
        placed = [_in_place(one) for one in seen]
        return Placed(about_the_middle(placed), axes, np.zeros((len(placed), 0)))
    placed, stands, own = [], [], []
    for one, path in zip(_walked_by(seen) if walks else seen, paths, strict=True):
        away = np.linalg.norm(path, axis=1) if choices.unrolled else path[:, 2]
        person, stood, levels = _on_its_way(one, focal / away, choices.foot_lock)
        placed.append(person)
        stands.append(stood)
        own.append(levels)
    raised, levels = on_floors(placed, stands)
    return Placed(about_the_middle(raised), axes, levels + np.array(own))


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
    body = slice(len(sequence.joint_set.body))
    steady = steady_bones(
        joints[:, body], sequence.valid, None if unsure is None else unsure[:, body]
    )
    whole = of_one_length(joints, steady, sequence.valid)
    return replace(sequence, joints=whole.astype(np.float32))


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


def _walked_by(people: Sequence[Seen]) -> list[Seen]:
    """Return people whom a camera sees that walks by, with its path."""
    told = [one for one in people if one.has_feet]
    valid = [one.body.valid for one in told]
    camera = camera_by_feet([one.joints for one in told], valid, float(told[0].body.fps))
    return [replace(one, camera=calm(one.sight + camera, one.body) - one.sight) for one in people]


def _on_its_way(
    seen: Seen, pixels_a_metre: NDArray[np.float64], foot_lock: bool
) -> tuple[PoseSequence, list[Stand], NDArray[np.float64]]:
    """Place a body on its path over the floor.

    `pixels_a_metre` (frames,) are those at the body. The last that is returned are the levels
    (frames,) of the floors that it stands on.
    """
    body, sight, joints = seen.body, seen.sight, seen.joints
    floor, held = floor_under(joints, body)
    standing: NDArray[Any] = joints - floor[:, None, None] * [0, 1, 0]
    contacts = seen.contacts(standing, pixels_a_metre)
    levels = own_levels(joints, contacts, sight, body.valid, body.fps)
    if levels.any():
        floor = floor_below(floor, levels, joints, contacts, body.valid, body.fps)
        standing = joints - floor[:, None, None] * [0, 1, 0]
        on_level = standing - levels[:, None, None] * [0, 1, 0]
        contacts = seen.contacts(on_level, pixels_a_metre)
    if not seen.has_feet:
        contacts[:] = False
    elif foot_lock:
        for run in runs(body.valid):
            below = Below(floor[run], held[run], levels[run])
            shift = settle(joints[run], contacts[run], sight[run], below, body.fps)
            moved = joints[run] + shift[:, None]
            standing[run], contacts[run] = lock_feet(moved, contacts[run], body.fps, levels[run])
    stands = stands_of(body, sight, floor, contacts)
    free = joints.astype(np.float32) if foot_lock and contacts.any() else None
    person = replace(body, joints=standing, frame="scene", up=None, contacts=contacts, free=free)
    return person, stands, levels


def _in_place(seen: Seen) -> PoseSequence:
    """Place a body in the middle of its path, its lowest foot on the floor."""
    body, path = seen.body, seen.sight
    place = np.median(path[body.valid], axis=0) if body.valid.any() else np.zeros(3)
    joints: NDArray[Any] = seen.turned + place
    joints[..., 1] -= floor_height(joints, body)[:, None]
    return replace(body, joints=joints, frame="scene", up=None)


def about_the_middle(placed: Sequence[PoseSequence]) -> list[PoseSequence]:
    """Move the median place of all people on the floor to x = z = 0."""
    middle = np.median(np.concatenate([body.joints[body.valid, 0] for body in placed]), axis=0)
    middle[1] = 0.0
    return [replace(body, joints=(body.joints - middle).astype(np.float32)) for body in placed]
