"""Keeps standing feet from sliding and sinking: shifts the path a little, then bends the legs."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.ndimage import gaussian_filter1d, maximum_filter1d
from scipy.sparse.linalg import spsolve

from ..smoothing import runs
from .contacts import ANKLE_HEIGHT, ANKLES, LOWEST_ANKLE
from .extremities import carry, lay_soles
from .gliding import gliding
from .legs import LEGS, reach_for
from .supports import resting

# Expected errors of the terms of the least squares. Only their ratios matter.
PLACE_ACROSS, PLACE_ALONG = 0.03, 0.1  # metres: of the path, across and along the line of sight
FOOT_SPEED = 0.3  # metres a second: of the lifter's feet against its hips
BENDING = 1.0  # metres a second squared: of the correction
HEIGHT = 0.02  # metres: of the ankle of a foot that stands
GLIDING_HEIGHT = 0.04  # metres: of the ankle of a foot that glides
CLIMB = 0.1  # metres a second: of the height that the picture gives
FLOOR = 0.25  # metres: of the floor below the lowest foot

LONGEST_SHUFFLE = 0.20
"""Metres that a foot may creep during one contact; beyond, it was set down again."""
LIFTED = 0.1  # seconds in the air before it is set down again

EASE = 0.30  # seconds in which a lifted foot returns to its own path
SETTLING = 0.02  # seconds (standard deviation) in which a foot comes to rest or starts

STANDING_STRETCH = 0.99
"""Share of its length to which the leg of a standing foot stretches. The rest would move the knee
much for little reach."""

_DROP_WINDOW = 0.12  # seconds over which the lowering of a body is smoothed

_Vectors = NDArray[np.float64]


class Below(NamedTuple):
    """What is below a body at every time.

    ``floor`` (frames,) metres is the height of its lowest floor, below the lowest part of the body;
    ``held`` (frames,) where more than feet and hands carries it, so that the floor is just there;
    ``levels`` (frames,) metres how far above the lowest floor the one is on which it stands.
    """

    floor: NDArray[np.float64]
    held: NDArray[np.bool_]
    levels: NDArray[np.float64]


def settle(
    joints: _Vectors,
    contacts: NDArray[np.bool_],
    sight: _Vectors,
    below: Below,
    fps: Fraction,
) -> _Vectors:
    """Shift a body so that standing feet hardly move and are at floor height.

    Least squares over a stretch of frames: the body stays near its path, nearer across the line of
    sight than along it, where only its size gives the place. Feet in contact stand still, and
    corrections change smoothly.

    Parameters
    ----------
    joints
        (frames, 17, 3) metres, y up, height from the picture; every frame holds a pose.
    contacts
        (frames, 2) bool: left and right foot stand on the floor.
    sight
        (frames, 3) direction from the camera to the body, any length.
    below
        The floor.
    fps
        Frames per second.

    Returns
    -------
    NDArray
        (frames, 3) metres to add: in y the whole way to the lowest floor at y = 0.
    """
    shift = np.empty((len(joints), 3))
    glides = gliding(joints, contacts, below.floor, fps)
    sure = contacts * HEIGHT**-2 + glides * GLIDING_HEIGHT**-2
    shift[:, 1] = _climb(joints[:, ANKLES, 1], sure, below, float(fps))
    places, stand = joints[:, ANKLES], contacts
    if below.held.any():
        rests = resting(joints, below.floor, below.held, fps)
        body = joints[:, : rests.shape[1]]
        places, stand = np.concatenate([places, body], 1), np.concatenate([stand, rests], 1)
    shift[:, ::2] = _drift(places[..., ::2], stand, sight[:, ::2], float(fps))
    return shift


def _climb(
    ankles: NDArray[np.float64], sure: NDArray[np.float64], below: Below, fps: float
) -> NDArray[np.float64]:
    """Compute the shift in height (frames,) of ankles (frames, 2).

    `sure` (frames, 2) is how surely each is that of a foot on the floor, 1 over metres squared.
    """
    step = _differences(len(ankles), 1)
    matrix = (fps / CLIMB) ** 2 * step.T @ step
    known = FLOOR**-2 + below.held * HEIGHT**-2
    matrix += sparse.diags(known + sure.sum(axis=1))
    missing = sure * (ANKLE_HEIGHT + below.levels[:, None] - ankles)
    wanted = -below.floor * known + missing.sum(axis=1)
    return np.asarray(spsolve(matrix.tocsc(), wanted, permc_spec="NATURAL"))


def _drift(ankles: _Vectors, contacts: NDArray[np.bool_], sight: _Vectors, fps: float) -> _Vectors:
    """Compute the shift (frames, 2) over the floor of ankles (frames, feet, 2)."""
    frames = len(ankles)
    along = sight / np.linalg.norm(sight, axis=1, keepdims=True).clip(1e-9)
    outer = along[:, :, None] * along[:, None, :]
    place = PLACE_ALONG**-2 * outer + PLACE_ACROSS**-2 * (np.eye(2) - outer)

    step, bend = _differences(frames, 1), _differences(frames, 2)
    stays = (contacts[1:] & contacts[:-1]) * (fps / FOOT_SPEED) ** 2
    in_time = step.T @ sparse.diags(stays.sum(axis=1)) @ step
    in_time += (fps**2 / BENDING) ** 2 * bend.T @ bend
    slide = (stays[..., None] * np.diff(ankles, axis=0)).sum(axis=1)
    # Unknowns are x and z of frame after frame.
    matrix = sparse.kron(in_time, np.eye(2)) + sparse.block_diag(place)
    return np.asarray(
        spsolve(matrix.tocsc(), -(step.T @ slide).ravel(), permc_spec="NATURAL")
    ).reshape(frames, 2)


def _differences(frames: int, order: int) -> sparse.csr_matrix:
    """Return the matrix of differences of neighbouring frames, once or twice."""
    matrix = sparse.identity(frames, format="csr")
    for _ in range(order):
        matrix = matrix[1:] - matrix[:-1]
    return matrix


def lock_feet(
    joints: _Vectors,
    contacts: NDArray[np.bool_],
    fps: Fraction,
    levels: NDArray[np.float64] | None = None,
) -> tuple[_Vectors, NDArray[np.bool_]]:
    """Hold every standing foot in one place on the floor; bend the leg to reach it.

    Parameters
    ----------
    joints
        (frames, 17 or 25, 3) metres, scene frame; every frame holds a pose.
    contacts
        (frames, 2) bool: left and right foot stand on the floor.
    fps
        Frames per second.
    levels
        (frames,) metres of the floor that the body is above; None for 0.

    Returns
    -------
    joints, contacts
        Joints with unchanged bone lengths; contacts without the moments at which a foot was set
        down again.
    """
    rate = float(fps)
    floor = np.zeros(len(joints)) if levels is None else levels
    locked, held = joints.copy(), contacts.copy()
    targets = joints[:, ANKLES].copy()
    for foot in range(2):
        path = joints[:, ANKLES[foot]]
        held[:, foot] = _set_again(path, contacts[:, foot], rate)
        targets[:, foot] += _offsets(path, held[:, foot], rate, floor)
        # A foot does not stop and start at once, so these moments are no contact.
        targets[:, foot] = gaussian_filter1d(
            targets[:, foot], SETTLING * rate, axis=0, mode="nearest", truncate=2.0
        )
        held[:, foot] = _inner(held[:, foot], round(2 * SETTLING * rate))
    locked[..., 1] -= _drop(joints, targets, held, rate)[:, None]
    for foot, leg in enumerate(LEGS):
        own = np.linalg.norm(joints[:, leg.ankle] - joints[:, leg.hip], axis=1)
        longest = np.maximum(own, STANDING_STRETCH * leg.length(joints))
        reach_for(locked, leg, targets[:, foot], longest)
    carry(joints, locked)
    lay_soles(locked, held, floor, rate)
    return locked, held


def _set_again(path: _Vectors, contact: NDArray[np.bool_], fps: float) -> NDArray[np.bool_]:
    """Return a contact (frames,) without the frames at which the foot crept too far."""
    held = contact.copy()
    lifted = max(1, round(LIFTED * fps))
    pending = runs(held)
    while pending:
        run = pending.pop()
        place = path[run][:, ::2]
        if run.stop - run.start <= lifted or np.ptp(place, axis=0).max() <= LONGEST_SHUFFLE:
            continue
        reach = lifted // 2
        moved = np.linalg.norm(place[reach:] - place[: len(place) - reach], axis=1)
        moved *= np.sin(np.pi * (np.arange(len(moved)) + 0.5) / len(moved))  # prefers the middle
        middle = run.start + int(moved.argmax()) + reach // 2
        first, last = max(run.start, middle - reach), min(run.stop, middle + reach + 1)
        held[first:last] = False
        pending += [slice(run.start, first), slice(last, run.stop)]
    return held


def _inner(held: NDArray[np.bool_], frames: int) -> NDArray[np.bool_]:
    """Return contacts without this many frames at both ends, but for those of the clip."""
    inner = held.copy()
    for run in runs(~held):
        inner[max(0, run.start - frames) : run.stop + frames] = False
    return inner


def _offsets(
    path: _Vectors, held: NDArray[np.bool_], fps: float, floor: NDArray[np.float64]
) -> _Vectors:
    """Return offsets of an ankle's path (frames, 3) to its target, eased in and out of contacts."""
    fixed = np.zeros_like(path)
    for run in runs(held):
        anchor = np.median(path[run], axis=0)
        anchor[1] = ANKLE_HEIGHT + np.median(floor[run])
        fixed[run] = anchor - path[run]
    offsets = eased(fixed, held, fps)
    low = LOWEST_ANKLE + floor - (path[:, 1] + offsets[:, 1])
    offsets[:, 1] += np.maximum(low, 0.0)
    return offsets


