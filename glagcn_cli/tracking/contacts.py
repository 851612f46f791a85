"""Cuts tracklets where people met and may have been exchanged, as their clothes tell.

Two people whose boxes overlap may leave under each other's name. Where the clothes of a tracklet
after such a contact are not those of before, it is cut in the contact; `linking` joins the pieces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..camera_path.carried import CarriedPlaces
from ..poses import FrameDetections
from ..similarity import centre, shared_area
from .clothes import Clothes, clothes_evidence, clothes_of
from .tracklets import AT_REST, Tracklet

CLOSE = 0.3
"""Overlap of two boxes, as a share of the smaller, from which they may be exchanged."""

APART = 0.3
"""Seconds that two must be apart for a contact to be over."""

EARLIER = 0.1
"""Seconds before a contact in which an exchange may have been already."""

REMEMBERED = 3.0
"""Seconds before and after a contact in which clothes are looked at."""

LEAST_DOUBT = 1.0
"""Evidence of clothes for an exchange from which tracklets are cut."""


@dataclass(frozen=True)
class _Contact:
    """Two tracklets that were close, the first frame, and the last one before an exchange."""

    one: int
    other: int
    first: int
    cut: int


def cut_at_contacts(
    tracklets: Sequence[Tracklet],
    clip: Sequence[FrameDetections],
    fps: float,
    background: CarriedPlaces = AT_REST,
) -> list[Tracklet]:
    """Cut tracklets of one shot in contacts after which they wear other clothes.

    Parameters
    ----------
    tracklets
        Of one shot.
    clip
        Detections of the tracklets.
    fps
        Frames per second.
    background
        Where it lies in each frame.
    """
    if all(frame.clothes is None for frame in clip):
        return list(tracklets)
    cuts: dict[int, list[int]] = {}
    rows = [dict(zip(t.frames, t.rows, strict=True)) for t in tracklets]
    for contact in sorted(_contacts(tracklets, clip, fps, background), key=lambda c: c.first):
        pair = (contact.one, contact.other)
        views = [_around(rows[k], cuts.get(k, []), contact, clip, fps) for k in pair]
        if _doubt(*views) > LEAST_DOUBT:
            for k in pair:
                cuts.setdefault(k, []).append(contact.cut)
    pieces: list[Tracklet] = []
    for k, tracklet in enumerate(tracklets):
        pieces += _pieces(tracklet, cuts.get(k, []))
    return pieces


def _doubt(one: tuple[Clothes, Clothes], other: tuple[Clothes, Clothes]) -> float:
    """Return how much the clothes before and after a contact speak against both tracklets."""
    kept = [clothes_evidence(*one), clothes_evidence(*other)]
    exchanged = clothes_evidence(one[0], other[1]) + clothes_evidence(other[0], one[1])
    return max(exchanged - sum(kept), -min(kept))


def _around(
    rows: dict[int, int],
    cuts: Sequence[int],
    contact: _Contact,
    clip: Sequence[FrameDetections],
    fps: float,
) -> tuple[Clothes, Clothes]:
    """Return the clothes of a tracklet before and after a contact."""
    reach = int(REMEMBERED * fps)
    middle = contact.cut + 1
    start = max([middle - reach, *(cut + 1 for cut in cuts)])
    ways = (range(contact.cut, start - 1, -1), range(middle, middle + reach))
    before, after = (
        clothes_of(((f, rows[f]) for f in frames if f in rows), clip) for frames in ways
    )
    return before, after


def _contacts(
    tracklets: Sequence[Tracklet],
    clip: Sequence[FrameDetections],
    fps: float,
    background: CarriedPlaces,
) -> Iterator[_Contact]:
    """Find the contacts of all pairs of tracklets.

    If they were exchanged, that was where both together seem to go farthest from one frame to the
    next.
    """
    jumps = [_jumps(tracklet, clip, background) for tracklet in tracklets]
    there: dict[int, list[tuple[int, int]]] = {}
    for k, tracklet in enumerate(tracklets):
        for frame, row in zip(tracklet.frames, tracklet.rows, strict=True):
            there.setdefault(frame, []).append((k, row))
    close: dict[tuple[int, int], list[int]] = {}
    for frame in sorted(there):
        if len(there[frame]) < 2:
            continue
        who, rows = zip(*there[frame], strict=True)
        shares = _shares(clip[frame].boxes[list(rows)].astype(np.float64))
        for a, b in zip(*np.nonzero(np.triu(shares >= CLOSE, 1)), strict=True):
            close.setdefault((who[a], who[b]), []).append(frame)
    for (one, other), frames in close.items():
        over = np.flatnonzero(np.diff(frames) > APART * fps) + 1
        for run in np.split(np.array(frames), over):
            first, last = int(run[0] - EARLIER * fps), int(run[-1] + APART * fps)
            far = [
                jumps[one].get(f, 0.0) + jumps[other].get(f, 0.0) for f in range(first, last + 1)
            ]
            yield _Contact(one, other, first, first + int(np.argmax(far)))


def _jumps(
    tracklet: Tracklet, clip: Sequence[FrameDetections], background: CarriedPlaces
) -> dict[int, float]:
    """Return how far, in diagonals, a person seems to go from each sighting to the next."""
    sightings = list(zip(tracklet.frames, tracklet.rows, strict=True))
    boxes = np.array([clip[frame].boxes[row] for frame, row in sightings], np.float64)
    middles, frames = centre(boxes), tracklet.frames
    expected = [
        background.carried(middle, *way)
        for middle, way in zip(middles[:-1], pairwise(frames), strict=True)
    ]
    off = np.linalg.norm(middles[1:] - np.reshape(expected, (-1, 2)), axis=1)
    sizes = np.maximum(np.linalg.norm(boxes[1:, 2:] - boxes[1:, :2], axis=1), 1.0)
    return dict(zip(tracklet.frames[:-1], (off / sizes).tolist(), strict=True))


def _shares(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the overlap of all pairs of boxes (n, 4), as a share of the smaller of two."""
    shared = shared_area(boxes[:, None], boxes[None])
    areas = np.maximum(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), 1e-6)
    return np.asarray(shared / np.minimum(areas[:, None], areas[None]))


def _pieces(tracklet: Tracklet, cuts: Sequence[int]) -> Iterator[Tracklet]:
    """Give a tracklet's pieces; each cut is a frame, the last of a piece."""
    ends = np.searchsorted(tracklet.frames, sorted(set(cuts)), side="right").tolist()
    before = None
    for start, stop in zip([0, *ends], [*ends, len(tracklet.frames)], strict=True):
        if stop > start:
            piece = slice(start, stop)
            before = Tracklet(tracklet.frames[piece], tracklet.rows[piece], continues=before)
            yield before
