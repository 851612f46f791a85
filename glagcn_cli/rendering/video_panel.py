"""The left panel: the video's frame with its 2D skeletons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..biomechanics.fingers import SEEN
from ..poses import Keypoints2D
from ..skeleton import EXTREMITIES
from .drawing import (
    BORDER,
    LEFT,
    RIGHT,
    Colour,
    Strokes,
    paint,
    skeleton_strokes,
    tag_person,
)
from .hands import hand_strokes
from .lettering import letter_size
from .picture import Picture, Yuv420

HIDDEN_SCORE = 0.15
"""2D points with a lower score are not drawn."""
FAINT_SCORE = 0.35
"""2D points with a lower score are drawn thin and without border."""

_FINE = {"nose", "left_eye", "right_eye", "left_ear", "right_ear", *EXTREMITIES}
"""Drawn finer than limbs."""


class VideoPanel:
    """The video's frame, scaled into a panel, with the 2D skeletons on it.

    Parameters
    ----------
    keypoints
        One entry a person.
    frame_size, size
        (width, height) of the video's frames and of the panel, pixels; those of the panel are even.

    Attributes
    ----------
    picture_size
        (width, height) of the video in the panel, both even.
    """

    def __init__(
        self, keypoints: Sequence[Keypoints2D], frame_size: tuple[int, int], size: tuple[int, int]
    ) -> None:
        fit = min(size[0] / frame_size[0], size[1] / frame_size[1])
        width, height = (
            # The picture fills a bar of a pixel or two from rounding to even sizes.
            full if abs(round(given * fit) - full) <= 2 else max(2, round(given * fit / 2) * 2)
            for given, full in zip(frame_size, size, strict=True)
        )
        self.picture_size = (width, height)
        left, top = ((size[0] - width) // 4 * 2, (size[1] - height) // 4 * 2)
        self._picture = slice(top, top + height), slice(left, left + width)
        self._bars = (width, height) != size
        scale = self._scale = np.array([width, height]) / frame_size
        self._letters = letter_size(size[1])
        # Pixel centres lie at whole numbers, so the picture's corner is at -0.5.
        self._people = [(person, (person.keypoints + 0.5) * scale - 0.5) for person in keypoints]
        self._radii = [_line_radius(points, person, size[1]) for person, points in self._people]

    def draw(self, panel: Picture, frame: NDArray[np.uint8], index: int) -> None:
        """Draw frame ``index`` of the clip on the panel in place.

        For a panel in RGB the frame is RGB of the clip's size; for one in YUV 4:2:0 it is of
        ``picture_size``, in memory as in `picture.Yuv420`.
        """
        picture = self._lay(panel, frame)
        for (person, points), radius in zip(self._people, self._radii, strict=True):
            if person.valid[index]:
                scores = person.scores[index]
                paint(picture, _strokes_2d(points[index], scores, person, radius))
                for hand in self._hands(person, index):
                    paint(picture, hand_strokes(*hand, 0.45 * radius))
                seen = scores >= FAINT_SCORE
                tag_person(picture, person, points[index], seen, self._letters, plate=True)

    def _hands(
        self, person: Keypoints2D, index: int
    ) -> Iterator[tuple[NDArray[np.float64], Colour]]:
        """Give the points (21, 2) of each hand that was seen, in the panel, and its colour."""
        if person.hands is None:
            return
        for hand, colour in zip(person.hands[index], (LEFT, RIGHT), strict=True):
            if hand[0, 5] >= SEEN:
                yield (hand[:, :2].astype(np.float64) + 0.5) * self._scale - 0.5, colour

    def _lay(self, panel: Picture, frame: NDArray[np.uint8]) -> Picture:
        """Put the video's frame on the panel and return the part that it covers."""
        rows, columns = self._picture
        if isinstance(panel, Yuv420):
            if self._bars:
                panel.fill(BORDER)
            picture = panel.part(rows, columns)
            picture.copy_from(Yuv420(frame))
            return picture
        if self._bars:
            panel[:] = BORDER
        _scale_into(panel[rows, columns], frame)
        return panel[rows, columns]


def _strokes_2d(
    points: NDArray[np.float64], scores: NDArray[np.float32], person: Keypoints2D, radius: float
) -> Strokes:
    """Return the strokes of the 2D skeleton: uncertain ones thin, poor ones left out."""
    joint_set = person.joint_set
    size = np.array([0.6 if joint in _FINE else 1.0 for joint in joint_set.joints]) * radius
    strokes = skeleton_strokes(points, joint_set, size, size * 1.5, border=max(0.6, radius * 0.5))
    bones = np.array(joint_set.bone_indices)
    lowest = np.concatenate([scores[bones].min(axis=1), scores])
    faint = lowest < FAINT_SCORE
    strokes.radii[faint] *= 0.4
    strokes.border[faint] = 0
    return strokes.where(lowest >= HIDDEN_SCORE)


def _line_radius(points: NDArray[np.float64], person: Keypoints2D, height: int) -> float:
    """Return half the width of a person's 2D lines, by their size in the clip, in pixels."""
    seen = person.scores > 0
    shown = person.valid & seen.any(axis=1)
    if not shown.any():
        return 1.0
    hidden = ~seen[shown][..., None]
    low = np.where(hidden, np.inf, points[shown]).min(axis=1)
    high = np.where(hidden, -np.inf, points[shown]).max(axis=1)
    tall = float(np.median((high - low).max(axis=-1)))
    return float(np.clip(tall * 0.008, height / 720, height / 220))


def _scale_into(picture: NDArray[np.uint8], frame: NDArray[np.uint8]) -> None:
    """Scale a frame (H, W, 3) to fill a picture (height, width, 3) in place.

    Large ones are halved first: exact halves are the fast case of area averaging, and the remaining
    bilinear scaling (less than a half) skips no pixels. This is several times as fast as area
    averaging in one step.
    """
    height, width = picture.shape[:2]
    while frame.shape[0] >= 2 * height and frame.shape[1] >= 2 * width:
        rows, columns = frame.shape[0] // 2, frame.shape[1] // 2
        even = frame[: 2 * rows, : 2 * columns]
        frame = np.asarray(
            cv2.resize(even, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8
        )
    cv2.resize(frame, (width, height), dst=picture, interpolation=cv2.INTER_LINEAR)
