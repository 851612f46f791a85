"""Follows detections from frame to frame, as long as there is no doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..camera_path.carried import CarriedPlaces
from ..poses import FrameDetections
from ..similarity import (
    KEYPOINT_TOLERANCE,
    best_pairs,
    box_overlap,
    centre,
    keypoint_similarity,
    pose_fit,
    size,
)

GIVEN_UP = 0.4
"""Seconds after which a missing person's tracklet ends. `linking` joins it later with knowledge of
the frames in between."""

LEAST_SIMILARITY = 0.35
"""Below this a detection is not the person of a track."""

KNOWN_FOR, PREFERENCE = 0.5, 0.1
"""Seconds of sightings from which a tracklet is preferred to a new one, and by how much similarity:
somebody who was found twice for a moment stays with the older of two tracklets."""

TOLERANCE_GROWTH = 1.0  # of the tolerance, for every missed tenth of a second
NEW_TRACK_SCORE = 0.25  # mean score of the seen keypoints below which a detection starts no track
DOUBLE_OVERLAP = 0.7  # similarity at which two detections of a frame are the same person
VELOCITY_MEMORY = 0.7  # share of the old velocity in the next frame's


AT_REST = CarriedPlaces.still()
"""The background before a camera that stands still."""


@dataclass
class Tracklet:
    """Sightings of one person: ``rows[k]`` is the detection's number in frame ``frames[k]``.

    ``velocity`` is against the background. ``continues`` is the tracklet that this one was cut
    from, in doubt.
    """

    frames: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    velocity: NDArray = field(default_factory=lambda: np.zeros(2))  # pixels a frame
    continues: Tracklet | None = None

    def add(
        self,
        clip: Sequence[FrameDetections],
        frame: int,
        row: int,
        background: CarriedPlaces = AT_REST,
    ) -> None:
        """Add a detection as the next sighting."""
        if self.frames:
            last = centre(self._last(clip).boxes[self.rows[-1]])
            last = background.carried(last, self.frames[-1], frame)
            moved = centre(clip[frame].boxes[row]) - last
            step = moved / (frame - self.frames[-1])
            self.velocity = VELOCITY_MEMORY * self.velocity + (1 - VELOCITY_MEMORY) * step
        self.frames.append(frame)
        self.rows.append(row)

    def similarities(
        self,
        clip: Sequence[FrameDetections],
        frame: int,
        rows: Sequence[int],
        fps: float,
        background: CarriedPlaces = AT_REST,
    ) -> NDArray[np.float64]:
        """Compute how likely detections of a frame are this person, (rows,) in 0..1."""
        last, row = self._last(clip), self.rows[-1]
        missed = frame - self.frames[-1]
        moved = self.velocity * missed
        growth = 1 + TOLERANCE_GROWTH * 10 * (missed - 1) / fps
        way = (self.frames[-1], frame)
        last_box = background.carried_boxes(last.boxes[row], *way)
        pose = keypoint_similarity(
            background.carried(last.keypoints[row], *way) + moved,
            last.scores[row],
            clip[frame].keypoints[rows],
            clip[frame].scores[rows],
            KEYPOINT_TOLERANCE * growth * size(last_box),
        )
        box = last_box + np.concatenate([moved, moved])
        return 0.6 * pose + 0.4 * box_overlap(box, clip[frame].boxes[rows])

    def _last(self, clip: Sequence[FrameDetections]) -> FrameDetections:
        return clip[self.frames[-1]]


def without_doubles(detections: FrameDetections) -> list[int]:
    """Return the rows to keep: of two detections that show the same person the better one.

    The better is the better scored one whose joints fit its box: the other's box may be that of
    somebody else.
    """
    fits = [
        pose_fit(box, keypoints, scores)
        for box, keypoints, scores in zip(
            detections.boxes, detections.keypoints, detections.scores, strict=True
        )
    ]
    rows: list[int] = []
    for index in np.argsort(-detections.scores.mean(axis=1) * fits, kind="stable"):
        similar = keypoint_similarity(
            detections.keypoints[index],
            detections.scores[index],
            detections.keypoints[rows],
            detections.scores[rows],
            KEYPOINT_TOLERANCE * size(detections.boxes[index]),
        )
        if not (similar >= DOUBLE_OVERLAP).any():
            rows.append(int(index))
    return rows


def follow(
    clip: Sequence[FrameDetections],
    start: int,
    stop: int,
    fps: float,
    background: CarriedPlaces = AT_REST,
) -> list[Tracklet]:
    """Assign detections to tracklets frame by frame, optimally within a frame.

    Parameters
    ----------
    clip
        Detections, one entry a frame.
    start, stop
        Frames to search; nobody is followed out of them.
    fps
        Frames per second.
    background
        Where it lies in each frame.
    """
    given_up: list[Tracklet] = []
    alive: list[Tracklet] = []
    for number in range(start, stop):
        patience = max(1, GIVEN_UP * fps)
        given_up += [t for t in alive if number - t.frames[-1] > patience]
        alive = [t for t in alive if number - t.frames[-1] <= patience]
        if not len(clip[number]):
            continue
        rows = without_doubles(clip[number])
        taken: set[int] = set()
        if alive:
            similarity = np.stack(
                [t.similarities(clip, number, rows, fps, background) for t in alive]
            )
            # Pairs below the limit are set to 0, so that their sum cannot outweigh one good pair.
            known = np.array([len(t.frames) for t in alive]) / (KNOWN_FOR * fps)
            preferred = similarity + PREFERENCE * np.minimum(known, 1)[:, None]
            similarity = np.where(similarity < LEAST_SIMILARITY, 0, preferred)
            for who, column in zip(*best_pairs(similarity), strict=True):
                if similarity[who, column] > 0:
                    alive[who].add(clip, number, rows[column], background)
                    taken.add(rows[column])
        for row in rows:
            if row not in taken and _mean_score(clip[number].scores[row]) >= NEW_TRACK_SCORE:
                alive.append(Tracklet())
                alive[-1].add(clip, number, row)
    return given_up + alive


def _mean_score(scores: NDArray[np.floating]) -> float:
    """Return the mean score of the keypoints (joints,) that were seen; 0 where none was."""
    return float(scores.sum() / max(1, np.count_nonzero(scores)))
