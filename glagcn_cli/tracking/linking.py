"""Links tracklets of one person over gaps of some seconds.

All ends and all beginnings are compared at once, so that a person who reappears is matched with the
right one of several missing people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..camera_path.carried import CarriedPlaces
from ..poses import FrameDetections
from ..similarity import centre
from .clothes import Clothes, clothes_evidence, clothes_of
from .tracklets import AT_REST, Tracklet

LONGEST_ABSENCE = 5.0
"""Seconds after which a returning person counts as a new one."""

PLACE_SPREAD, PLACE_GROWTH = 0.08, 0.5
"""Spread of people about their expected place, in diagonals of their box: at once, and for each
second away. Walking at 1.4 m/s is 0.75 diagonals a second, running several times that."""

SIZE_SPREAD, SIZE_GROWTH = 0.12, 0.1
"""The same spread of the logarithm of their size, which changes also as they turn and bend."""

SAME_BEFOREHAND = 3.0
"""Logarithm of the prior odds that an appearing person was there before, against a new one."""

CONTINUED = 3.0
"""Added where one tracklet is what another was cut from, since it was followed from there."""

LEAST_EVIDENCE = 0.0
"""Log-likelihood ratio from which two tracklets are one person."""

_ABOUT = 1.0  # seconds at an end of a tracklet that give place, speed and size
_SLOWING = 1.0  # seconds over which people out of sight continue their motion


@dataclass(frozen=True)
class _End:
    """Place (2,) pixels, speed (2,) pixels a second, size in pixels and clothes at an end.

    The speed is against the background.
    """

    frame: int
    place: NDArray[np.float64]
    speed: NDArray[np.float64]
    size: float
    clothes: Clothes


def link(
    tracklets: Sequence[Tracklet],
    clip: Sequence[FrameDetections],
    fps: float,
    background: CarriedPlaces = AT_REST,
) -> list[Tracklet]:
    """Join tracklets that are likely to be one person.

    Parameters
    ----------
    tracklets
        Tracklets of one shot.
    clip
        Detections of the tracklets.
    fps
        Frames per second.
    background
        Where it lies in each frame: people are expected before the same background.

    Returns
    -------
    list of Tracklet
        One a person, in the order of their first frames.
    """
    ordered = sorted(tracklets, key=lambda t: (t.frames[0], t.rows[0]))
    follower = _best_followers(ordered, clip, fps, background)
    followers = {after for after in follower if after is not None}
    joined = []
    for first in range(len(ordered)):
        if first in followers:
            continue
        whole, number = Tracklet(), first
        while True:
            whole.frames += ordered[number].frames
            whole.rows += ordered[number].rows
            after = follower[number]
            if after is None:
                break
            number = after
        joined.append(whole)
    return joined


def _best_followers(
    ordered: Sequence[Tracklet],
    clip: Sequence[FrameDetections],
    fps: float,
    background: CarriedPlaces,
) -> list[int | None]:
    """Match each tracklet with the one that continues it, by most evidence in all, one to one."""
    count = len(ordered)
    ends = [_end(t, clip, fps, background, last=True) for t in ordered]
    starts = [_end(t, clip, fps, background, last=False) for t in ordered]
    first = np.array([start.frame for start in starts])
    pairs, evidence = [], []
    for before, end in enumerate(ends):
        low = np.searchsorted(first, end.frame, side="right")
        high = np.searchsorted(first, end.frame + LONGEST_ABSENCE * fps, side="right")
        for after in range(low, high):
            gain = _evidence(_carried(end, starts[after].frame, background), starts[after], fps)
            gain += CONTINUED * (ordered[after].continues is ordered[before])
            if gain > LEAST_EVIDENCE:
                pairs.append((before, after))
                evidence.append(gain)
    if not pairs:
        return [None] * count
    from scipy.sparse import coo_array  # slow to import, and the first frames wait
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    # An own column for every tracklet without a successor, at no gain.
    most = max(evidence) + 1
    rows = np.r_[[before for before, _ in pairs], np.arange(count)]
    columns = np.r_[[after for _, after in pairs], count + np.arange(count)]
    costs = np.r_[most - np.array(evidence), np.full(count, most)]
    graph = coo_array((costs, (rows, columns)), shape=(count, 2 * count)).tocsr()
    _, chosen = min_weight_full_bipartite_matching(graph)
    return [int(after) if after < count else None for after in chosen]


def _end(
    tracklet: Tracklet,
    clip: Sequence[FrameDetections],
    fps: float,
    background: CarriedPlaces,
    last: bool,
) -> _End:
    """Describe one end of a tracklet."""
    frames = np.array(tracklet.frames)
    at = int(frames[-1 if last else 0])
    near = np.abs(frames - at) <= _ABOUT * fps
    boxes = np.array([
        background.carried_boxes(clip[frame].boxes[row], int(frame), at)
        for frame, row in zip(frames[near], np.array(tracklet.rows)[near], strict=True)
    ], np.float64)  # fmt: skip
    middle = centre(boxes)
    seconds = (frames[near] - at) / fps
    speed = np.zeros(2)
    if np.ptp(seconds) > 0:
        away = seconds - seconds.mean()
        speed = away @ (middle - middle.mean(axis=0)) / (away @ away)
        speed *= min(1.0, float(np.ptp(seconds)) / _ABOUT)  # short sightings are uncertain
    diagonals = np.linalg.norm(boxes[:, 2:] - boxes[:, :2], axis=1)
    sightings = list(zip(tracklet.frames, tracklet.rows, strict=True))
    return _End(
        at,
        middle[-1 if last else 0],
        speed,
        max(1.0, float(np.median(diagonals))),
        clothes_of(reversed(sightings) if last else sightings, clip),
    )


def _carried(end: _End, frame: int, background: CarriedPlaces) -> _End:
    """Return an end as it would be seen in another frame."""
    if not background.moves:
        return end
    place, ahead = background.carried(
        np.stack([end.place, end.place + end.speed]), end.frame, frame
    )
    larger = background.larger(end.frame, frame)
    return replace(end, place=place, speed=ahead - place, size=end.size * larger)


def _evidence(end: _End, start: _End, fps: float) -> float:
    """Compute the logarithm of how much likelier the two are one person than two."""
    gap = (start.frame - end.frame) / fps
    unit = (end.size + start.size) / 2
    going = min(gap, _SLOWING)
    expected = (
        start.place - end.place,
        start.place - end.place - end.speed * going,
        start.place - end.place - start.speed * going,
    )
    off = min(float(np.linalg.norm(miss)) for miss in expected) / unit
    spread = PLACE_SPREAD + PLACE_GROWTH * gap
    place = -0.5 * (off / spread) ** 2 - 2 * np.log(spread)
    larger = abs(float(np.log(start.size / end.size)))
    wide = SIZE_SPREAD + SIZE_GROWTH * gap
    grown = -0.5 * (larger / wide) ** 2 - np.log(wide)
    worn = clothes_evidence(end.clothes, start.clothes)
    return float(place + grown + worn + SAME_BEFOREHAND)
