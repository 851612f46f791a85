"""Joints of people who hardly move, or move evenly: interpolated between two key frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..poses import FrameDetections
from ..similarity import SEEN, size
from ..video.picture import AnyFrame
from .interface import Boxes, KeypointDetector
from .key_boxes import NOT_THERE, Between, largest

STILL = 0.05
"""Greatest way of a joint from one key frame to the next, as a share of the person's size, up to
which its person is still."""

EVEN = 0.05
"""Greatest distance of a joint in a key frame from the middle between the key frames around, as a
share of the person's size, up to which its person moves evenly. Half way between key frames the
joint is then off by a quarter of it."""


class InBetween(NamedTuple):
    """People of a frame who lie between two key frames: ``rows`` (people,) bool says who."""

    place: Between
    rows: NDArray[np.bool_]


def with_joints(
    keypoints: KeypointDetector, frames: Sequence[AnyFrame], boxes: Sequence[Boxes]
) -> list[FrameDetections]:
    """Find the joints of the people of each frame whose boxes are known."""
    poses = keypoints(frames, [inside.boxes for inside in boxes])
    return [
        FrameDetections(inside.boxes, inside.scores, pose.keypoints, pose.scores)
        for inside, pose in zip(boxes, poses, strict=True)
    ]


def with_joints_of_those_who_move(
    keypoints: KeypointDetector,
    frames: Sequence[AnyFrame],
    boxes: Sequence[Boxes],
    between: Mapping[int, Between],
    last: FrameDetections | None,
) -> tuple[list[FrameDetections], dict[int, InBetween]]:
    """Find joints in all frames but those of people who are still or move evenly.

    Parameters
    ----------
    keypoints
        The network.
    frames, boxes
        A batch, and the people in each.
    between
        Frames by their numbers that lie between key frames, and who is in both.
    last
        The frame before the first.

    Returns
    -------
    found
        People of each frame.
    guessed
        Whose joints were interpolated, by the numbers of the frames.
    """
    looked_at = [index for index in range(len(frames)) if index not in between]
    joints = with_joints(
        keypoints, [frames[index] for index in looked_at], [boxes[index] for index in looked_at]
    )
    found = dict(zip(looked_at, joints, strict=True))
    if last is not None:
        found[-1] = last
    guessed = {
        index: _interpolated(found[place.before], found[place.after], place, boxes[index])
        for index, place in between.items()
    }
    chain = _Chain(found, between)
    moving = {index: ~_known(chain, place, boxes[index]) for index, place in between.items()}
    still = {index: InBetween(between[index], ~rows) for index, rows in moving.items()}
    wanted = [index for index in between if moving[index].any()]
    some = [
        Boxes(boxes[index].boxes[moving[index]], boxes[index].scores[moving[index]])
        for index in wanted
    ]
    rest = with_joints(keypoints, [frames[index] for index in wanted], some) if wanted else []
    for index, people in zip(wanted, rest, strict=True):
        guessed[index].keypoints[moving[index]] = people.keypoints
        guessed[index].scores[moving[index]] = people.scores
    found |= guessed
    return [found[index] for index in range(len(frames))], still


def _interpolated(
    before: FrameDetections, after: FrameDetections, place: Between, boxes: Boxes
) -> FrameDetections:
    """Return the people of a frame; part of the way between their poses who is in both others."""
    there = place.rows[:, 0] != NOT_THERE
    keypoints = np.zeros((len(boxes), *after.keypoints.shape[1:]), np.float32)
    scores = np.zeros(keypoints.shape[:2], np.float32)
    first, second = place.rows[there].T
    keypoints[there] = _mixed(place, before.keypoints[first], after.keypoints[second])
    scores[there] = _mixed(place, before.scores[first], after.scores[second])
    return FrameDetections(boxes.boxes, boxes.scores, keypoints, scores)


def with_points_between(
    people: Sequence[FrameDetections],
    guessed: Mapping[int, InBetween],
    last: FrameDetections | None,
    joints: slice,
) -> None:
    """Interpolate joints, and hands, of people whose body's joints were interpolated, in place.

    Parameters
    ----------
    people
        Of each frame of a batch.
    guessed
        As `with_joints_of_those_who_move` returns it.
    last
        The frame before the first.
    joints
        Which; a point that one of the key frames lacks has score 0.
    """
    for index, (place, rows) in guessed.items():
        before = last if place.before < 0 else people[place.before]
        here, after = people[index], people[place.after]
        if before is None:
            continue
        at, (first, second) = np.flatnonzero(rows), place.rows[rows].T
        seen = before.scores[first, joints], after.scores[second, joints]
        points = before.keypoints[first, joints], after.keypoints[second, joints]
        both = np.minimum(*seen) > 0
        here.scores[at, joints] = np.where(both, _mixed(place, *seen), 0)
        here.keypoints[at, joints] = np.where(
            both[..., None], _mixed(place, *points), here.keypoints[at, joints]
        )
        if here.hands is not None and before.hands is not None and after.hands is not None:
            hands = before.hands[first], after.hands[second]
            whole = np.minimum(hands[0][..., :1, 5:], hands[1][..., :1, 5:]) > 0
            here.hands[at] = np.where(whole, _mixed(place, *hands), 0)


def _mixed(
    place: Between, one: NDArray[np.float32], other: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return what lies between two arrays of a frame's key frames."""
    share = np.float32(place.share)
    return (1 - share) * one + share * other


