"""Figures of how bodies meet the floor, as the field publishes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..poses import PoseSequence
from ..skeleton import H36M17
from ..smoothing import runs
from .contacts import ANKLE_HEIGHT, ANKLES
from .supports import CLEARANCE, lying, standing_height

OWN_FLOOR = 0.25  # metres above the scene's from which a person stands on another floor


@dataclass(frozen=True)
class ContactFigures:
    """How one person meets the floor; None where nothing was measured.

    Parameters
    ----------
    share
        Share of the frames with a pose, in 0..1, in which a foot stands.
    rests
        Share of those in which more than feet and hands is on the floor: knees, the seat, the back.
    skate
        Mean distance in millimetres that a standing ankle moves over the floor from one frame to
        the next.
    penetration
        Mean depth in millimetres, over all frames with a pose, of the lowest joint below where it
        is when its part of the body lies on the floor.
    floating
        Mean height in millimetres of a standing ankle above that of a foot on the floor, and of the
        lowest part of a body that rests.
    jerk
        Mean third derivative of all joints, metres a second cubed.
    """

    share: float | None = None
    rests: float | None = None
    skate: float | None = None
    penetration: float | None = None
    floating: float | None = None
    jerk: float | None = None


def contact_figures(person: PoseSequence) -> ContactFigures:
    """Measure one person, on the floor of the scene or, well above it, on one of their own.

    Parameters
    ----------
    person
        Scene frame; of joints other than H36M-17 only the jerk is measured.
    """
    person = person.of_body()
    joints = person.joints.astype(np.float64)
    parts = runs(person.valid)
    if not parts or person.contacts is None or person.joint_set is not H36M17:
        return ContactFigures(jerk=_jerk(joints, parts, float(person.fps)))
    contacts = person.contacts
    joints[..., 1] -= _own_floors(joints[:, ANKLES, 1], contacts)[:, None]
    ankles = joints[:, ANKLES]
    steps = [np.linalg.norm(np.diff(ankles[part][..., ::2], axis=0), axis=-1) for part in parts]
    held = [contacts[part][1:] & contacts[part][:-1] for part in parts]
    lowest = (joints[..., 1] - CLEARANCE).min(axis=1)
    rests = np.zeros(len(person), bool)
    for part in parts:
        rests[part] = lying(joints[part], np.zeros(part.stop - part.start), person.fps)
    lowest_of_lying = standing_height(joints[rests]) - ANKLE_HEIGHT
    above = np.concatenate([ankles[contacts][:, 1] - ANKLE_HEIGHT, lowest_of_lying])
    return ContactFigures(
        share=float(contacts[person.valid].any(axis=1).mean()),
        rests=float(rests[person.valid].mean()),
        skate=_millimetres(np.concatenate([s[h] for s, h in zip(steps, held, strict=True)])),
        penetration=_millimetres(np.maximum(-lowest[person.valid], 0.0)),
        floating=_millimetres(np.maximum(above, 0.0)),
        jerk=_jerk(joints, parts, float(person.fps)),
    )


def _own_floors(ankles: NDArray[np.float64], contacts: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the floor (frames,) that is told from standing ankles (frames, 2), metres.

    It is the scene's, 0, but where feet stand well above it; in the air that of the last stand.
    """
    floors, last = np.zeros(len(ankles)), None
    for stand in runs(np.asarray(contacts.any(axis=1))):
        own = float(np.median(ankles[stand][contacts[stand]])) - ANKLE_HEIGHT
        own = own if own > OWN_FLOOR else 0.0
        if last is not None and abs(own - last) < OWN_FLOOR:
            own = last
        floors[0 if last is None else stand.start :] = own
        last = own
    return floors


def _millimetres(metres: NDArray[np.float64]) -> float | None:
    return round(1000 * float(metres.mean()), 3) if metres.size else None


def _jerk(joints: NDArray[np.float64], parts: list[slice], fps: float) -> float | None:
    third = [np.diff(joints[part], 3, axis=0) for part in parts]
    lengths = [np.linalg.norm(one, axis=-1).ravel() for one in third]
    values = np.concatenate([np.zeros(0), *lengths])
    return round(float(values.mean()) * fps**3, 2) if values.size else None
