"""Matches the background of a key picture with that of later pictures."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ..shots.background import (
    STAYED,
    Points,
    corners,
    follow,
    inside,
    parts_of,
    votes,
    within,
)
from ..shots.small_pictures import Look
from ..video.frame import Frame

MOST = 100  # points of a key picture: more take time and add little
WINDOW = (13, 13)  # pixels about a point that are compared
FEWEST, FEWEST_PARTS = 12, 4
"""Points, and parts of the picture with points, that a match needs."""

AGREE = 1.0  # pixels by which a point may miss the common motion
MAJORITY = 0.5  # share of the picture's parts that must follow it

RESTING = 0.6  # pixels below which a point has not moved
ON_THE_WAY = 3.0  # pixels of the common motion beyond which what rests lies over the picture
OVERLAY = 5  # pixels about a resting point that count as an overlay
TIMES = 4  # matches in which a place rested before it counts

_ROUNDS = 300
_FEATURES = 400
_ALIKE = 20  # points that two pictures must share to show the same place
_COARSE = 3.0  # pixels

Homography = NDArray[np.float64]


class Match(NamedTuple):
    """Points of the background (n, 2) then and now, the motion, and how much of it agrees.

    `agreement` is a share of the picture's parts, `followed` one of the key picture's points, and
    `as_one` one of those that were followed.
    """

    then: Points
    now: Points
    motion: Homography
    agreement: float
    followed: float
    as_one: float

    @property
    def shift(self) -> float:
        """Median distance between then and now, pixels."""
        return float(np.median(np.linalg.norm(self.now - self.then, axis=1)))

    @property
    def scale(self) -> float:
        """Size now over size then, at the middle of the points."""
        return float(np.sqrt(abs(np.linalg.det(_slope(self.motion, self.then.mean(axis=0))))))

    @property
    def roll(self) -> float:
        """Degrees by which the picture has turned about its middle."""
        slope = _slope(self.motion, self.then.mean(axis=0))
        return float(np.degrees(np.arctan2(slope[1, 0] - slope[0, 1], np.trace(slope))))


class Overlay:
    """Places of a picture that rest while all else moves: scoreboards, logos, frames.

    Attributes
    ----------
    covered
        (height, width) what is covered; None where nothing is, or nearly everything.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._times = np.zeros(shape, np.int32)
        self.covered: NDArray[np.bool_] | None = None

    def add(self, points: Points) -> None:
        """Note points that rested in one more picture."""
        seen = np.zeros(self._times.shape, np.uint8)
        for x, y in points.round().astype(int).tolist():
            cv2.circle(seen, (x, y), OVERLAY, 1, -1)
        self._times += seen
        covered = self._times >= TIMES
        self.covered = covered if 0 < covered.mean() < MAJORITY else None

    def over(self, points: Points) -> NDArray[np.bool_]:
        """Return which points are covered."""
        if self.covered is None:
            return np.zeros(len(points), bool)
        x, y = points.round().astype(int).T
        height, width = self.covered.shape
        return self.covered[y.clip(0, height - 1), x.clip(0, width - 1)]


class KeyPicture:
    """A picture with which later ones are compared.

    Attributes
    ----------
    motion
        Homography from it to the last picture that was matched.
    """

    def __init__(self, look: Look) -> None:
        self.look = look
        self._points: Points | None = None
        self.motion: Homography = np.eye(3)

    @property
    def grey(self) -> Frame:
        """The small picture."""
        return self.look.grey

    @property
    def frame(self) -> int:
        """Its number in the video."""
        return self.look.frame

    def match(self, look: Look, overlay: Overlay, guess: Homography, levels: int) -> Match | None:
        """Find the background in another picture, near where a guess has it; None if lost."""
        grey = look.grey
        if self._points is None:
            self._points = corners(self.grey, self.look.boxes, overlay.covered, MOST)
        points = self._points[~overlay.over(self._points)]
        if len(points) < FEWEST:
            return None
        now, good = follow(self.grey, grey, points, moved(points, guess), WINDOW, levels)
        good &= ~inside(now, look.boxes) & within(now, grey.shape)
        match = fit(points[good], now[good], grey.shape)
        if match is None:
            return None
        resting = np.linalg.norm(now - points, axis=1) < RESTING
        if match.shift > ON_THE_WAY and (resting & good).any():
            overlay.add(points[resting & good])
        self.motion = match.motion
        return match._replace(followed=float(good.mean()))


def fit(then: Points, now: Points, shape: tuple[int, ...]) -> Match | None:
    """Fit one motion to most parts of the picture; None where they move differently.

    Where a third of the parts rests the camera does, whatever moves in the others.
    """
    part = parts_of(then, shape)
    if len(then) < FEWEST or len(np.unique(part)) < FEWEST_PARTS:
        return None
    resting = np.linalg.norm(now - then, axis=1) < RESTING
    rests = votes(resting, part) >= STAYED
    chosen = resting if rests else np.ones(len(then), bool)
    if chosen.sum() < FEWEST:
        return None
    motion, mask = cv2.findHomography(
        then[chosen], now[chosen], cv2.USAC_MAGSAC, AGREE, maxIters=_ROUNDS, confidence=0.999
    )
    if motion is None:
        return None
    agrees = chosen.copy()
    agrees[chosen] = mask[:, 0] > 0
    agreement = votes(agrees, part)
    few = agrees.sum() < FEWEST or len(np.unique(part[agrees])) < FEWEST_PARTS
    if few or (agreement < MAJORITY and not rests):
        return None
    share = float(agrees.mean())
    return Match(then[agrees], now[agrees], np.asarray(motion, np.float64), agreement, 1.0, share)


def recognise(then: Frame, now: Frame, boxes: NDArray[np.float32]) -> Homography | None:
    """Find the motion between pictures far apart by their features; None for unlike ones."""
    orb = cv2.ORB.create(_FEATURES)
    mask = np.full(now.shape, 255, np.uint8)
    for left, top, right, bottom in boxes.round().astype(int).clip(0):
        mask[top:bottom, left:right] = 0
    places, words = orb.detectAndCompute(then, None)
    places_now, words_now = orb.detectAndCompute(now, mask)
    if words is None or words_now is None:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(words, words_now)
    if len(pairs) < _ALIKE:
        return None
    one = np.array([places[pair.queryIdx].pt for pair in pairs], np.float32)
    other = np.array([places_now[pair.trainIdx].pt for pair in pairs], np.float32)
    motion, agrees = cv2.findHomography(one, other, cv2.RANSAC, _COARSE)
    if motion is None or agrees.sum() < _ALIKE:
        return None
    return np.asarray(motion, np.float64)


def moved(points: NDArray[np.floating], motion: Homography) -> Points:
    """Move points (n, 2) by a homography."""
    lifted = points @ motion[:, :2].T + motion[:, 2]
    depth = np.where(np.abs(lifted[:, 2:]) < 1e-6, 1e-6, lifted[:, 2:])
    return (lifted[:, :2] / depth).astype(np.float32)


def _slope(motion: Homography, place: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the derivative (2, 2) of a homography at a place."""
    at = motion @ [place[0], place[1], 1.0]
    return (motion[:2, :2] - np.outer(at[:2] / at[2], motion[2, :2])) / at[2]
