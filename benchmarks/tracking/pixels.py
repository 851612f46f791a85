"""Clips of known people, in pixels: a person cut out of a real clip and pasted again.

A mirror image walks with the person: both wear the same and are of one size, so that nothing but
their motion distinguishes them, or clothes of other colours in one clip. The 2D stage gets these
pictures as any others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring.detecting import detect
from benchmarks.tracking.clips import NOBODY, KnownClip
from glagcn_cli.keypoints.stage import load_people_detector
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.poses import FrameDetections, Keypoints2D
from glagcn_cli.smoothing import runs
from glagcn_cli.video.reader import VideoReader

Picture = NDArray[np.uint8]

MARGIN = 40  # pixels about the joints that are cut out
DIFFERENT = 28  # grey levels from the background on that are the person
WAITING = 12  # frames that two who meet go back and forth, twice
NEAR = 0.25  # of a person's height: mean distance of joints up to which a detection is of them


class _Cut(NamedTuple):
    """A person of one frame: pixels, coverage, top left corner, and joints."""

    pixels: NDArray[np.float32]
    cover: NDArray[np.float32]
    corner: tuple[int, int]
    joints: NDArray[np.float64]

    def mirrored(self, width: int, down: int) -> _Cut:
        """Return the mirror image in a picture of this width, this many pixels lower."""
        left = width - self.corner[0] - self.pixels.shape[1]
        joints = self.joints * [-1, 1] + [width - 1, down]
        flipped = self.pixels[:, ::-1], self.cover[:, ::-1]
        return _Cut(*flipped, (left, self.corner[1] + down), joints)

    def dyed(self) -> _Cut:
        """Return the person with the colours' channels exchanged: red as green, and so on."""
        return self._replace(pixels=np.roll(self.pixels, 1, axis=2))


_Scene = Sequence[Sequence[_Cut]]  # who is in each frame, the nearest last


def pasted_clips(video: Path, people: Sequence[Keypoints2D]) -> list[KnownClip]:
    """Make clips of the person longest in view without a gap, and find the people in them."""
    person, shown = max(
        ((one, stretch) for one in people for stretch in runs(one.valid)),
        key=lambda both: both[1].stop - both[1].start,
    )
    with VideoReader(video) as reader:
        background = np.median(np.stack(list(islice(reader, 0, None, 12))), axis=0)
    with VideoReader(video) as reader:
        cuts = [
            _cut(frame, background, person.keypoints[number])
            for number, frame in enumerate(reader)
            if shown.start <= number < shown.stop
        ]
    width = background.shape[1]
    there = list(range(len(cuts)))
    back, away = [*there[: len(there) // 2 : 2], *there[len(there) // 2 :: -2]], there[-60:]
    middle = len(back) // 2
    wait = [*range(middle, middle - WAITING, -1), *range(middle - WAITING, middle)]
    waiting = [*back[:middle], *(back[k] for k in wait * 2), *back[middle:]]
    pairs = [(cut, cut.mirrored(width, 25)) for cut in cuts]
    scenes: dict[str, _Scene] = {
        "past a twin": pairs,
        "past a twin, behind": [(cut.mirrored(width, -15), cut) for cut in cuts],
        "meeting a twin, turning back": [pairs[k] for k in back],
        "the same, in other clothes": [(pairs[k][0], pairs[k][1].dyed()) for k in back],
        "in other clothes, waiting": [(pairs[k][0], pairs[k][1].dyed()) for k in waiting],
        "leaving, coming back": [
            *[(cuts[k],) for k in away], *[()] * 60, *[(cuts[k],) for k in away[::-1]],
        ],
    }  # fmt: skip
    return [_found(kind, scene, background) for kind, scene in scenes.items()]


def _cut(frame: Picture, background: NDArray[np.float64], joints: NDArray[np.floating]) -> _Cut:
    left, top = np.maximum(joints.min(axis=0) - MARGIN, 0).astype(int)
    right, bottom = (joints.max(axis=0) + MARGIN).astype(int)
    pixels = frame[top:bottom, left:right].astype(np.float32)
    off = np.abs(pixels - background[top:bottom, left:right]).max(axis=2)
    mask = (cv2.GaussianBlur((off > DIFFERENT).astype(np.float32), (0, 0), 3) > 0.35).astype(
        np.uint8
    )
    whole = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((25, 25), np.uint8))
    cover = cv2.GaussianBlur(whole.astype(np.float32), (0, 0), 2)
    return _Cut(pixels, np.asarray(cover, np.float32), (left, top), joints.astype(np.float64))


def _pictures(
    scene: Sequence[Sequence[_Cut]], background: NDArray[np.float64]
) -> Iterator[Picture]:
    height, width = background.shape[:2]
    for cuts in scene:
        picture = background.astype(np.float32)
        for cut in cuts:
            x, y = cut.corner
            part = picture[max(0, y) : height, max(0, x) : width]
            inside = (slice(max(0, -y), None), slice(max(0, -x), None))
            pixels, cover = cut.pixels[inside], cut.cover[inside][..., None]
            rows, columns = min(len(part), len(pixels)), min(part.shape[1], pixels.shape[1])
            part, pixels = part[:rows, :columns], pixels[:rows, :columns]
            part += cover[:rows, :columns] * (pixels - part)
        yield picture.astype(np.uint8)


def _found(kind: str, scene: _Scene, background: NDArray[np.float64]) -> KnownClip:
    """Return the 2D stage's detections in a scene, and their people."""
    detector = load_people_detector(Settings(), "cpu")
    frames, _ = detect(_pictures(scene, background), detector)
    return KnownClip(kind, frames, [_whose(*both) for both in zip(frames, scene, strict=True)])


def _whose(found: FrameDetections, cuts: Sequence[_Cut]) -> NDArray[np.int64]:
    """Return the person of a frame whose joints are nearest to each detection's."""
    who = np.full(len(found), NOBODY, np.int64)
    for row, joints in enumerate(found.keypoints):
        off = [
            np.median(np.linalg.norm(joints - cut.joints, axis=1)) / np.ptp(cut.joints[:, 1])
            for cut in cuts
        ]
        if off and min(off) < NEAR:
            who[row] = int(np.argmin(off))
    return who
