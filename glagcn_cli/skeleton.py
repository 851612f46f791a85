"""The joint sets of detectors, data sets and lifters, and conversions between them.

This is the only conversion from a detector's joints to the lifter's: training derives its 2D input
with the same function as inference.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from .joint_set import JointSet as JointSet

if TYPE_CHECKING:
    from torch import Tensor


_COCO_JOINTS = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
_COCO_BONES = (
    ("nose", "left_eye"), ("left_eye", "left_ear"),
    ("nose", "right_eye"), ("right_eye", "right_ear"),
    ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"),
    ("left_shoulder", "left_hip"), ("right_shoulder", "right_hip"),
    ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"),
    ("right_shoulder", "right_elbow"), ("right_elbow", "right_wrist"),
    ("left_hip", "left_knee"), ("left_knee", "left_ankle"),
    ("right_hip", "right_knee"), ("right_knee", "right_ankle"),
)  # fmt: skip

COCO17 = JointSet("coco17", _COCO_JOINTS, _COCO_BONES)

EXTREMITIES = (
    "left_heel", "right_heel", "left_big_toe", "right_big_toe",
    "left_index_knuckle", "right_index_knuckle", "left_little_knuckle", "right_little_knuckle",
)  # fmt: skip
"""Points of the feet and palms. Knuckles are those where the fingers leave the hand."""

_EXTREMITY_BONES = tuple(
    (f"{side}_{parent}", f"{side}_{child}")
    for parent, child in (
        ("ankle", "heel"), ("heel", "big_toe"),
        ("wrist", "index_knuckle"), ("wrist", "little_knuckle"),
    )
    for side in ("left", "right")
)  # fmt: skip

COCO25 = JointSet(
    "coco25", (*_COCO_JOINTS, *EXTREMITIES), (*_COCO_BONES, *_EXTREMITY_BONES), COCO17
)

HALPE26 = JointSet(
    "halpe26",
    (
        *_COCO_JOINTS, "head_top", "neck", "hip",
        "left_big_toe", "right_big_toe", "left_small_toe", "right_small_toe",
        "left_heel", "right_heel",
    ),
    (
        *_COCO_BONES, ("nose", "head_top"), ("neck", "nose"), ("neck", "hip"),
        ("left_ankle", "left_heel"), ("left_ankle", "left_big_toe"),
        ("left_ankle", "left_small_toe"), ("right_ankle", "right_heel"),
        ("right_ankle", "right_big_toe"), ("right_ankle", "right_small_toe"),
    ),
)  # fmt: skip

H36M17 = JointSet(
    "h36m17",
    (
        "hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
        "spine", "thorax", "neck", "head",
        "left_shoulder", "left_elbow", "left_wrist",
        "right_shoulder", "right_elbow", "right_wrist",
    ),
    (
        ("hip", "right_hip"), ("right_hip", "right_knee"), ("right_knee", "right_ankle"),
        ("hip", "left_hip"), ("left_hip", "left_knee"), ("left_knee", "left_ankle"),
        ("hip", "spine"), ("spine", "thorax"), ("thorax", "neck"), ("neck", "head"),
        ("thorax", "left_shoulder"), ("left_shoulder", "left_elbow"),
        ("left_elbow", "left_wrist"),
        ("thorax", "right_shoulder"), ("right_shoulder", "right_elbow"),
        ("right_elbow", "right_wrist"),
    ),
)  # fmt: skip

H36M25 = JointSet(
    "h36m25", (*H36M17.joints, *EXTREMITIES), (*H36M17.bones, *_EXTREMITY_BONES), H36M17
)
"""The body of Human3.6M with feet and palms."""

HUMANEVA15 = JointSet(
    "humaneva15",
    (
        "hip", "thorax",
        "left_shoulder", "left_elbow", "left_wrist",
        "right_shoulder", "right_elbow", "right_wrist",
        "left_hip", "left_knee", "left_ankle", "right_hip", "right_knee", "right_ankle", "head",
    ),
    (
        ("hip", "thorax"), ("thorax", "left_shoulder"), ("left_shoulder", "left_elbow"),
        ("left_elbow", "left_wrist"), ("thorax", "right_shoulder"),
        ("right_shoulder", "right_elbow"), ("right_elbow", "right_wrist"),
        ("hip", "left_hip"), ("left_hip", "left_knee"), ("left_knee", "left_ankle"),
        ("hip", "right_hip"), ("right_hip", "right_knee"), ("right_knee", "right_ankle"),
        ("thorax", "head"),
    ),
)  # fmt: skip

MPI_INF_3DHP17 = JointSet(
    "mpi_inf_3dhp17",
    (
        "head_top", "thorax",
        "right_shoulder", "right_elbow", "right_wrist",
        "left_shoulder", "left_elbow", "left_wrist",
        "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
        "hip", "spine", "head",
    ),
    (
        ("hip", "spine"), ("spine", "thorax"), ("thorax", "head"), ("head", "head_top"),
        ("thorax", "right_shoulder"), ("right_shoulder", "right_elbow"),
        ("right_elbow", "right_wrist"), ("thorax", "left_shoulder"),
        ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"),
        ("hip", "right_hip"), ("right_hip", "right_knee"), ("right_knee", "right_ankle"),
        ("hip", "left_hip"), ("left_hip", "left_knee"), ("left_knee", "left_ankle"),
    ),
)  # fmt: skip

JOINT_SETS = {
    joint_set.name: joint_set
    for joint_set in (COCO17, COCO25, HALPE26, H36M17, H36M25, HUMANEVA15, MPI_INF_3DHP17)
}

CONVERSION = "coco17-h36m17-v1"
"""Name of the 2D-to-input conversion below; a checkpoint records it and refuses another."""

AS_GIVEN = "as-given"
"""2D joints of the lifter's own set, as the data set marks them: nothing is converted."""

