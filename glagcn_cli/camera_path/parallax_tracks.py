"""Follows points of the background one by one, for a camera that walks: near ones pass far ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ..shots.background import Points, corners, follow, inside, within
from ..shots.small_pictures import Look, SmallPictures
from ..video.frame import Frame

LOOKS_PER_SECOND, RARE_LOOKS = 12, 3
"""Looks a second, and those at a camera that stands still or before which all moves as one."""

RESTS = 0.7  # pixels of a small picture by which nothing has moved since the last look kept
MOST = 90  # points at once
REFILL = 60  # points below which more are looked for
APART = 10  # pixels between a new point and those that are followed
WINDOW = (15, 15)
THERE_AND_BACK = 0.7  # pixels by which a point may miss itself when followed there and back

ONE_MOTION = 0.9
"""Share of the points that follow one motion from which nothing near passes what is far."""
_STRIDE = 6  # looks between two that are compared for that
_AGREE = 1.5  # pixels

_NAMES = ("parallax_looks", "parallax_points", "parallax_places")


class _Seen(NamedTuple):
    """Numbers (n,) and places (n, 2), pixels of the video, of points in a frame."""

    frame: int
    points: NDArray[np.int32]
    places: NDArray[np.float32]


class ParallaxTracks:
    """Follows points of a video's background while its frames go by.

    Parameters
    ----------
    pictures
        What shrinks the video's pictures.
    fps
        Frames per second.
    """

    def __init__(self, pictures: SmallPictures, fps: Fraction | float) -> None:
        self._pictures = pictures
        self._fps = float(fps)
        self._looks: list[_Seen] = []
        self._next = self._new = 0
        self._grey: Frame | None = None
        self._numbers = np.zeros(0, np.int32)
        self._places: Points = np.zeros((0, 2), np.float32)
        self._kept: dict[int, NDArray[np.float32]] = {}
        self._speed = np.zeros(2, np.float32)
        self._as_one = False

    def look(self, look: Look, as_one: bool) -> None:
        """Follow all points into a picture, unless one was looked at shortly before.

        `as_one` tells that one motion has fitted all of the background for a while.
        """
        if look.frame >= self._next or (self._as_one and not as_one):
            self._as_one = as_one
            often = self._follow(look) and not as_one
            rate = LOOKS_PER_SECOND if often else RARE_LOOKS
            self._next = look.frame + max(1, round(self._fps / rate))

    def _follow(self, look: Look) -> bool:
        """Follow all points into a picture; return whether they have moved."""
        grey, boxes = look.grey, look.boxes
        if self._grey is not None and len(self._places):
            now, good = self._followed(grey)
            good &= ~inside(now, boxes) & within(now, grey.shape)
            if good.any():
                self._speed = np.median(now[good] - self._places[good], axis=0)
            self._numbers, self._places = self._numbers[good], now[good]
        self._grey = grey
        if len(self._places) < REFILL:
            self._refill(grey, boxes)
        if not self._moved():
            return False
        self._kept = dict(zip(self._numbers.tolist(), self._places, strict=True))
        places = self._pictures.in_video(self._places)
        self._looks.append(_Seen(look.frame, self._numbers.copy(), places))
        return True

    def _followed(self, grey: Frame) -> tuple[Points, NDArray[np.bool_]]:
        """Follow points into a picture and back again; return places and which came back."""
        assert self._grey is not None
        now, good = follow(self._grey, grey, self._places, self._places + self._speed, WINDOW)
        back, returned = follow(grey, self._grey, now, self._places, WINDOW)
        good &= returned & (np.linalg.norm(back - self._places, axis=1) < THERE_AND_BACK)
        return now, good

    def _refill(self, grey: Frame, boxes: NDArray[np.float32]) -> None:
        taken = np.zeros(grey.shape, np.uint8)
        for x, y in self._places.round().astype(int).tolist():
            cv2.circle(taken, (x, y), APART, 1, -1)
        new = corners(grey, boxes, taken > 0, MOST - len(self._places))
        numbers = np.arange(self._new, self._new + len(new), dtype=np.int32)
        self._new += len(new)
        self._numbers = np.concatenate([self._numbers, numbers])
        self._places = np.concatenate([self._places, new])

    def _moved(self) -> bool:
        """Whether the points that the last look shares have moved, or there is none."""
        shared = [k for k, number in enumerate(self._numbers.tolist()) if number in self._kept]
        if not shared:
            return True
        before = np.array([self._kept[int(self._numbers[k])] for k in shared])
        return bool(np.median(np.linalg.norm(self._places[shared] - before, axis=1)) > RESTS)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the tracks as arrays for storage with the 2D; none where one motion fits all."""
        tracks = Tracks(self._looks)
        if not tracks.has_parallax(self._pictures.shrink):
            return {}
        looks, points, places = _NAMES
        counts = [len(look.points) for look in self._looks]
        return {
            looks: np.repeat([look.frame for look in self._looks], counts).astype(np.int32),
            points: np.concatenate([look.points for look in self._looks]),
            places: np.concatenate([look.places for look in self._looks]),
        }


