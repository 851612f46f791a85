"""Clips of known people: real people's detections, moved along known paths.

The poses are those that the program's 2D stage found in real clips, frame after frame, so that they
move as people and as detections do. Only where they are is made up, and what a detector makes of
people who cover each other, leave the picture or are missed for a moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.tracking.scenes import KINDS, SIZE, Part
from glagcn_cli.camera_path.carried import CarriedPlaces
from glagcn_cli.detection.clothes import EVERY, LEAST_SHOWN, shown_shares
from glagcn_cli.poses import CLOTHES_SHAPE, FrameDetections, Keypoints2D

NOBODY = -1
"""True identity of a false detection."""

_Array = NDArray[np.float64]

_HIDDEN = (0.45, 0.75)  # share of the joints that is covered from which the one behind is not found
_TOUCHED = 0.25  # share from which joints behind another person are guessed
_FOLLOWED = 1.5  # pixels: error of the background's place
_NOISE = 0.012  # of a person's height: error of a joint
_GUESSED = 0.08  # of a person's height: error of a joint that is covered
_MISSED, _MISSED_FRAMES = 0.008, 4.0  # rate of missed people, and number of frames
_DOUBLED = 0.03  # rate of double detections
_FALSE, _FALSE_FRAMES = 0.01, 3.0  # how often something is taken for a person, and for how long
_FALSE_COLOURS = ((3.5, -0.3, -0.5, 0.3), (5.2, 0.3, 0.3, 0.7))
"""Least and most of the clothes of what is taken for a person, as of `FrameDetections`."""

_WHOLE = 0.6  # mean score of an actor's joints, at least
_OUTSIDE = 0.6  # share of the joints outside the picture from which a person is not found


@dataclass(frozen=True)
class Actor:
    """Somebody's poses: (frames, 17, 2) heights from the box's middle, and scores (frames, 17).

    ``facing`` is the direction of walking, -1 or 1, or 0 for a person who does not walk;
    ``clothes`` (frames, 2, 4) as of `FrameDetections`, each frame's from the nearest one in which
    they were looked at, and 0 where there is none.
    """

    points: _Array
    scores: _Array
    facing: int
    clothes: _Array


@dataclass(frozen=True)
class KnownClip:
    """Detections of a clip, and the person of each (`NOBODY` for none).

    ``cast`` has the number of the actor of each person: those of one wear the same. ``background``
    is where it lies, as the program follows it, before a camera that moves.
    """

    kind: str
    frames: list[FrameDetections]
    identities: list[NDArray[np.int64]]
    cast: tuple[int, ...] = ()
    background: CarriedPlaces = field(default_factory=CarriedPlaces.still)


def actors_of(
    people: Sequence[Keypoints2D],
    least_seconds: float = 1.5,
    clothes: Sequence[_Array | None] | None = None,
) -> list[Actor]:
    """Return stretches of tracks without a gap, as poses without a place.

    People who are hardly seen, such as those who leave the picture, are no whole poses. `clothes`
    are of each person, (frames, 2, 4), None where nobody looked.
    """
    found = []
    for person, worn in zip(people, clothes or [None] * len(people), strict=True):
        whole = person.valid & (person.scores.mean(axis=1) >= _WHOLE)
        ends = np.flatnonzero(np.diff(np.r_[0, whole.astype(int), 0]))
        for start, stop in ends.reshape(-1, 2):
            if stop - start < least_seconds * person.fps:
                continue
            points = person.keypoints[start:stop].astype(np.float64)
            middle = (points.min(axis=1) + points.max(axis=1)) / 2
            height = np.percentile(np.ptp(points[..., 1], axis=1), 90)
            moved = (middle[-1, 0] - middle[0, 0]) / height
            scores = person.scores[start:stop].astype(np.float64)
            facing = int(np.sign(moved)) if abs(moved) > 0.5 else 0
            seen = np.zeros((len(points), *CLOTHES_SHAPE)) if worn is None else worn[start:stop]
            found.append(Actor((points - middle[:, None]) / height, scores, facing, _held(seen)))
    return found


def _held(clothes: _Array) -> _Array:
    """Give each frame of clothes (frames, 2, 4) what was seen in the nearest one."""
    held = clothes.copy()
    for part in range(clothes.shape[1]):
        seen = np.flatnonzero(clothes[:, part, 3] > 0)
        if len(seen):
            nearest = np.abs(np.arange(len(clothes))[:, None] - seen).argmin(axis=1)
            held[:, part] = clothes[seen[nearest], part]
    return held


def make_clip(kind: str, actors: Sequence[Actor], seed: int) -> KnownClip:
    """Make one clip of a kind of `KINDS`."""
    rng = np.random.default_rng([seed, sorted(KINDS).index(kind)])
    parts = KINDS[kind](rng)
    bodies, cast = [], []
    for part in parts:
        cast.append(int(rng.integers(len(actors))))
        bodies.append(_body(part, actors[cast[-1]], rng))
    frames, identities = [], []
    limits = rng.uniform(*_HIDDEN, len(parts))
    missed = [_stretches(rng, len(parts[0].path), _MISSED, _MISSED_FRAMES) for _ in parts]
    false = _false_people(rng, actors, len(parts[0].path))
    for t in range(len(parts[0].path)):
        seen = [
            _Seen(who, points[t], scores[t], parts[who].height[t], clothes[t])
            for who, (points, scores, clothes) in enumerate(bodies)
            if parts[who].there[t]
        ]
        found = _detect(rng, seen, limits)
        found = [one for one in found if not missed[one.who][t]]
        found = _with_clothes_in_front(found, seen)
        found += [
            one._replace(
                points=one.points + rng.normal(0, 0.04 * one.height, (17, 2)),
                scores=0.6 * one.scores,
            )
            for one in found
            if rng.random() < _DOUBLED
        ]
        found += [one[t] for one in false if t in one]
        order = rng.permutation(len(found))
        frames.append(_frame([found[k] for k in order], t))
        identities.append(np.array([found[k].who for k in order], np.int64))
    return KnownClip(kind, frames, identities, tuple(cast), _background(rng, parts[0].camera))


def _background(rng: np.random.Generator, camera: _Array | None) -> CarriedPlaces:
    """Return where the background lies before a camera (frames, 2), with errors of each frame."""
    if camera is None:
        return CarriedPlaces.still()
    measured = camera + rng.normal(0, _FOLLOWED, camera.shape)
    shift = measured[:, 0] + 1j * measured[:, 1]
    return CarriedPlaces(np.ones(len(camera), complex), shift, np.zeros(len(camera), np.intp))


class _Seen(NamedTuple):
    """A person of a frame; ``front`` is who stands before them, where somebody does."""

    who: int
    points: _Array
    scores: _Array
    height: float
    clothes: _Array
    front: int = NOBODY


def _with_clothes_in_front(found: Sequence[_Seen], seen: Sequence[_Seen]) -> list[_Seen]:
    """Give those who stand behind somebody who is not found the clothes of that person."""
    there = {one.who for one in found} | {NOBODY}
    worn = {one.who: one.clothes for one in seen}
    return [one if one.front in there else one._replace(clothes=worn[one.front]) for one in found]


def _body(part: Part, actor: Actor, rng: np.random.Generator) -> tuple[_Array, _Array, _Array]:
    """Return points (frames, 17, 2), scores and clothes of who plays a part, to and fro."""
    length, count = len(actor.points), len(part.path)
    turn = max(1, 2 * (length - 1))
    phase = (np.arange(count) + rng.integers(turn)) % turn
    frame = np.minimum(phase, turn - phase)
    points = actor.points[frame].copy()
    going = np.sign(np.gradient(part.path[:, 0]))
    if actor.facing:
        points[going == -actor.facing, :, 0] *= -1
    elif rng.random() < 0.5:
        points[..., 0] *= -1
    points *= (1 + rng.normal(0, 0.04, (1, 17, 1))) * part.height[:, None, None]
    path = part.path if part.camera is None else part.path - part.camera
    return points + path[:, None], actor.scores[frame], actor.clothes[frame]


def _detect(rng: np.random.Generator, seen: Sequence[_Seen], limits: _Array) -> list[_Seen]:
    """Return the detections of a frame's people, who may cover each other."""
    found = []
    for who, points, scores, height, clothes, _ in seen:
        before = NOBODY
        points = points + rng.normal(0, _NOISE * height, (17, 2))
        scores = scores * rng.uniform(0.9, 1.0, 17)
        hidden = False
        for other, front, _, tall, _, _ in seen:
            if tall <= height or other == who:
                continue
            low, high = front.min(axis=0), front.max(axis=0)
            margin = 0.12 * (high - low)
            covered = ((points > low + margin) & (points < high - margin)).all(axis=1)
            hidden |= bool(covered.mean() > limits[who])
            if covered.mean() > _TOUCHED:
                before = other
                guess = np.where(rng.random((17, 1)) < 0.4, front, points)
                guess = guess + rng.normal(0, _GUESSED * height, (17, 2))
                points = np.where(covered[:, None], guess, points)
                scores = np.where(covered, 0.5 * scores, scores)
        outside = ((points < 0) | (points > SIZE)).any(axis=1)
        if not hidden and outside.mean() <= _OUTSIDE:
            scores = np.where(outside, 0.2 * scores, scores)
            found.append(_Seen(who, np.clip(points, 0, SIZE), scores, height, clothes, before))
    return found


