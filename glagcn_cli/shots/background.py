"""Finds the background of a picture in later pictures of the same shot.

Corner points around the people are followed (Lucas-Kanade on small grey pictures), and one motion
is fitted to most of them (RANSAC).
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ..video.frame import Frame

Points = NDArray[np.float32]

_POINTS = 150
_APART = 8  # pixels between points, so that one bush does not outvote a room
_FEWEST = 12
_CELLS = (8, 6)  # parts of the picture, with one vote each
_FEWEST_CELLS = 4
_AGREE = 1.5  # pixels by which a point may miss the common motion: grain, a lens' distortion
_MAJORITY = 0.5

STAYED = 1 / 3
"""Share of still parts from which the camera stands still. Water, leaves, a crowd or a train may
fill more than half of a still picture, but hardly a part stands still before a moving camera."""

_ONE_WAY = 0.8
"""Share of the parts that move one way, at any speed, past a camera that is carried along: near
things pass faster than far ones, and no single motion fits."""

_FAR = 0.15  # of the longer side: largest part of a reference that may leave the view
_MARGIN = 0.1  # of a person's box, for hands, hair and shadows outside it
_SAME = 20.0  # mean difference in grey levels between a point's surroundings then and now
_WINDOW = (15, 15)
LEVELS = 3  # halvings: motion of an eighth of the picture between two looks can be followed
_TEXTURE = 1e-3  # least eigenvalue of a corner, in OpenCV's unit


class Found(NamedTuple):
    """Place of a reference's background, (2,) pixels, and whether it is leaving the view."""

    place: NDArray[np.float64]
    far: bool


class Reference:
    """A picture whose background is searched for in later ones.

    `place` is that of the background in it.
    """

    def __init__(self, grey: Frame, boxes: NDArray[np.float32], place: NDArray[np.float64]) -> None:
        self._grey, self._boxes, self._place = grey, boxes, place
        self._points: Points | None = None
        self._motion = np.eye(2, 3)

    def find(self, grey: Frame, boxes: NDArray[np.float32]) -> Found | None:
        """Follow the background into another picture; None where most of it is not found."""
        if self._points is None:
            self._points = corners(self._grey, self._boxes)
        if len(self._points) < _FEWEST:
            return None
        expected = _moved(self._points, self._motion)
        now, good = follow(self._grey, grey, self._points, expected)
        good &= ~inside(now, boxes) & within(now, grey.shape)
        then, now, expected = self._points[good], now[good], expected[good]
        cells = parts_of(then, grey.shape)
        if len(then) < _FEWEST or len(np.unique(cells)) < _FEWEST_CELLS:
            return None
        fitted = _fit(then, now, _distance(now, expected) < _AGREE, cells)
        if fitted is None:
            return None
        self._motion = fitted
        agrees = _distance(now, _moved(then, fitted)) < _AGREE
        return self._describe(fitted, float(np.mean(agrees)), np.mean(good))

    def _describe(self, motion: NDArray[np.float64], agreement: float, left: np.floating) -> Found:
        height, width = self._grey.shape
        middle = np.array([[width / 2, height / 2]])
        shift = (_moved(middle, motion) - middle)[0]
        far = np.abs(shift).max() > _FAR * max(width, height) or left < _MAJORITY
        return Found(self._place + shift, bool(far or agreement < _MAJORITY))


def corners(
    grey: Frame,
    boxes: NDArray[np.float32],
    covered: NDArray[np.bool_] | None = None,
    most: int = _POINTS,
) -> Points:
    """Find trackable places (points, 2) outside the boxes and what else is covered."""
    mask = np.full(grey.shape, 255, np.uint8)
    if covered is not None:
        mask[covered] = 0
    for left, top, right, bottom in _grown(boxes).round().astype(int).clip(0):
        mask[top:bottom, left:right] = 0
    found = cv2.goodFeaturesToTrack(grey, most, 0.01, _APART, mask=mask)
    return np.zeros((0, 2), np.float32) if found is None else found[:, 0].astype(np.float32)