@dataclass(frozen=True)
class Tracks:
    """Points in frames of a video, one look after the other."""

    looks: Sequence[_Seen]

    @classmethod
    def of_clip(cls, clip: Mapping[str, NDArray[Any]], part: slice) -> Tracks:
        """Return the tracks of a part of a clip, frames counted from its start."""
        if not set(_NAMES) <= clip.keys():
            return cls(())
        frames, points, places = (clip[name] for name in _NAMES)
        if not (len(frames) == len(points) == len(places)) or not np.isfinite(places).all():
            return cls(())
        found = []
        for frame in np.unique(frames[(frames >= part.start) & (frames < part.stop)]):
            own = frames == frame
            found.append(_Seen(int(frame) - part.start, points[own], places[own]))
        return cls(found)

    def shared(self, one: int, other: int) -> tuple[Points, Points]:
        """Return places (n, 2) of the points that two looks share, in both."""
        a, b = self.looks[one], self.looks[other]
        _, first, second = np.intersect1d(a.points, b.points, return_indices=True)
        return a.places[first], b.places[second]

    def has_parallax(self, pixel: int) -> bool:
        """Whether near points pass far ones; `pixel` is that of the small picture in large ones."""
        shares = []
        for look in range(0, len(self.looks) - _STRIDE, _STRIDE):
            then, now = self.shared(look, look + _STRIDE)
            if len(then) < 20:
                continue
            _, agrees = cv2.findHomography(then, now, cv2.USAC_MAGSAC, _AGREE * pixel)
            shares.append(0.0 if agrees is None else float(agrees.mean()))
        return bool(shares) and float(np.percentile(shares, 30)) < ONE_MOTION


def parallax_of_part(clip: Mapping[str, NDArray[Any]], part: slice) -> dict[str, NDArray[Any]]:
    """Return the arrays of the tracks in every so many frames of a clip; none without any."""
    if not set(_NAMES) <= clip.keys():
        return {}
    frames = clip[_NAMES[0]]
    every = part.step or 1
    kept = (frames >= part.start) & (frames < (part.stop or np.inf))
    kept &= (frames - part.start) % every == 0
    return {_NAMES[0]: ((frames[kept] - part.start) // every).astype(np.int32)} | {
        name: clip[name][kept] for name in _NAMES[1:]
    }


def scaled_parallax(clip: Mapping[str, NDArray[Any]], size: float) -> dict[str, NDArray[Any]]:
    """Return the arrays of the tracks in a larger or smaller copy of the video."""
    places = _NAMES[2]
    return {places: clip[places] * np.float32(size)} if places in clip else {}


def parallax_places(clip: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return the array of the places (n, 2) of a clip's points by its name; none without any."""
    return {name: clip[name] for name in _NAMES[2:] if name in clip}
