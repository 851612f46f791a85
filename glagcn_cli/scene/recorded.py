"""Places poses that another program recorded in a scene: upright, on a floor, with feet that stand.

Unlike a lifter's, such poses may bring their own path, and there is no picture to take it from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..poses import PoseSequence
from ..smoothing import low_pass, runs
from .choices import SceneChoices
from .contacts import ANKLE_HEIGHT, find_contacts_of, own_evidence
from .floor_height import floor_height
from .foot_lock import lock_feet
from .gravity import CAMERA_UP, scene_up, upright
from .placing import about_the_middle, as_one_body, scene_axes
from .stature import scale_to, scaled
from .supports import standing_height

FLOOR_SHARE = 5
"""Percent of the frames whose lower ankle is at the floor or below it, where the floor is one."""


def recorded_to_scene(
    sequences: Sequence[PoseSequence], choices: SceneChoices, *, level: bool, travels: bool
) -> list[PoseSequence]:
    """Place recorded poses in one scene.

    Parameters
    ----------
    sequences
        Axes x right, y down, z away, metres; all people of a clip, on their paths.
    choices
        Settings of the scene; field of view and moving camera have no meaning.
    level
        Up is exactly against y; otherwise it is found from the people, as for a camera.
    travels
        The roots have a path; otherwise everybody stays in place and the floor follows the feet.

    Returns
    -------
    list of PoseSequence
        As `glagcn_cli.scene.placing.to_scene`; contacts are set where people travel.
    """
    if not any(sequence.valid.any() for sequence in sequences):
        return [replace(sequence, frame="scene") for sequence in sequences]
    # The sizes of feet and floors are in metres.
    sequences = _at_height(sequences, choices.height)
    paths = [sequence.joints[:, :1].astype(np.float64) for sequence in sequences]
    steady = [
        as_one_body(replace(one, joints=(one.joints - path).astype(np.float32)), choices.cutoff)
        for one, path in zip(sequences, paths, strict=True)
    ]
    level = level or choices.level
    up = CAMERA_UP if level else scene_up(steady)
    axes = scene_axes(up)
    placed = []
    for body, path in zip(steady, paths, strict=True):
        own = np.eye(3) if level else upright(body, up)
        turned = (body.joints @ own.T) @ axes.T
        smooth = low_pass(path[:, 0], body.valid, body.fps, choices.cutoff)
        standing = turned + (smooth @ axes.T)[:, None] * travels
        standing[..., 1] -= _floor(standing, body, level, travels, choices.cutoff)[:, None]
        body = replace(body, joints=standing.astype(np.float32), frame="scene")
        placed.append(_standing(body, standing, choices.foot_lock) if travels else body)
    return _at_height(about_the_middle(placed), choices.height)


def _at_height(people: Sequence[PoseSequence], height: float | None) -> list[PoseSequence]:
    scale = scale_to(people, height)
    return [scaled(body, scale) for body in people]


def _floor(
    joints: NDArray[np.float64], body: PoseSequence, level: bool, travels: bool, cutoff: float
) -> NDArray[np.float64]:
    """Return the height of the floor (frames,).

    It is one height where path and up are known, and follows the feet over time where a camera's
    are less sure. Bodies that hang by their root stand on their lowest joint in every frame.
    """
    lowest = standing_height(joints)
    if not travels:
        return low_pass(lowest - ANKLE_HEIGHT, body.valid, body.fps, cutoff)
    if not level:
        return floor_height(joints, body)
    floor = np.percentile(lowest[body.valid], FLOOR_SHARE) - ANKLE_HEIGHT
    return np.full(len(joints), floor)


def _standing(body: PoseSequence, standing: NDArray[np.float64], foot_lock: bool) -> PoseSequence:
    """Find the contacts of the feet, and hold those that stand."""
    contacts = find_contacts_of(own_evidence(body, standing), body)
    free = standing.astype(np.float32) if foot_lock and contacts.any() else None
    if foot_lock:
        for run in runs(body.valid):
            standing[run], contacts[run] = lock_feet(standing[run], contacts[run], body.fps)
    return replace(body, joints=standing.astype(np.float32), contacts=contacts, free=free)