EXTREMITIES_CONVERSION = "coco25-h36m25-v1"
"""`CONVERSION` for the body, and feet and palms as they are marked."""

CONVERSIONS = (CONVERSION, EXTREMITIES_CONVERSION, AS_GIVEN)

# Where the points that COCO does not have lie on a line between points it has. The ratios are the
# resting lengths of the motion data: spine 0.22 m of the 0.46 m from hip to thorax, neck 0.135 m of
# the 0.235 m from thorax to ear height.
_SPINE_FROM_HIP = 0.22 / 0.46
_NECK_FROM_THORAX = 0.135 / 0.235

# Each H36M joint as a weighted mean of COCO joints, before spine and neck are placed between them.
_FROM_COCO: dict[str, dict[str, float]] = {
    "hip": {"left_hip": 0.5, "right_hip": 0.5},
    "thorax": {"left_shoulder": 0.5, "right_shoulder": 0.5},
    "head": {"left_ear": 0.5, "right_ear": 0.5},
} | {joint: {joint: 1.0} for joint in H36M17.joints if joint.startswith(("left_", "right_"))}


def _between(start: str, end: str, share: float) -> dict[str, float]:
    """Compute the point part of the way between two joints of ``_FROM_COCO``, as COCO weights."""
    near, far = _FROM_COCO[start], _FROM_COCO[end]
    return {j: w * (1 - share) for j, w in near.items()} | {j: w * share for j, w in far.items()}


_FROM_COCO["spine"] = _between("hip", "thorax", _SPINE_FROM_HIP)
_FROM_COCO["neck"] = _between("thorax", "head", _NECK_FROM_THORAX)

COCO17_TO_H36M17: NDArray[np.float32] = np.array(
    [[_FROM_COCO[joint].get(coco, 0.0) for coco in COCO17.joints] for joint in H36M17.joints],
    dtype=np.float32,
)
"""Linear map (17, 17) from COCO-17 points to H36M-17 points."""


