"""How a head is turned on its neck, from where nose and ears are seen in the picture.

The joints of a lifter say where a head is and not where it looks. Seen from the camera, the nose
lies aside of the middle between the ears, and the ears apart, as a turn about the neck says: both
together are linear in the sine and cosine of the turn. What a metre sideways or towards the camera
is in the picture, the body says, whose joints are known in both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from ...poses import PoseSequence
from ...skeleton import H36M17
from .rig import FRONT, LEFT, UP

Vectors = NDArray[np.float64]

NOSE_AHEAD, EARS_APART = 0.11, 0.15
"""Metres from the middle between the ears, and between them, as training places them."""

MOST_TURNED = np.radians(80.0)

STILL = 0.3
"""Weight of a head that looks ahead, beside scores of 0..1: of what is hardly seen."""

SMOOTH = 0.08  # seconds (standard deviation)
_POINTS = ("nose", "left_ear", "right_ear")
_DEPTH_UNKNOWN = 0.02  # square metres a joint: with less depth, a body does not show what it is
_SHORTEST = 1e-9


@dataclass(frozen=True)
class Face:
    """A face in the picture, and the body that it belongs to.

    Parameters
    ----------
    points
        (frames, 3, 2) pixels: nose, left ear, right ear.
    scores
        (frames, 3) in 0..1.
    keypoints
        (frames, joints, 2) pixels of the body's joints.
    weights
        (frames, joints) of these, 0 where a joint has no place.
    """

    points: Vectors
    scores: Vectors
    keypoints: Vectors
    weights: Vectors

    def of_frames(self, frames: NDArray[np.bool_]) -> Face:
        """Return the face in some frames (frames,)."""
        chosen = (v[frames] for v in (self.points, self.scores, self.keypoints, self.weights))
        return Face(*chosen)


def face_of(person: PoseSequence) -> Face | None:
    """Return a person's face in the picture; None where the 2D of nose and ears did not come along.

    Faces are known where the detector's own joints are: with feet and palms.
    """
    seen = person.detected
    if seen is None or not set(_POINTS) <= set(seen.joint_set.joints):
        return None
    if not np.isfinite(person.keypoints).all():
        return None
    points = seen.joint_set.indices(_POINTS)
    return Face(
        seen.keypoints[:, points].astype(np.float64),
        (seen.scores[:, points] * person.valid[:, None]).astype(np.float64),
        person.keypoints[:, : len(H36M17)].astype(np.float64),
        (person.scores * person.present)[:, : len(H36M17)].astype(np.float64),
    )


def turned_heads(heads: Rotation, joints: Vectors, face: Face, rate: float) -> Rotation:
    """Turn heads about their necks as faces show.

    Parameters
    ----------
    heads
        Orientations in the scene of heads that look ahead.
    joints
        (frames, joints, 3) metres, scene frame.
    face
        What is seen, with the same joints.
    rate
        Frames per second.
    """
    across = picture_of(joints, face)
    ahead, aside = (_dot(across, heads.apply(axis)) for axis in (FRONT, LEFT))
    nose, left, right = np.moveaxis(face.points[..., 0], 1, 0)
    by_nose = (nose - (left + right) / 2) / NOSE_AHEAD
    by_ears = (left - right) / EARS_APART
    size = np.maximum(ahead**2 + aside**2, _SHORTEST)
    cosine = (ahead * by_nose + aside * by_ears) / size
    sine = (aside * by_nose - ahead * by_ears) / size
    length = np.maximum(np.hypot(cosine, sine), _SHORTEST)
    sure = face.scores.min(axis=1)
    cosine, sine, sure = (
        gaussian_filter1d(values, SMOOTH * rate, mode="nearest")
        for values in (sure * cosine / length, sure * sine / length, sure)
    )
    turn = np.arctan2(sine, cosine + STILL * (1 - sure)).clip(-MOST_TURNED, MOST_TURNED)
    return heads * Rotation.from_rotvec(turn[:, None] * UP)


def picture_of(joints: Vectors, face: Face) -> Vectors:
    """Return what a metre along each axis of the scene is in the picture's x: (frames, 3) pixels.

    It is found from the body's joints, least squares; up counts for nothing.
    """
    weights = face.weights[..., None] + _SHORTEST
    total = weights.sum(axis=1, keepdims=True)
    level = joints[..., [0, 2]]
    level = level - (weights * level).sum(axis=1, keepdims=True) / total
    pixels = face.keypoints[..., :1]
    pixels = pixels - (weights * pixels).sum(axis=1, keepdims=True) / total
    matrix = np.einsum("fjm,fj,fjn->fmn", level, weights[..., 0], level)
    matrix[:, 1, 1] += _DEPTH_UNKNOWN * total[:, 0, 0]
    matrix[:, 0, 0] += _SHORTEST
    wanted = np.einsum("fjm,fj->fm", level, (weights * pixels)[..., 0])
    found = np.linalg.solve(matrix, wanted[..., None])[..., 0]
    return np.stack([found[:, 0], np.zeros(len(found)), found[:, 1]], axis=1)


def _dot(one: Vectors, other: Vectors) -> Vectors:
    return np.asarray((one * other).sum(axis=-1))
