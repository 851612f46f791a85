"""Keypoints of people who overlap: each person their own.

A network that finds one person in a crop may find the same one in the boxes of two who overlap.
Whose pose it is shows by how well it fits the boxes. The other box is looked at again with that
person painted over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ..similarity import KEYPOINT_TOLERANCE, SEEN, keypoint_similarity, pose_fit, size
from ..skeleton import COCO17
from ..video.picture import AnyFrame, picture_of
from .interface import KeypointDetector, Keypoints

SAME = 0.5
"""Similarity from which on two boxes may have been given one person's joints."""

ONE_PLACE = 0.03
"""Distance, as a share of a person's size, up to which two joints of a kind are one: that of either
of two people."""

LEAST_SCORE = 0.25
"""Mean keypoint score below which nobody else was found in a box: it is a double's."""

_LIMB = 0.3  # width of what is painted over limbs, as a share of the torso's length
_HEAD = 0.25  # radius, likewise
_AROUND = 2.0  # how many times its longer side is cut out around a box: more than any crop takes
_FAR = 1e4  # pixels; OpenCV draws no farther
_LIMBS = tuple(
    (COCO17.index(f"{side}_{upper}"), COCO17.index(f"{side}_{lower}"))
    for side in ("left", "right")
    for upper, lower in (
        ("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"),
    )
)  # fmt: skip
_TORSO = COCO17.indices(("left_shoulder", "right_shoulder", "right_hip", "left_hip"))
_FACE = slice(0, 5)  # nose, eyes and ears


class _Doubt(NamedTuple):
    """A box of a frame that was given the joints of the person in another box of it."""

    frame: int
    row: int
    owner: int


class PeopleApart:
    """Finds joints as another detector does, and again where two boxes were given one person's.

    Parameters
    ----------
    keypoints
        The detector. Its first joints are those of COCO.
    """

    def __init__(self, keypoints: KeypointDetector) -> None:
        self._find = keypoints
        self.joint_set = keypoints.joint_set

    def __call__(
        self, frames: Sequence[AnyFrame], boxes: Sequence[NDArray[np.float32]]
    ) -> list[Keypoints]:
        """Find the joints in each frame's (people, 4) boxes, one `Keypoints` a frame."""
        found = self._find(frames, boxes)
        doubts = [
            _Doubt(number, row, owner)
            for number, (inside, poses) in enumerate(zip(boxes, found, strict=True))
            for row, owner in mistaken(inside, poses)
        ]
        if not doubts:
            return found
        pictures, places = [], []
        for frame, row, owner in doubts:
            inside = boxes[frame]
            pose = found[frame].keypoints[owner]
            picture, corner = _without(frames[frame], pose, inside[owner], inside[row])
            pictures.append(picture)
            places.append(corner)
        moved = [
            boxes[doubt.frame][doubt.row][None] - np.tile(corner, 2)
            for doubt, corner in zip(doubts, places, strict=True)
        ]
        again = self._find(pictures, [box.astype(np.float32) for box in moved])
        for doubt, corner, new in zip(doubts, places, again, strict=True):
            inside = boxes[doubt.frame]
            pose = Keypoints((new.keypoints + corner).astype(np.float32), new.scores)
            _take(found[doubt.frame], inside, doubt, pose)
        return found


def mistaken(boxes: NDArray[np.float32], poses: Keypoints) -> list[tuple[int, int]]:
    """Find the boxes of a frame that were given the joints of somebody in another box.

    Parameters
    ----------
    boxes
        (people, 4).
    poses
        Of the same people.

    Returns
    -------
    list of (row, owner)
        The row of such a box, and that of the person whose joints they are.
    """
    if len(boxes) < 2:
        return []
    fits = [
        pose_fit(box, keypoints, scores) * scores.mean()
        for box, keypoints, scores in zip(boxes, poses.keypoints, poses.scores, strict=True)
    ]
    owners: list[int] = []
    found = []
    for row in np.argsort(-np.array(fits), kind="stable"):
        rest = Keypoints(poses.keypoints[owners], poses.scores[owners])
        alike = _alike(boxes[row], poses.keypoints[row], poses.scores[row], rest)
        if len(alike) and alike.max() >= SAME:
            found.append((int(row), owners[int(alike.argmax())]))
        else:
            owners.append(int(row))
    return found