def eased(fixed: _Vectors, held: NDArray[np.bool_], fps: float) -> _Vectors:
    """Let offsets (frames, 3) that hold during contacts (frames,) come and go around them."""
    frame, never = np.arange(len(held)), 2 * len(held)
    before = np.maximum.accumulate(np.where(held, frame, -never))
    after = np.minimum.accumulate(np.where(held, frame, len(held) + never)[::-1])[::-1]
    # Between two near contacts one offset blends into the other.
    ease = np.minimum(EASE * fps + 1, np.maximum(after - before, 1))
    offsets = fixed.copy()
    for nearest in (before, after):
        share = np.clip(1 - np.abs(frame - nearest) / ease, 0, 1)
        share = np.where(held, 0.0, share**2 * (3 - 2 * share))
        offsets += share[:, None] * fixed[np.clip(nearest, 0, len(held) - 1)]
    return offsets


def _drop(
    joints: _Vectors, targets: _Vectors, held: NDArray[np.bool_], fps: float
) -> NDArray[np.float64]:
    """Return the metres (frames,) to lower the body so that its legs reach their targets."""
    needed = np.zeros(len(joints))
    for foot, leg in enumerate(LEGS):
        hip = joints[:, leg.hip]
        aside = np.linalg.norm((targets[:, foot] - hip)[:, ::2], axis=1)
        length = STANDING_STRETCH * leg.length(joints)
        down = np.sqrt(np.maximum(length**2 - aside**2, 0.0))
        missing = hip[:, 1] - targets[:, foot, 1] - down
        needed = np.maximum(needed, np.where(held[:, foot], missing, 0.0))
    window = max(1, round(_DROP_WINDOW * fps))
    widened = maximum_filter1d(needed, 2 * window + 1, mode="nearest")
    return np.asarray(gaussian_filter1d(widened, window / 2, mode="nearest", truncate=2.0))
