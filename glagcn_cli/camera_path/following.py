"""Follows the background through a video while its frames go by.

Each picture is matched with a key picture. When half of that has left the view, the picture becomes
a key picture itself; where its view was seen before, it is matched with that earlier key picture
too, so that errors do not add up.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from ..shots.background import LEVELS, parts_of
from ..shots.camera_motion import Moved
from ..shots.small_pictures import Look, SmallPictures
from .links import COLUMNS, LOST, PARTS, SKIPPED, BackgroundLinks, Pairs, averaged
from .matching import Homography, KeyPicture, Match, Overlay, moved, recognise

LOOKS_PER_SECOND = 30
"""Looks a second while the camera moves: hands shake it at up to 10 hertz."""

SMOOTH_LOOKS_PER_SECOND = 15
"""Looks a second while the camera turns smoothly: what lies between is interpolated."""

STILL_LOOKS_PER_SECOND = 10
"""Looks a second at a camera that stands still."""

SETTLED = 1.0  # seconds for which it must have stood still, or turned smoothly

SMOOTH = 1.0
"""Pixels of a small picture by which the background may be elsewhere than it was going to be."""

SURE, FEW_LEVELS = 0.2, 1
"""Seconds for which the background must have been where it was going to be for it to be looked for
there first, in pictures halved so many times."""

STILL = 0.75
"""Pixels of a small picture that its parts may move before a still camera: grain, wind."""

ONE_MOTION = 0.95
"""Share of the points below which near things may pass far ones."""

FAR = 0.2  # share of the longer side that a key picture's background may move
LARGER, ROLLED = 1.25, 12.0  # ratio of sizes, and degrees, up to which a key picture serves
LEFT = 0.5  # share of a key picture's points that must be in view

NEAR = 0.3  # share of the longer side within which an earlier key picture is tried
MOST_TRIED = 3  # earlier key pictures that a new one is matched with
MOST_PICTURES = 64  # key pictures in memory, of 60 kB each

LOST_FOR = 0.5
"""Seconds without the background after which the place counts as another one."""

_LOST, _SKIPPED = (LOST, None, 0.0), (SKIPPED, None, 0.0)


class BackgroundFollower:
    """Follows the background of a video.

    Parameters
    ----------
    pictures
        What shrinks the video's pictures.
    fps
        Frames per second.

    Attributes
    ----------
    moved
        The camera has moved so far.
    """

    def __init__(self, pictures: SmallPictures, fps: Fraction | float) -> None:
        self._pictures = pictures
        self._fps = float(fps)
        self._keys: dict[int, KeyPicture] = {}
        self._places: list[Homography] = []  # from each key picture to the first of its place
        self._groups: list[int] = []  # which key pictures are known to show one place
        self._current = -1
        self._step: Homography = np.eye(3)
        self._last: tuple[Look, Match | None] | None = None
        self._overlay: Overlay | None = None
        self._lost: list[Look] = []
        self._since_found = self._still_for = self._smooth_for = self._one_for = 0.0
        self._ahead = 1  # frames since the last look
        self._looked = -1  # the frame of the last look
        self.moved = False
        self._of_frames: dict[int, tuple[int, Pairs | None, float]] = {}
        self._ends: list[tuple[int, int]] = []
        self._links: list[Pairs] = []

    def look(self, look: Look) -> Moved | None:
        """Find the background of the key picture, or of the last one, in this picture.

        Returns how far the middle of the picture has moved since an earlier one; None where the
        background is lost.
        """
        if self._looked >= 0:
            self._pass(look.frame - self._looked)
        self._looked = look.frame
        if self._overlay is None:
            self._overlay = Overlay(look.grey.shape)
            self._add_key(look, None)
        self._of_frames[look.frame] = _LOST
        match = self._matched(look)
        if match is None and self._last is not None:
            match = self._by_the_last(look)
        if match is not None:
            middle = np.array([look.grey.shape[::-1]]) / 2
            way = (moved(middle, match.motion) - middle)[0]
            since = self._keys[self._current].frame
            self._note(look, match)
            return Moved(since, way)
        self._still_for = self._one_for = 0.0
        self._lost.append(look)
        if self._since_found >= LOST_FOR:
            self._begin_anew()
        return None

    def _pass(self, frames: int) -> None:
        """Let the time of so many frames pass since the last look."""
        self._ahead = frames
        self._since_found += frames / self._fps
        self._still_for += frames / self._fps
        self._smooth_for += frames / self._fps
        self._one_for += frames / self._fps

    @property
    def rests(self) -> bool:
        """Whether the camera has stood still for a while."""
        return self._still_for >= SETTLED

    @property
    def as_one(self) -> bool:
        """Whether all of the background has moved as one for a while."""
        return self._one_for >= SETTLED

    @property
    def looks_per_second(self) -> int:
        """Looks a second that are needed now."""
        if self.rests:
            return STILL_LOOKS_PER_SECOND
        return SMOOTH_LOOKS_PER_SECOND if self._smooth_for >= SETTLED else LOOKS_PER_SECOND

    def links(self, frames: int) -> BackgroundLinks | None:
        """Return what was measured in so many frames; None for a camera that never moved."""
        if not self.moved:
            return None
        found = [self._of_frames.get(number, _SKIPPED) for number in range(frames)]
        keys, pairs, agreement = zip(*found, strict=True)
        nothing = np.zeros((PARTS[0] * PARTS[1], COLUMNS), np.float32)
        links = np.zeros((len(self._links), *nothing.shape), np.float32)
        for number, one in enumerate(self._links):
            links[number] = one
        return BackgroundLinks(
            np.array(keys, np.int32),
            np.stack([nothing if one is None else one for one in pairs]),
            np.array(agreement, np.float32),
            np.array(self._ends, np.int32).reshape(-1, 2),
            links,
        )

    def _matched(self, look: Look) -> Match | None:
        key = self._keys[self._current]
        before = key.motion
        guess = _times(self._step, self._ahead) @ before
        match = next((match for match in self._matches(key, look, guess) if match), None)
        if match is None or self._since_found >= LOST_FOR:
            self._step, self._smooth_for = np.eye(3), 0.0
            return match
        self._step = _times(key.motion @ np.linalg.inv(before), 1 / self._ahead)
        away = np.linalg.norm(match.now - moved(match.then, guess), axis=1)
        if np.median(away) > SMOOTH:
            self._smooth_for = 0.0
        return match

    def _matches(self, key: KeyPicture, look: Look, guess: Homography) -> Iterator[Match | None]:
        """Try to match a picture where it should be, in the cheapest way first."""
        assert self._overlay is not None
        before = key.motion
        if self._smooth_for >= SURE:
            yield key.match(look, self._overlay, guess, FEW_LEVELS)
        yield key.match(look, self._overlay, guess, LEVELS)
        if not np.allclose(self._step, np.eye(3)):
            yield key.match(look, self._overlay, before, LEVELS)

    def _by_the_last(self, look: Look) -> Match | None:
        """Make the last picture that was found a key picture, and match this one with it."""
        assert self._last is not None
        before, old = self._keys[self._current], self._current
        self._add_key(*self._last)
        self._last = None
        match = self._matched(look)
        if match is None:
            self._current = old
            self._keys[old] = before
        return match

    def _begin_anew(self) -> None:
        """Look at the pictures since the last that was found as another place, or one of before."""
        pictures, self._last = self._lost, None
        if (known := self._recognised(pictures[0])) is None:
            self._add_key(pictures[0], None)
        else:
            self._current, self._keys[known[0]].motion = known
        for look in pictures:
            self._since_found = 0.0
            if (match := self._matched(look)) is not None:
                self._note(look, match)
        self._lost, self._since_found = [], 0.0

    def _recognised(self, look: Look) -> tuple[int, Homography] | None:
        """Return the key picture that shows the same place, and the motion from it."""
        for number in [*reversed(self._keys)][:MOST_TRIED]:
            motion = recognise(self._keys[number].grey, look.grey, look.boxes)
            if motion is not None:
                return number, motion
        return None

    def _note(self, look: Look, match: Match) -> None:
        """Keep where the background is in a picture; make it a key picture where it is far."""
        pairs = self._averaged(match, look.grey.shape)
        self._of_frames[look.frame] = (self._current, pairs, match.agreement)
        if self._displacement(pairs) > STILL or self._current != 0:
            self._still_for, self.moved = 0.0, True
        self._last, self._lost, self._since_found = (look, match), [], 0.0
        if match.as_one < ONE_MOTION:
            self._one_for = 0.0
        if _is_far(match, max(look.grey.shape)):
            self._add_key(look, match)
            self._last = None

    def _displacement(self, pairs: Pairs) -> float:
        seen = pairs[pairs[:, 4] > 0]
        moves = np.linalg.norm(seen[:, 2:4] - seen[:, :2], axis=1) / self._pictures.shrink
        return float(np.median(moves)) if len(moves) else 0.0

    def _averaged(self, match: Match, shape: tuple[int, ...]) -> Pairs:
        part = parts_of(match.then, shape, PARTS)
        return averaged(
            self._pictures.in_video(match.then), self._pictures.in_video(match.now), part
        )

    def _add_key(self, look: Look, match: Match | None) -> None:
        """Make a picture a key picture, linked with the current and with earlier ones."""
        number, shape = len(self._places), look.grey.shape
        new = KeyPicture(look)
        if match is None:
            self._places.append(np.eye(3))
            self._groups.append(number)
        else:
            self._places.append(self._places[self._current] @ np.linalg.inv(match.motion))
            self._groups.append(self._groups[self._current])
            self._link(self._current, number, match, shape)
            for earlier in self._seen_before(number, shape):
                self._close(earlier, number, look)
        self._keys[number] = new
        self._current = number
        if len(self._keys) > MOST_PICTURES:
            del self._keys[next(iter(self._keys))]

    def _seen_before(self, number: int, shape: tuple[int, ...]) -> list[int]:
        """Return earlier key pictures that should show what a new one shows, the nearest first."""
        middle = np.array([[shape[1] / 2, shape[0] / 2]])
        apart = {}
        for earlier in self._keys:
            if earlier == self._current or self._groups[earlier] != self._groups[number]:
                continue
            motion = np.linalg.inv(self._places[number]) @ self._places[earlier]
            away = float(np.linalg.norm(moved(middle, motion) - middle))
            if away < NEAR * max(shape):
                apart[earlier] = away
        return sorted(apart, key=lambda key: apart[key])[:MOST_TRIED]

    def _close(self, earlier: int, number: int, look: Look) -> None:
        """Link a new key picture with an earlier one whose view has come back."""
        assert self._overlay is not None
        guess = np.linalg.inv(self._places[number]) @ self._places[earlier]
        key = KeyPicture(self._keys[earlier].look)
        match = key.match(look, self._overlay, guess, LEVELS)
        if match is not None:
            self._link(earlier, number, match, look.grey.shape)

    def _link(self, one: int, other: int, match: Match, shape: tuple[int, ...]) -> None:
        self._ends.append((one, other))
        self._links.append(self._averaged(match, shape))


def _is_far(match: Match, longer: int) -> bool:
    """Tell whether a key picture no longer serves, in small pictures of a longer side."""
    larger = max(match.scale, 1 / max(match.scale, 1e-6))
    shifted = match.shift / longer > FAR or match.followed < LEFT
    return shifted or larger > LARGER or abs(match.roll) > ROLLED


def _times(step: Homography, times: float) -> Homography:
    """Return a small motion in so many frames."""
    return np.asarray(np.eye(3) + (step / step[2, 2] - np.eye(3)) * times)