def _stretches(rng: np.random.Generator, frames: int, often: float, long: float) -> _Array:
    """Draw short stretches of frames (frames,) bool with this frequency and length."""
    marks = np.zeros(frames, bool)
    for start in np.flatnonzero(rng.random(frames) < often):
        marks[start : start + rng.geometric(1 / long)] = True
    return marks


def _false_people(
    rng: np.random.Generator, actors: Sequence[Actor], frames: int
) -> list[dict[int, _Seen]]:
    """Draw things mistaken for people for a moment: the detection in each of their frames."""
    found = []
    for start in np.flatnonzero(rng.random(frames) < _FALSE):
        actor, height = actors[int(rng.integers(len(actors)))], rng.uniform(100, 300)
        place = rng.uniform([100, 150], [SIZE[0] - 100, SIZE[1] - 150])
        points = np.clip(actor.points[0] * height + place, 0, SIZE)
        last = start + rng.geometric(1 / _FALSE_FRAMES)
        colours = np.random.default_rng(start).uniform(*_FALSE_COLOURS, (2, 4))
        found.append({
            t: _Seen(
                NOBODY, points + rng.normal(0, 0.03 * height, (17, 2)), np.full(17, 0.35), height,
                colours,
            )
            for t in range(start, last)
        })  # fmt: skip
    return found


def _frame(found: Sequence[_Seen], number: int) -> FrameDetections:
    """Return detections, with clothes where it is the frame's turn and nobody is in the way."""
    points = np.array([one.points for one in found], np.float32).reshape(-1, 17, 2)
    scores = np.array([one.scores for one in found], np.float32).reshape(-1, 17)
    boxes = np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)
    margin = 0.04 * (boxes[:, 3:] - boxes[:, 1:2]) * np.array([-1, -1, 1, 1])
    frame = FrameDetections(
        (boxes + margin).astype(np.float32), scores.mean(axis=1), points, scores
    )
    clothes = np.array([one.clothes for one in found], np.float32).reshape(-1, *CLOTHES_SHAPE)
    if number % EVERY or not len(found):
        return replace(frame, clothes=np.zeros_like(clothes))
    shown = shown_shares(frame, SIZE)
    clothes[..., 3] *= np.where(shown >= LEAST_SHOWN, shown, 0)
    return replace(frame, clothes=np.where(clothes[..., 3:] > 0, clothes, 0))
