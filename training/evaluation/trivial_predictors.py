"""Trivial predictors: predictions without learning, which a lifter must beat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.camera import focal_length, pixel_rays, ray_rotations
from glagcn_cli.poses import LiftedJoints
from glagcn_cli.skeleton import JOINT_SETS, JointSet

from ..metrics.errors import procrustes
from .evaluate import Observation, Predictor

CONSTANT_EVERY = 25  # frames; neighbours are nearly the same pose
CONSTANT_ROUNDS = 10

NEAREST = 0.3  # metres between the camera and the root


def constant_predictor(train: Sequence[Observation], joint_set: str = "h36m17") -> Predictor:
    """Predict the same pose for every frame: the Procrustes mean of the training poses.

    Alignment turns and scales it for free, so hardly any constant has a lower P-MPJPE. A lifter
    must beat it.
    """
    poses = np.concatenate([seen.joints[::CONSTANT_EVERY] for seen in train])
    mean = poses[len(poses) // 2]
    for _ in range(CONSTANT_ROUNDS):
        mean = procrustes(poses, np.broadcast_to(mean, poses.shape)).mean(axis=0)
    mean = mean - mean[JOINT_SETS[joint_set].root]
    return lambda seen: LiftedJoints(np.repeat(mean[None], len(seen.keypoints), axis=0), None, None)


def held_depth_predictor(joint_set: str = "h36m17") -> Predictor:
    """Copy every joint's depth from the frame before; x and y follow the 2D.

    It gets the TRUE pose of a take's first frame, which no lifter gets. Each joint then keeps its
    depth relative to the root, measured along the ray to the root, and the 2D gives its ray. The
    root's distance is solved in every frame, so that the squares of the bones' lengths have the
    first pose's sum. Errors remain where limbs move towards the camera or away, and where bodies
    turn.
    """
    joints = JOINT_SETS[joint_set]

    def predict(seen: Observation) -> LiftedJoints:
        rays = pixel_rays(seen.keypoints, seen.image_size, focal_length(seen.image_size, seen.fov))
        turns = ray_rotations(rays[:, joints.root])
        held = turns[0] @ seen.joints[0].T  # of the first frame, along the ray to its root
        turned = np.einsum("tij,tvj->tvi", turns, rays)
        tangents = turned[..., :2] / turned[..., 2:]
        depth = held[2]
        distance = _root_distance(tangents, depth, _squared_lengths(held.T, joints), joints)
        away = distance[:, None] + depth
        placed = np.concatenate(
            [tangents * away[..., None], np.broadcast_to(depth, away.shape)[..., None]], axis=-1
        )
        camera = np.einsum("tji,tvj->tvi", turns, placed)
        return LiftedJoints(camera - camera[:, joints.root, None], None, None)

    return predict


def _squared_lengths(pose: NDArray[np.float64], joint_set: JointSet) -> float:
    """Compute the sum over the bones of (joints, 3), square metres."""
    parents, children = np.array(joint_set.bone_indices).T
    return float(np.square(pose[children] - pose[parents]).sum())


def _root_distance(
    tangents: NDArray[np.float64], depth: NDArray[np.float64], total: float, joint_set: JointSet
) -> NDArray[np.float64]:
    """Compute the root's distance from bones of known depths with these squared lengths.

    A joint at depth z from a root at distance d lies at ((d + z) a, z), a its tangents: each bone's
    squared length is a quadratic in d, and so is their sum. The farther solution is taken, in front
    of the camera; where there is none, the d at which the bones come nearest to it.

    Parameters
    ----------
    tangents
        (frames, joints, 2) of the joints' rays about the ray to the root.
    depth
        (joints,) metres relative to the root.
    total
        Square metres.

    Returns
    -------
    NDArray
        (frames,) metres.
    """
    parents, children = np.array(joint_set.bone_indices).T
    slope = tangents[:, children] - tangents[:, parents]
    shift = tangents * depth[:, None]
    shift = shift[:, children] - shift[:, parents]
    along = np.square(depth[children] - depth[parents]).sum()
    a = np.maximum(np.square(slope).sum(axis=(1, 2)), 1e-12)
    b = (slope * shift).sum(axis=(1, 2))
    c = np.square(shift).sum(axis=(1, 2)) + along - total
    root = np.sqrt(np.maximum(b**2 - a * c, 0.0))
    return np.asarray(np.maximum((root - b) / a, NEAREST))