def follow(
    before: Frame,
    after: Frame,
    points: Points,
    expected: Points,
    window: tuple[int, int] = _WINDOW,
    levels: int = LEVELS,
) -> tuple[Points, NDArray[np.bool_]]:
    """Find points of one picture in another, near expected places; return places and a mask.

    The more halvings of the pictures, `levels`, the farther off may an expected place be.
    """
    places, found, difference = cv2.calcOpticalFlowPyrLK(
        before,
        after,
        points[:, None],
        expected[:, None].copy(),
        winSize=window,
        maxLevel=levels,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
        minEigThreshold=_TEXTURE,
    )
    good = (found[:, 0] > 0) & (difference[:, 0] < _SAME)
    return np.asarray(places[:, 0], np.float32), good


def _fit(
    then: Points, now: Points, stayed: NDArray[np.bool_], cells: NDArray[np.intp]
) -> NDArray[np.float64] | None:
    """Find the motion (2, 3) of the background, None where its parts move differently.

    `stayed` are the points at the background's last place.
    """
    if votes(stayed, cells) >= STAYED:
        then, now = then[stayed], now[stayed]
    motion, agrees = cv2.estimateAffinePartial2D(then, now, ransacReprojThreshold=_AGREE)
    if motion is None:
        return None
    if len(then) < len(stayed) or votes(agrees[:, 0] > 0, cells) >= _MAJORITY:
        return np.asarray(motion, np.float64)
    flow = now - then
    typical = np.median(flow, axis=0)
    if votes(_one_way(flow, typical), cells) < _ONE_WAY:
        return None
    return np.column_stack([np.eye(2), typical]).astype(np.float64)


def _one_way(flow: Points, typical: Points) -> NDArray[np.bool_]:
    """Return which points move the typical way, at any speed."""
    length = np.linalg.norm(typical)
    if length < _AGREE:
        return np.zeros(len(flow), bool)
    along = flow @ typical / length
    across = np.abs(flow[:, 0] * typical[1] - flow[:, 1] * typical[0]) / length
    return (along > 0) & (across < _AGREE + along / 4)


def parts_of(
    points: Points, shape: tuple[int, ...], grid: tuple[int, int] = _CELLS
) -> NDArray[np.intp]:
    """Return the number of the picture's part in which each point lies, of a grid of parts."""
    columns, rows = grid
    column = (points[:, 0] * columns / shape[1]).astype(np.intp)
    return column + columns * (points[:, 1] * rows / shape[0]).astype(np.intp)


def votes(agrees: NDArray[np.bool_], cells: NDArray[np.intp]) -> float:
    """Compute the share of the picture's parts in which at least half of the points agree."""
    points = np.bincount(cells)
    agreeing = np.bincount(cells, agrees)
    return float(np.mean(agreeing[points > 0] >= points[points > 0] / 2))


def _moved(points: NDArray[np.floating], motion: NDArray[np.float64]) -> Points:
    return (points @ motion[:, :2].T + motion[:, 2]).astype(np.float32)


def _distance(a: Points, b: Points) -> NDArray[np.float32]:
    return np.linalg.norm(a - b, axis=1)


def _grown(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    margin = (boxes[:, 2:] - boxes[:, :2]) * _MARGIN
    return np.concatenate([boxes[:, :2] - margin, boxes[:, 2:] + margin], axis=1)


def inside(points: Points, boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which points lie in any of the boxes, grown a little."""
    if not len(boxes):
        return np.zeros(len(points), bool)
    grown = _grown(boxes)
    above = points[:, None] >= grown[None, :, :2]
    below = points[:, None] <= grown[None, :, 2:]
    return np.any(np.all(above & below, axis=2), axis=1)


def within(points: Points, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which points lie in the picture."""
    return np.all((points >= 0) & (points < (shape[1], shape[0])), axis=1)
