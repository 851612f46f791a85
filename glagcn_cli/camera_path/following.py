"""Follows the background through a video while its frames go by.

Each picture is matched with a key picture. When half of that has left the view, the picture becomes
a key picture itself; where its view was seen before, it is matched with that earlier key picture
too, so that errors do not add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..poses import FrameDetections
from ..shots.background import parts_of, small_grey
from ..video.reader import Frame
from .links import COLUMNS, LOST, PARTS, SKIPPED, BackgroundLinks, Pairs, averaged
from .matching import Homography, KeyPicture, Match, Overlay, even_light, moved, recognise

LOOKED_AT = 320
"""Most pixels of the shrunk picture's longer side."""

LOOKS_PER_SECOND = 30
"""Looks a second while the camera moves: hands shake it at up to 10 hertz."""

SMOOTH_LOOKS_PER_SECOND = 15
"""Looks a second while the camera turns smoothly: what lies between is interpolated."""

STILL_LOOKS_PER_SECOND = 10
"""Looks a second at a camera that stands still."""

SETTLED = 1.0  # seconds for which it must have stood still, or turned smoothly

SMOOTH = 0.7
"""Pixels of a small picture by which the background may be elsewhere than it was going to be."""

STILL = 0.5
"""Pixels of a small picture that its parts may move before a still camera: grain, wind."""

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
    image_size
        (width, height) of the frames in pixels.
    fps
        Frames per second.
    """

    def __init__(self, image_size: tuple[int, int], fps: Fraction | float) -> None:
        self._longer = max(image_size)
        self._shrink = -(-self._longer // LOOKED_AT)
        self._fps = float(fps)
        self._keys: dict[int, KeyPicture] = {}
        self._places: list[Homography] = []  # from each key picture to the first of its place
        self._groups: list[int] = []  # which key pictures are known to show one place
        self._current = -1
        self._step: Homography = np.eye(3)
        self._last: tuple[Frame, NDArray[np.float32], Match | None] | None = None
        self._overlay: Overlay | None = None
        self._lost: list[tuple[int, Frame, NDArray[np.float32]]] = []
        self._since_found = self._still_for = self._smooth_for = 0.0
        self._ahead = 1  # frames since the last look
        self._looked = -1  # the frame of the last look
        self._next = 0
        self._moved = False
        self._of_frames: list[tuple[int, Pairs | None, float]] = []
        self._ends: list[tuple[int, int]] = []
        self._links: list[Pairs] = []

    def add(self, frames: Sequence[Frame | None], detections: Sequence[FrameDetections]) -> None:
        """Add the next frames and the people in each.

        Frames are (height, width, 3) uint8 RGB, or None where nobody looks at them.
        """
        for frame, people in zip(frames, detections, strict=True):
            number = len(self._of_frames)
            if frame is None or number < self._next:
                self._of_frames.append(_SKIPPED)
                continue
            if self._looked >= 0:
                self._pass(number - self._looked)
            grey = even_light(small_grey(frame, self._shrink))
            self._look(grey, (people.boxes / self._shrink).astype(np.float32))
            self._looked = number
            self._next = number + max(1, round(self._fps / self._looks_per_second()))

    def _pass(self, frames: int) -> None:
        """Let the time of so many frames pass since the last look."""
        self._ahead = frames
        self._since_found += frames / self._fps
        self._still_for += frames / self._fps
        self._smooth_for += frames / self._fps

    def _looks_per_second(self) -> int:
        if self._still_for >= SETTLED:
            return STILL_LOOKS_PER_SECOND
        return SMOOTH_LOOKS_PER_SECOND if self._smooth_for >= SETTLED else LOOKS_PER_SECOND

    def links(self) -> BackgroundLinks | None:
        """Return what was measured; None for a camera that never moved."""
        if not self._moved:
            return None
        keys, pairs, agreement = zip(*self._of_frames, strict=True)
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

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the links as arrays for storage with the 2D; none of a camera at rest."""
        links = self.links()
        return {} if links is None else links.arrays()

    def _look(self, grey: Frame, boxes: NDArray[np.float32]) -> None:
        """Find the background of the key picture, or of the last one, in this picture."""
        if self._overlay is None:
            self._overlay = Overlay(grey.shape)
            self._add_key(grey, boxes, None)
        self._of_frames.append(_LOST)
        match = self._matched(grey, boxes)
        if match is None and self._last is not None:
            match = self._by_the_last(grey, boxes)
        if match is not None:
            self._note(len(self._of_frames) - 1, match, grey, boxes)
            return
        self._still_for = 0.0
        self._lost.append((len(self._of_frames) - 1, grey, boxes))
        if self._since_found >= LOST_FOR:
            self._begin_anew()

    def _matched(self, grey: Frame, boxes: NDArray[np.float32]) -> Match | None:
        key, overlay = self._keys[self._current], self._overlay
        assert overlay is not None
        before = key.motion
        guess = _times(self._step, self._ahead) @ before
        match = key.match(grey, boxes, overlay, guess)
        if match is None and not np.allclose(self._step, np.eye(3)):
            match = key.match(grey, boxes, overlay, before)
        if match is None or self._since_found >= LOST_FOR:
            self._step, self._smooth_for = np.eye(3), 0.0
            return match
        self._step = _times(key.motion @ np.linalg.inv(before), 1 / self._ahead)
        away = np.linalg.norm(match.now - moved(match.then, guess), axis=1)
        if np.median(away) > SMOOTH:
            self._smooth_for = 0.0
        return match

    def _by_the_last(self, grey: Frame, boxes: NDArray[np.float32]) -> Match | None:
        """Make the last picture that was found a key picture, and match this one with it."""
        assert self._last is not None
        before, old = self._keys[self._current], self._current
        self._add_key(*self._last)
        self._last = None
        match = self._matched(grey, boxes)
        if match is None:
            self._current = old
            self._keys[old] = before
        return match

    def _begin_anew(self) -> None:
        """Look at the pictures since the last that was found as another place, or one of before."""
        pictures, self._last = self._lost, None
        _, first, boxes = pictures[0]
        if (known := self._recognised(first, boxes)) is None:
            self._add_key(first, boxes, None)
        else:
            self._current, self._keys[known[0]].motion = known
        for number, grey, own in pictures:
            self._since_found = 0.0
            if (match := self._matched(grey, own)) is not None:
                self._note(number, match, grey, own)
        self._lost, self._since_found = [], 0.0

    def _recognised(self, grey: Frame, boxes: NDArray[np.float32]) -> tuple[int, Homography] | None:
        """Return the key picture that shows the same place, and the motion from it."""
        for number in [*reversed(self._keys)][:MOST_TRIED]:
            if (motion := recognise(self._keys[number].grey, grey, boxes)) is not None:
                return number, motion
        return None

    def _note(self, number: int, match: Match, grey: Frame, boxes: NDArray[np.float32]) -> None:
        """Keep where the background is in a picture; make it a key picture where it is far."""
        pairs = self._averaged(match, grey.shape)
        self._of_frames[number] = (self._current, pairs, match.agreement)
        if self._displacement(pairs) > STILL or self._current != 0:
            self._still_for, self._moved = 0.0, True
        self._last, self._lost, self._since_found = (grey, boxes, match), [], 0.0
        if self._is_far(match):
            self._add_key(grey, boxes, match)
            self._last = None

    def _displacement(self, pairs: Pairs) -> float:
        seen = pairs[pairs[:, 4] > 0]
        moves = np.linalg.norm(seen[:, 2:4] - seen[:, :2], axis=1) / self._shrink
        return float(np.median(moves)) if len(moves) else 0.0

    def _averaged(self, match: Match, shape: tuple[int, ...]) -> Pairs:
        part = parts_of(match.then, shape, PARTS)
        aside = (self._shrink - 1) / 2  # of a large picture's pixel in a small one's
        return averaged(match.then * self._shrink + aside, match.now * self._shrink + aside, part)

    def _is_far(self, match: Match) -> bool:
        larger = max(match.scale, 1 / max(match.scale, 1e-6))
        share = match.shift / self._longer * self._shrink
        return share > FAR or larger > LARGER or abs(match.roll) > ROLLED or match.followed < LEFT

    def _add_key(self, grey: Frame, boxes: NDArray[np.float32], match: Match | None) -> None:
        """Make a picture a key picture, linked with the current and with earlier ones."""
        number = len(self._places)
        new = KeyPicture(grey, boxes)
        if match is None:
            self._places.append(np.eye(3))
            self._groups.append(number)
        else:
            self._places.append(self._places[self._current] @ np.linalg.inv(match.motion))
            self._groups.append(self._groups[self._current])
            self._link(self._current, number, match, grey.shape)
            for earlier in self._seen_before(number, grey.shape):
                self._close(earlier, number, new)
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

    def _close(self, earlier: int, number: int, new: KeyPicture) -> None:
        """Link a new key picture with an earlier one whose view has come back."""
        assert self._overlay is not None
        guess = np.linalg.inv(self._places[number]) @ self._places[earlier]
        key = KeyPicture(self._keys[earlier].grey, self._keys[earlier].boxes)
        match = key.match(new.grey, new.boxes, self._overlay, guess)
        if match is not None:
            self._link(earlier, number, match, new.grey.shape)

    def _link(self, one: int, other: int, match: Match, shape: tuple[int, ...]) -> None:
        self._ends.append((one, other))
        self._links.append(self._averaged(match, shape))


def _times(step: Homography, times: float) -> Homography:
    """Return a small motion in so many frames."""
    return np.asarray(np.eye(3) + (step / step[2, 2] - np.eye(3)) * times)
