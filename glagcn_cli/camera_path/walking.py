"""Finds how a camera turns while it walks, from points that pass each other (essential matrices).

Two pictures of one background tell the turn between them and the direction of the way, whatever
the distances. Turns are chained over steps of up to a second; places in between are found from the
points whose distances the step tells.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from .parallax_tracks import Tracks
from .path import WALKING, CameraPath, interpolated

PIXEL = 1 / 480
"""Expected size of a pixel that points are followed in, over the longer side."""

LONGEST_STEP = 1.0  # seconds
FEWEST = 20  # points that two looks must share
AGREE = 1.0  # pixels by which a point may miss its line
MAJORITY = 0.6  # share of the points that must agree
TURNS_ALONE = 0.6
"""Pixels within which the median point follows a turn alone: no way is seen, nor needed."""
SURE = 2.0  # degrees of expected error of the turn of a step, at most
LONGEST_UNSEEN = 1.0  # seconds at either end, and between two looks

_Array = NDArray[np.float64]
_IDENTITY = np.eye(3)


class Step(NamedTuple):
    """Turn (3, 3) from one look to another, its expected error in radians, and the way.

    ``way`` is (3,) in the axes of the later look, of length 1; zero where none is seen.
    ``parallax`` is the share of the points, in 0..1, that the way explains and no turn and zoom.
    """

    turn: _Array
    error: float
    way: _Array
    parallax: float = 0.0


class Walk(NamedTuple):
    """The turns of a camera that walks, and the mean `Step.parallax` of its steps."""

    path: CameraPath
    parallax: float


def walking_path(
    tracks: Tracks, frames: int, image_size: tuple[int, int], fps: float, focal: float
) -> Walk | None:
    """Find the turns of a camera that walks; None where the background does not tell them.

    Parameters
    ----------
    tracks
        Points of the background of a shot.
    frames
        Length of the shot.
    image_size
        (width, height) in pixels.
    fps
        Frames per second.
    focal
        Focal length in pixels.
    """
    looks = [look.frame for look in tracks.looks]
    gaps = np.diff([0, *looks, frames - 1])
    if len(looks) < 2 or gaps.max() > LONGEST_UNSEEN * fps:
        return None
    turns, errors, now = [_IDENTITY], [0.0], 0
    parallax = np.zeros(len(looks))
    while now < len(looks) - 1:
        found = _next_step(tracks, now, looks, image_size, fps, focal)
        if found is None:
            return None
        last, step = found
        parallax[now:last] = step.parallax
        between = _between(tracks, now, last, step, image_size, focal)
        turns += [turn @ turns[now] for turn in between]
        errors += list(np.hypot(errors[now], step.error * np.ones(len(between))))
        now = last
    everywhere = np.arange(frames)
    known = np.zeros(frames, bool)
    known[looks] = True
    path = CameraPath(
        WALKING, interpolated(np.array(turns), np.array(looks), frames), np.full(frames, focal),
        np.degrees(np.interp(everywhere, looks, errors)), np.zeros(frames), known, oriented=True,
    )  # fmt: skip
    return Walk(path, float(np.average(parallax[:-1], weights=np.diff(looks))))


def _next_step(
    tracks: Tracks, first: int, looks: list[int], image_size: tuple[int, int], fps: float,
    focal: float,
) -> tuple[int, Step] | None:  # fmt: skip
    """Return the farthest look within a step's time whose turn is sure, and the step."""
    last = first + 1
    while last + 1 < len(looks) and looks[last + 1] - looks[first] <= LONGEST_STEP * fps:
        last += 1
    while last > first:
        then, now = (_flat(p, image_size, focal) for p in tracks.shared(first, last))
        if len(then) >= FEWEST:
            step = step_between(then, now, max(image_size) * PIXEL / focal)
            if step is not None:
                return last, step
        last = first + (last - first) // 2
    return None


def step_between(then: _Array, now: _Array, pixel: float) -> Step | None:
    """Find the turn between two pictures of one background; None where it is unsure.

    Parameters
    ----------
    then, now
        (n, 2) places of points in focal lengths from the middle.
    pixel
        Size of a pixel in focal lengths.
    """
    turn, missed = _turn_alone(then, now)
    if np.median(missed) < TURNS_ALONE * pixel:
        return Step(turn, float(np.median(missed)) / np.sqrt(len(then)), np.zeros(3))
    # OpenCV's robust fits know pixels, and mistake parts of them.
    lens = np.diag([1 / pixel, 1 / pixel, 1.0])
    essential, mask = cv2.findEssentialMat(
        then / pixel, now / pixel, lens, method=cv2.USAC_MAGSAC, prob=0.999, threshold=AGREE
    )
    if essential is None or essential.shape != (3, 3) or mask.mean() < MAJORITY:
        return None
    agree = mask[:, 0] > 0
    pose = cv2.recoverPose(essential, then[agree], now[agree], _IDENTITY)
    in_front, turn, way = pose[0], *(np.asarray(one, np.float64) for one in pose[1:3])
    if in_front < MAJORITY * agree.sum():
        return None
    step = _refined(then[agree], now[agree], turn, way[:, 0], pixel)
    _, one = cv2.findHomography(then / pixel, now / pixel, cv2.USAC_MAGSAC, AGREE)
    moves_as_one = 0.0 if one is None else float(one.mean())
    return step and step._replace(parallax=float(agree.mean()) - moves_as_one)


