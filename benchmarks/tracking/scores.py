"""Scores of tracked identities: IDF1 and identity switches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

NONE = -1
"""Person of a false detection; track of an unassigned one."""


class IdentityCounts(NamedTuple):
    """Counts of matched and unmatched detections, and identity switches.

    ``right`` were given to the track that stands for their person, ``wrong`` to another track or
    are false, ``lost`` are of a person and not on their track.
    """

    right: int
    wrong: int
    lost: int
    switches: int

    @property
    def idf1(self) -> float:
        """F1 of detections given to the right person (Ristani et al., 2016), 0..1."""
        counted = 2 * self.right + self.wrong + self.lost
        return 2 * self.right / counted if counted else 1.0

    def __add__(self, other: object) -> IdentityCounts:
        """Add the counts of several clips."""
        assert isinstance(other, IdentityCounts)
        return IdentityCounts(*(a + b for a, b in zip(self, other, strict=True)))


def count_identities(
    truth: Sequence[NDArray[np.int64]], tracks: Sequence[NDArray[np.int64]]
) -> IdentityCounts:
    """Compare the people of detections with their assigned tracks.

    One track stands for each person and one person for each track, so that most detections are
    right. A person switches where a detection is on another track than the last one that was on
    any.

    Parameters
    ----------
    truth, tracks
        For each frame (detections,): numbers of people and of tracks, `NONE` for none. A track may
        have several detections in a frame, of a person who was found twice: they count once.
    """
    pairs = [
        {(int(p), int(q)) for p, q in zip(people, given, strict=True) if (p, q) != (NONE, NONE)}
        for people, given in zip(truth, tracks, strict=True)
    ]
    people = sorted({p for frame in pairs for p, _ in frame} - {NONE})
    given = sorted({q for frame in pairs for _, q in frame} - {NONE})
    shared = np.zeros((len(people), len(given)))
    for frame in pairs:
        for p, q in frame:
            if NONE not in (p, q):
                shared[people.index(p), given.index(q)] += 1
    right = int(shared[linear_sum_assignment(-shared)].sum())
    of_people = sum(len({p for p, _ in frame} - {NONE}) for frame in pairs)
    of_tracks = sum(len({q for _, q in frame} - {NONE}) for frame in pairs)
    return IdentityCounts(right, of_tracks - right, of_people - right, _switches(pairs))


def _switches(pairs: Sequence[set[tuple[int, int]]]) -> int:
    last: dict[int, int] = {}
    count = 0
    for frame in pairs:
        now: dict[int, set[int]] = {}
        for p, q in frame:
            if NONE not in (p, q):
                now.setdefault(p, set()).add(q)
        for p, tracks in now.items():
            if p in last and last[p] not in tracks:
                count += 1
            if last.get(p) not in tracks:
                last[p] = min(tracks)
    return count