@overload
def lifter_points(
    keypoints: NDArray[np.floating], joint_set: JointSet, wanted: JointSet = H36M17
) -> NDArray[np.float32]: ...
@overload
def lifter_points(keypoints: Tensor, joint_set: JointSet, wanted: JointSet = H36M17) -> Tensor: ...
def lifter_points(
    keypoints: Any, joint_set: JointSet, wanted: JointSet = H36M17
) -> NDArray[np.float32] | Tensor:
    """Compute the joints that a lifter reads from a detector's points.

    Parameters
    ----------
    keypoints
        (..., joints, 2) pixels, in the order of ``joint_set``.
    joint_set
        As in `to_lifter_joints`.
    wanted
        The lifter's joints: `H36M17`, or `H36M25` with feet and palms.

    Returns
    -------
    NDArray or Tensor
        (..., 17 or 25, 2) pixels, float32, of the keypoints' type. Feet and palms that
        ``joint_set`` lacks are at the first point.
    """
    array = isinstance(keypoints, np.ndarray)
    single = keypoints.astype(np.float32) if array else keypoints.float()
    if joint_set is wanted:
        return single
    if joint_set.body is H36M17:
        body = single[..., : len(H36M17), :]
    elif joint_set.joints[: len(COCO17)] != COCO17.joints:
        raise ValueError(f"no conversion from {joint_set.name} to {H36M17.name}")
    else:
        body = _body_points(single[..., : len(COCO17), :])
    if wanted is H36M17:
        return body
    added = single[..., _extremity_indices(joint_set), :]
    return np.concatenate([body, added], axis=-2) if array else _joined(body, added)


def _body_points(coco: Any) -> Any:
    """Convert COCO-17 points (..., 17, 2) to H36M-17."""
    if isinstance(coco, np.ndarray):
        return COCO17_TO_H36M17 @ coco
    # Single precision may be TF32, or bfloat16 under autocast: pixels off. Double stays double.
    return (_conversion_on(coco.device) @ coco.double()).float()


def _joined(body: Tensor, added: Tensor) -> Tensor:
    import torch

    return torch.cat([body, added], dim=-2)


def _extremity_indices(joint_set: JointSet) -> list[int]:
    """Return where a joint set has each of `EXTREMITIES`, 0 where it lacks it."""
    return [joint_set.index(j) if j in joint_set.joints else 0 for j in EXTREMITIES]


@lru_cache
def _conversion_on(device: Any) -> Tensor:
    """Return the linear map on a device, copied there once, since a copy waits for the GPU."""
    import torch

    return torch.from_numpy(COCO17_TO_H36M17).double().to(device)


def to_lifter_joints(
    keypoints: NDArray[np.floating],
    scores: NDArray[np.floating],
    joint_set: JointSet,
    wanted: JointSet = H36M17,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Convert a detector's keypoints to the joints that a lifter reads.

    Parameters
    ----------
    keypoints
        (..., joints, 2) pixels, in the order of ``joint_set``.
    scores
        (..., joints) in 0..1.
    joint_set
        COCO-17, COCO-25, Halpe-26 (whose first 17 points are COCO's, so one definition serves all)
        or H36M-17 and H36M-25, which are passed through.
    wanted
        As in `lifter_points`.

    Returns
    -------
    keypoints, scores
        (..., 17 or 25, 2) and (..., 17 or 25); a joint's score is the lowest of its points' scores,
        and 0 for feet and palms that ``joint_set`` lacks.
    """
    if keypoints.shape[:-1] != scores.shape or keypoints.shape[-2] != len(joint_set):
        raise ValueError(
            f"keypoints {keypoints.shape} and scores {scores.shape} do not fit {joint_set.name} "
            f"with its {len(joint_set)} joints"
        )
    points = lifter_points(keypoints, joint_set, wanted)
    single = scores.astype(np.float32)
    if joint_set is wanted:
        return points, single
    lowest = single[..., : len(H36M17)]
    if joint_set.body is not H36M17:
        used = COCO17_TO_H36M17 > 0
        lowest = np.where(used, lowest[..., None, :], np.inf).min(axis=-1).astype(np.float32)
    if wanted is H36M17:
        return points, lowest
    there = np.array([joint in joint_set.joints for joint in EXTREMITIES])
    added = single[..., _extremity_indices(joint_set)] * there
    return points, np.concatenate([lowest, added], axis=-1)