class _Chain:
    """People followed from key frame to key frame of a batch.

    Parameters
    ----------
    found
        People of the key frames by their numbers.
    between
        As `with_joints_of_those_who_move` takes it.
    """

    def __init__(
        self, found: Mapping[int, FrameDetections], between: Mapping[int, Between]
    ) -> None:
        self.found = found
        self._next: dict[int, tuple[int, dict[int, int]]] = {}
        self._previous: dict[int, tuple[int, dict[int, int]]] = {}
        for place in between.values():
            rows = [(first, second) for first, second in place.rows.tolist() if first != NOT_THERE]
            self._next[place.before] = place.after, dict(rows)
            self._previous[place.after] = place.before, {b: a for a, b in rows}

    def moves_evenly(self, place: Between, person: int, largest_bend: float) -> bool:
        """Tell whether a person goes straight on at the key frames around a frame.

        Parameters
        ----------
        person
            Row of ``place.rows``.
        largest_bend
            Distance of a joint, in pixels, from the middle between its neighbours in time.
        """
        first, second = place.rows[person].tolist()
        here, there = (place.before, first), (place.after, second)
        earlier = self._neighbour(self._previous, *here)
        later = self._neighbour(self._next, *there)
        triples = [(earlier, here, there)] if earlier else []
        triples += [(here, there, later)] if later else []
        return bool(triples) and all(self._bend(*triple) <= largest_bend for triple in triples)

    def _neighbour(
        self, way: Mapping[int, tuple[int, dict[int, int]]], key: int, row: int
    ) -> tuple[int, int] | None:
        if key not in way:
            return None
        other, rows = way[key]
        return (other, rows[row]) if row in rows else None

    def _bend(self, *triple: tuple[int, int]) -> float:
        """Return how far a joint of the second of three key frames is from a straight way."""
        numbers = [key for key, _ in triple]
        poses = [self.found[key].keypoints[row] for key, row in triple]
        scores = np.min([self.found[key].scores[row] for key, row in triple], axis=0)
        share = np.float32((numbers[1] - numbers[0]) / (numbers[2] - numbers[0]))
        bend = np.linalg.norm((1 - share) * poses[0] + share * poses[2] - poses[1], axis=-1)
        seen = scores >= SEEN
        return float(bend[seen].max()) if seen.any() else np.inf


def _known(chain: _Chain, place: Between, boxes: Boxes) -> NDArray[np.bool_]:
    """Return whose joints (people,) need not be looked for: who is still, or one of many."""
    before, after = chain.found[place.before], chain.found[place.after]
    known = place.rows[:, 0] != NOT_THERE
    large = largest(boxes)
    still = known & large
    for person in np.flatnonzero(still):
        first, second = place.rows[person]
        way = np.linalg.norm(after.keypoints[second] - before.keypoints[first], axis=-1)
        seen = np.minimum(before.scores[first], after.scores[second]) >= SEEN
        length = size(boxes.boxes[person])
        still[person] = seen.any() and (
            way[seen].max() <= STILL * length
            or chain.moves_evenly(place, int(person), EVEN * length)
        )
    # A network that is shown only one of two who overlap may find the other.
    low = np.maximum(boxes.boxes[:, None, :2], boxes.boxes[None, :, :2])
    high = np.minimum(boxes.boxes[:, None, 2:], boxes.boxes[None, :, 2:])
    touching = (low < high).all(axis=-1) & large
    while (disturbed := still & (touching & ~still).any(axis=1)).any():
        still &= ~disturbed
    return still | (known & ~large)
