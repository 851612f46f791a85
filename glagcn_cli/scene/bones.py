"""Gives bones constant lengths, which a network's output lacks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..skeleton import H36M17

SHORTEST = 1e-6  # metres; a shorter bone has no direction and is not scaled

LEAST_UNCERTAINTY = 0.01
"""Metres: least uncertainty, so that no joint outweighs the rest of a body."""

SWEEPS = 4
"""Rounds of turning all bones; more hardly improve the fit."""

_Vectors = NDArray[np.float64]


def bone_lengths(
    joints: NDArray[np.floating], uncertainty: NDArray[np.floating] | None = None
) -> dict[str, float]:
    """Compute the length of every H36M-17 bone: the median over time and both sides.

    Parameters
    ----------
    joints
        (frames, 17, 3) metres.
    uncertainty
        (frames, 17) expected error of each joint, metres. Bones are weighted by the inverse square
        of their ends' errors, equally for None.

    Returns
    -------
    dict
        Lengths in metres by the joint at the bone's far end; left and right are equal.
    """
    parents, children = np.array(H36M17.bone_indices).T
    lengths = np.linalg.norm(joints[:, children] - joints[:, parents], axis=-1)
    trust = _trust(uncertainty, joints.shape[:2])
    weights = 1 / (1 / trust[:, children] + 1 / trust[:, parents])
    column = {joint: number for number, joint in enumerate(children.tolist())}
    result = {}
    for joint, number in column.items():
        both = sorted({number, column[H36M17.mirror[joint]]})
        result[H36M17.joints[joint]] = _weighted_median(lengths[:, both], weights[:, both])
    return result


def steady_bones(
    joints: NDArray[np.floating],
    valid: NDArray[np.bool_],
    uncertainty: NDArray[np.floating] | None = None,
) -> _Vectors:
    """Give every bone its median length in all frames, with joints as near as possible to before.

    Bones laid end to end in their given directions would pass an error of length on to all joints
    beyond. So every bone in turn takes the direction that brings all joints beyond it nearest, in
    the sum of squares weighted by certainty (cyclic coordinate descent, whose exact steps never
    increase it). The root is the middle between the hips: the pelvis turns as one.

    Parameters
    ----------
    joints
        (frames, 17, 3) metres, H36M-17.
    valid
        (frames,) bool: frames for the medians; at least one.
    uncertainty
        (frames, 17) expected error of each joint, metres; None if unknown.

    Returns
    -------
    NDArray
        (frames, 17, 3) joints with an unchanged root.
    """
    lengths = bone_lengths(joints[valid], None if uncertainty is None else uncertainty[valid])
    target = joints.astype(np.float64)
    trust = _trust(uncertainty, target.shape[:2])[..., None]
    steady = _laid_end_to_end(target, lengths)
    for _ in range(SWEEPS):
        for child in _TURNED:
            beyond, sign = _BEYOND[child], _FOLLOWS[child]
            bone = steady[:, child] - steady[:, H36M17.parents[child]]
            missing = target[:, beyond] - steady[:, beyond] + sign * bone[:, None]
            weight = trust[:, beyond] * sign
            pull = (weight * missing).sum(axis=1) / trust[:, beyond].sum(axis=1)
            turned = _of_length(pull, lengths[H36M17.joints[child]])
            steady[:, beyond] += sign * (turned - bone)[:, None]
    return steady


def _laid_end_to_end(joints: _Vectors, lengths: dict[str, float]) -> _Vectors:
    """Lay bones of these lengths along (frames, 17, 3) joints, from the root on."""
    laid = joints.copy()
    for parent, child in H36M17.bone_indices:
        # Both hips lie on one line through the root.
        start = H36M17.mirror[child] if child in _HIPS else parent
        bone = joints[:, child] - joints[:, start]
        laid[:, child] = laid[:, parent] + _of_length(bone, lengths[H36M17.joints[child]])
    return laid


def _of_length(vectors: _Vectors, length: float) -> _Vectors:
    """Scale vectors (frames, 3) to one length; nearly empty ones stay near zero."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors * (length / np.maximum(norms, SHORTEST))


def _trust(uncertainty: NDArray[np.floating] | None, shape: tuple[int, ...]) -> _Vectors:
    """Return weights (frames, joints) by certainty, equal where it is not known."""
    if uncertainty is None:
        return np.ones(shape)
    return 1 / np.square(np.maximum(uncertainty.astype(np.float64), LEAST_UNCERTAINTY))


def _weighted_median(values: _Vectors, weights: _Vectors) -> float:
    """Compute the median; the mean of two where half of the weight lies on each side."""
    order = np.argsort(values, axis=None)
    ranked, total = values.ravel()[order], np.cumsum(weights.ravel()[order])
    half = total[-1] / 2
    low, high = np.searchsorted(total, half * (1 - 1e-9)), np.searchsorted(total, half * (1 + 1e-9))
    return float((ranked[low] + ranked[min(high, len(ranked) - 1)]) / 2)


def _joints_beyond(first: int) -> list[int]:
    """Return a joint and its descendants."""
    beyond = {first}
    for parent, child in H36M17.bone_indices:  # from the root outwards
        if parent in beyond:
            beyond.add(child)
    return sorted(beyond)


_HIPS = H36M17.indices(["left_hip", "right_hip"])
_TURNED = [child for _, child in H36M17.bone_indices if child != _HIPS[1]]
"""Joints at the far ends of turned bones; the right hip follows the left."""

_BEYOND = {child: _joints_beyond(child) for child in _TURNED}
"""Joints that move along with them."""

_FOLLOWS = {child: np.ones((len(_BEYOND[child]), 1)) for child in _TURNED}
"""(joints beyond, 1): 1 where they move with the joint, -1 where against it."""

_RIGHT_LEG = _joints_beyond(_HIPS[1])
_FOLLOWS[_HIPS[0]] = np.repeat([1.0, -1.0], [len(_BEYOND[_HIPS[0]]), len(_RIGHT_LEG)])[:, None]
_BEYOND[_HIPS[0]] = _BEYOND[_HIPS[0]] + _RIGHT_LEG
