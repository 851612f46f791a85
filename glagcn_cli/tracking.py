"""Who is who over time: detections of single frames become one track a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from .poses import FrameDetections, Keypoints2D
from .skeleton import JointSet

LONGEST_ABSENCE = 1.0
"""Seconds after which a person who was not seen is given up."""

LEAST_SIMILARITY = 0.15
"""Below this a detection is not the person of a track."""

KEYPOINT_TOLERANCE = 0.12  # of the person's size: displacement at which similarity is exp(-1/2)
TOLERANCE_GROWTH = 1.0  # of the tolerance, for every missed tenth of a second
NEW_TRACK_SCORE = 0.25  # mean keypoint score below which a detection founds no track
SHORTEST_TRACK = 0.2  # seconds; shorter ones are noise unless nobody else was seen
DOUBLE_OVERLAP = 0.7  # similarity at which two detections of a frame are the same person
VELOCITY_MEMORY = 0.7  # share of the old velocity kept at every frame


@dataclass
class _Track:
    """A person under observation; lists grow by one entry a sighting."""

    frames: list[int] = field(default_factory=list)
    keypoints: list[NDArray] = field(default_factory=list)
    scores: list[NDArray] = field(default_factory=list)
    boxes: list[NDArray] = field(default_factory=list)
    velocity: NDArray = field(default_factory=lambda: np.zeros(2))  # pixels a frame

    def add(self, frame: int, detections: FrameDetections, index: int) -> None:
        """Take a detection as the next sighting."""
        box = detections.boxes[index]
        if self.frames:
            step = (_centre(box) - _centre(self.boxes[-1])) / (frame - self.frames[-1])
            self.velocity = VELOCITY_MEMORY * self.velocity + (1 - VELOCITY_MEMORY) * step
        self.frames.append(frame)
        self.keypoints.append(detections.keypoints[index])
        self.scores.append(detections.scores[index])
        self.boxes.append(box)

    def similarities(self, frame: int, detections: FrameDetections, fps: float) -> NDArray:
        """How likely each detection of a frame is this person, (people,) in 0..1."""
        missed = frame - self.frames[-1]
        moved = self.velocity * missed
        growth = 1 + TOLERANCE_GROWTH * 10 * (missed - 1) / fps
        box = self.boxes[-1] + np.concatenate([moved, moved])
        pose = keypoint_similarity(
            self.keypoints[-1] + moved,
            self.scores[-1],
            detections.keypoints,
            detections.scores,
            KEYPOINT_TOLERANCE * growth * _size(self.boxes[-1]),
        )
        return 0.6 * pose + 0.4 * box_overlap(box, detections.boxes)


def _centre(box: NDArray) -> NDArray:
    return (box[:2] + box[2:]) / 2


def _size(box: NDArray) -> float:
    """Square root of the box's area, at least a pixel."""
    return float(np.sqrt(max(1.0, (box[2] - box[0]) * (box[3] - box[1]))))


def keypoint_similarity(
    keypoints: NDArray[np.floating],
    scores: NDArray[np.floating],
    others: NDArray[np.floating],
    other_scores: NDArray[np.floating],
    tolerance: float,
) -> NDArray[np.float64]:
    """Similarity of a pose to other poses, as COCO's object keypoint similarity.

    Parameters
    ----------
    keypoints, scores
        (joints, 2) pixels and (joints,).
    others, other_scores
        (people, joints, 2) and (people, joints).
    tolerance
        Pixels of displacement at which a joint counts exp(-1/2).

    Returns
    -------
    NDArray
        (people,) in 0..1; joints count by the product of both scores.
    """
    square = np.square(others - keypoints).sum(axis=-1)
    weight = scores * other_scores + 1e-6
    return (np.exp(-square / (2 * tolerance**2)) * weight).sum(axis=-1) / weight.sum(axis=-1)


def box_overlap(box: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.float64]:
    """Intersection over union of one box (4,) with others (people, 4)."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:], others[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1) + np.prod(box[2:] - box[:2])
    return shared / np.maximum(areas - shared, 1e-6)


def without_doubles(detections: FrameDetections) -> FrameDetections:
    """Keep the better scored of two detections that show the same person."""
    order = np.argsort(-detections.scores.mean(axis=1), kind="stable")
    kept: list[int] = []
    for index in order:
        similar = keypoint_similarity(
            detections.keypoints[index],
            detections.scores[index],
            detections.keypoints[kept],
            detections.scores[kept],
            KEYPOINT_TOLERANCE * _size(detections.boxes[index]),
        )
        if not (similar >= DOUBLE_OVERLAP).any():
            kept.append(int(index))
    return FrameDetections(
        detections.boxes[kept],
        detections.box_scores[kept],
        detections.keypoints[kept],
        detections.scores[kept],
    )


def _follow(frames: Sequence[FrameDetections], fps: float) -> list[_Track]:
    """Assign detections to tracks frame by frame, optimally within a frame."""
    tracks: list[_Track] = []
    for number, raw in enumerate(frames):
        if not len(raw):
            continue
        detections = without_doubles(raw)
        alive = [t for t in tracks if number - t.frames[-1] <= max(1, LONGEST_ABSENCE * fps)]
        taken: set[int] = set()
        if alive:
            similarity = np.stack([t.similarities(number, detections, fps) for t in alive])
            # Pairs below the limit count nothing: their sum must not outweigh one good pair.
            similarity[similarity < LEAST_SIMILARITY] = 0
            for row, column in zip(*linear_sum_assignment(-similarity), strict=True):
                if similarity[row, column] > 0:
                    alive[row].add(number, detections, column)
                    taken.add(int(column))
        for index in set(range(len(detections))) - taken:
            if detections.scores[index].mean() >= NEW_TRACK_SCORE:
                track = _Track()
                track.add(number, detections, index)
                tracks.append(track)
    return tracks


def importance(track: _Track) -> float:
    """Frames x size: the main person is long in view and large, whatever a single frame says."""
    return float(sum(_size(box) for box in track.boxes))


def track_people(
    frames: Sequence[FrameDetections],
    fps: Fraction,
    image_size: tuple[int, int],
    joint_set: JointSet,
) -> list[Keypoints2D]:
    """Find the people of a clip.

    Parameters
    ----------
    frames
        Detections, one entry a frame.
    fps
        Frames per second.
    image_size
        (width, height) in pixels.
    joint_set
        What the keypoints are.

    Returns
    -------
    list of Keypoints2D
        One entry a person, numbered from 1 in the order of seconds x size: person 1 is the main
        person. Empty when nobody was found.
    """
    tracks = _follow(frames, float(fps))
    long_enough = [t for t in tracks if len(t.frames) >= SHORTEST_TRACK * fps]
    ranked = sorted(long_enough or tracks, key=importance, reverse=True)
    people = [_to_keypoints(track, len(frames), fps, image_size, joint_set) for track in ranked]
    return [replace(person, person=number) for number, person in enumerate(people, start=1)]


def _to_keypoints(
    track: _Track,
    frames: int,
    fps: Fraction,
    image_size: tuple[int, int],
    joint_set: JointSet,
) -> Keypoints2D:
    """Lay a track out over all frames of the clip."""
    keypoints = np.zeros((frames, len(joint_set), 2), dtype=np.float32)
    scores = np.zeros((frames, len(joint_set)), dtype=np.float32)
    valid = np.zeros(frames, dtype=bool)
    keypoints[track.frames] = np.stack(track.keypoints)
    scores[track.frames] = np.stack(track.scores)
    valid[track.frames] = True
    return Keypoints2D(keypoints, scores, valid, fps, image_size, joint_set)