def _alike(
    box: NDArray[np.float32],
    keypoints: NDArray[np.float32],
    scores: NDArray[np.float32],
    others: Keypoints,
) -> NDArray[np.float64]:
    """Similarity (others,) in 0..1 of a pose to others; 1 if even one joint is shared.

    Parameters
    ----------
    box
        (4,) of the pose.
    keypoints, scores
        (joints, 2) and (joints,) of the pose.
    """
    limbs = slice(_FACE.stop, None)
    apart = np.linalg.norm(others.keypoints - keypoints, axis=-1)[:, limbs]
    seen = (np.minimum(others.scores, scores) >= SEEN)[:, limbs]
    shared = ((apart < ONE_PLACE * size(box)) & seen).any(axis=1)
    similarity = keypoint_similarity(
        keypoints, scores, others.keypoints, others.scores, KEYPOINT_TOLERANCE * size(box)
    )
    return np.where(shared, 1.0, similarity)


def _take(poses: Keypoints, boxes: NDArray[np.float32], doubt: _Doubt, new: Keypoints) -> None:
    """Put a new pose in its row, in place, if it is of somebody and of somebody else."""
    row, owner = doubt.row, doubt.owner
    keypoints, scores = new.keypoints[0], new.scores[0]
    similarity = keypoint_similarity(
        keypoints,
        scores,
        poses.keypoints[[owner]],
        poses.scores[[owner]],
        KEYPOINT_TOLERANCE * size(boxes[row]),
    )[0]
    if scores.mean() >= LEAST_SCORE and similarity < SAME:
        poses.keypoints[row], poses.scores[row] = keypoints, scores


def _without(
    frame: AnyFrame, pose: NDArray[np.float32], own: NDArray[np.float32], box: NDArray[np.float32]
) -> tuple[AnyFrame, NDArray[np.intp]]:
    """Cut out a box's surroundings, and paint over the person who stands in the way.

    Of that person's own box all is painted over that lies outside of `box`; inside, their body.

    Parameters
    ----------
    frame
        The frame.
    pose, own
        Joints (joints, 2) and box (4,) of the person in the way.
    box
        (4,) of whom is looked for.

    Returns
    -------
    picture, corner
        The surroundings, in a colour like their mean where they are painted over, and x, y of their
        upper left pixel in the frame.
    """
    middle, reach = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]).max() * _AROUND / 2
    limits = picture_of(frame).size
    corner = np.clip(np.floor(middle - reach), 0, limits).astype(np.intp)
    end = np.clip(np.ceil(middle + reach), 0, limits).astype(np.intp)
    picture = picture_of(frame).rgb(slice(corner[1], end[1]), slice(corner[0], end[0]))
    painted = np.zeros(picture.shape[:2], np.uint8)
    for edges, value in ((own, 1), (box, 0)):
        left, top, right, bottom = (np.round(edges) - np.tile(corner, 2)).clip(0).astype(int)
        painted[top:bottom, left:right] = value
    _paint_body(painted, pose - corner)
    picture[painted > 0] = picture.mean(axis=(0, 1))
    return picture, corner


def _paint_body(mask: NDArray[np.uint8], pose: NDArray[np.floating]) -> None:
    """Set a mask (height, width) to 1 where the body of a pose (joints, 2) is, in place."""
    left_shoulder, right_shoulder, right_hip, left_hip = pose[_TORSO]
    length = float(np.linalg.norm(left_shoulder + right_shoulder - left_hip - right_hip)) / 2
    width = max(1, round(length * _LIMB))
    face, neck = pose[_FACE].mean(axis=0), (left_shoulder + right_shoulder) / 2
    everything = np.concatenate([pose, face[None], neck[None]])
    points = np.round(everything.clip(-_FAR, _FAR)).astype(np.int32)
    torso = cv2.convexHull(points[_TORSO])
    cv2.fillConvexPoly(mask, torso, 1)
    cv2.polylines(mask, [torso], True, 1, width)
    for start, end in (*_LIMBS, (-2, -1)):
        cv2.line(mask, points[start].tolist(), points[end].tolist(), 1, width)
    cv2.circle(mask, points[-2].tolist(), max(1, round(length * _HEAD)), 1, -1)