def _turn_alone(then: _Array, now: _Array) -> tuple[_Array, _Array]:
    """Return the turn (3, 3) that takes most directions to others, and what is missed (n,)."""
    before, after = _rays(then), _rays(now)
    weight = np.ones(len(before))
    for _ in range(8):
        turn = Rotation.align_vectors(after, before, weights=weight)[0].as_matrix()
        missed = np.linalg.norm(before @ turn.T - after, axis=1)
        weight = 1 / np.maximum(missed, np.median(missed) + 1e-9)
    return turn, missed


def _refined(then: _Array, now: _Array, turn: _Array, way: _Array, pixel: float) -> Step | None:
    """Fit turn and way to all points; None where they are unsure."""
    before, after = (np.column_stack([p, np.ones(len(p))]) for p in (then, now))
    aside = np.linalg.svd(way[None])[2][1:]

    def pose(unknowns: _Array) -> tuple[_Array, _Array]:
        direction = way + unknowns[3:] @ aside
        rotation = Rotation.from_rotvec(unknowns[:3]).as_matrix() @ turn
        return rotation, direction / np.linalg.norm(direction)

    def missed(unknowns: _Array) -> _Array:
        rotation, direction = pose(unknowns)
        essential = _cross(direction) @ rotation
        lines, back = before @ essential.T, after @ essential
        off = (after * lines).sum(axis=1)
        slope = (lines[:, :2] ** 2).sum(axis=1) + (back[:, :2] ** 2).sum(axis=1)
        return off / np.sqrt(slope + 1e-18) / (AGREE * pixel)

    found = least_squares(missed, np.zeros(5), loss="soft_l1", x_scale=0.1, max_nfev=20)
    normal = found.jac.T @ found.jac
    noise = max(float(np.mean(found.fun**2)), 0.01)
    spread = np.linalg.pinv(normal, hermitian=True) * noise
    error = float(np.sqrt(np.trace(spread[:3, :3])))
    if np.degrees(error) > SURE:
        return None
    rotation, direction = pose(found.x)
    return Step(rotation, error, direction)


def _between(
    tracks: Tracks, first: int, last: int, step: Step, image_size: tuple[int, int], focal: float
) -> list[_Array]:
    """Return turns (3, 3) since the first look for those after it, up to the last of a step."""
    ends = Rotation.from_matrix(step.turn).as_rotvec()
    frames = [look.frame for look in tracks.looks]
    turns = []
    for look in range(first + 1, last):
        share = (frames[look] - frames[first]) / (frames[last] - frames[first])
        guess = Rotation.from_rotvec(share * ends).as_matrix()
        turns.append(_turn_of(tracks, first, look, last, step, guess, image_size, focal))
    return [*turns, step.turn]


def _turn_of(
    tracks: Tracks, first: int, look: int, last: int, step: Step, guess: _Array,
    image_size: tuple[int, int], focal: float,
) -> _Array:  # fmt: skip
    """Return the turn at a look between both ends of a step, by the points seen in all three."""
    a, b, c = (tracks.looks[k] for k in (first, look, last))
    common = np.intersect1d(np.intersect1d(a.points, b.points), c.points)
    then, now, end = (
        _flat(one.places[np.searchsorted(one.points, common)], image_size, focal)
        for one in (a, b, c)
    )
    if len(common) < FEWEST:
        return guess
    if not step.way.any():
        return _turn_alone(then, now)[0]
    points = cv2.triangulatePoints(
        np.eye(3, 4), np.column_stack([step.turn, step.way]), then.T, end.T
    )
    depth = points[2] / np.where(np.abs(points[3]) < 1e-6, 1e-6, points[3])
    good = (depth > 0) & (depth < 1e3)
    if good.sum() < FEWEST:
        return guess
    places = (points[:3, good] / points[3, good]).T
    share = (b.frame - a.frame) / (c.frame - a.frame)
    found, vector, _ = cv2.solvePnP(
        places, now[good], _IDENTITY, None, cv2.Rodrigues(guess)[0], step.way[:, None] * share,
        useExtrinsicGuess=True,
    )  # fmt: skip
    turn = np.asarray(cv2.Rodrigues(vector)[0], np.float64)
    off = np.linalg.norm(Rotation.from_matrix(turn @ guess.T).as_rotvec())
    return turn if found and off < np.radians(5) else guess


def _cross(vector: _Array) -> _Array:
    """Return the matrix of a cross product from the left."""
    x, y, z = vector
    return np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])


def _flat(places: NDArray[np.floating], image_size: tuple[int, int], focal: float) -> _Array:
    middle = (np.array(image_size, np.float64) - 1) / 2
    return np.ascontiguousarray((places - middle) / focal)


def _rays(places: _Array) -> _Array:
    rays = np.column_stack([places, np.ones(len(places))])
    return np.asarray(rays / np.linalg.norm(rays, axis=1, keepdims=True))
