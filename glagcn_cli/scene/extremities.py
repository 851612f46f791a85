"""Feet and palms on a body that the scene changes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ..skeleton import H36M17, H36M25

SOLE_HEIGHT = 0.015
"""Metres above the floor of heel and toe of a standing foot, which are marked on its outline."""

LANDING = 0.04
"""Seconds (standard deviation) in which a sole comes to lie on the floor or leaves it."""

_BONES = tuple(
    (parent, child) for parent, child in H36M25.bone_indices if child >= len(H36M17)
)  # from the body outwards

_Vectors = NDArray[np.float64]


def of_one_length(joints: _Vectors, body: _Vectors, valid: NDArray[np.bool_]) -> _Vectors:
    """Put feet and palms on a body whose bones have one length, each bone of one length too.

    Parameters
    ----------
    joints
        (frames, 17 or 25, 3) metres before the body was changed.
    body
        (frames, 17, 3) metres.
    valid
        (frames,) bool: frames for the medians of the lengths.

    Returns
    -------
    NDArray
        (frames, 17 or 25, 3): the body with the directions of feet and palms as they were.
    """
    if joints.shape[1] == len(H36M17):
        return body
    whole = np.concatenate([body, joints[:, len(H36M17) :]], axis=1)
    vectors = {child: joints[:, child] - joints[:, parent] for parent, child in _BONES}
    lengths = {child: np.linalg.norm(v, axis=1, keepdims=True) for child, v in vectors.items()}
    for parent, child in _BONES:
        both = np.concatenate([lengths[child][valid], lengths[H36M25.mirror[child]][valid]])
        unit = vectors[child] / lengths[child].clip(1e-6)
        whole[:, child] = whole[:, parent] + unit * np.median(both)
    return whole


def carry(before: _Vectors, after: _Vectors) -> None:
    """Move feet and palms of `after` as far as their ankles and wrists went, in place.

    Parameters
    ----------
    before, after
        (frames, 17 or 25, 3) metres; the body of `after` has moved.
    """
    if before.shape[1] == len(H36M17):
        return
    for parent, child in _BONES:
        after[:, child] = after[:, parent] + before[:, child] - before[:, parent]


def lay_soles(
    joints: _Vectors, contacts: NDArray[np.bool_], floor: NDArray[np.float64], fps: float
) -> None:
    """Lay the soles of standing feet on the floor, and keep all others above it, in place.

    Heel and toe of a foot keep their directions over the floor and the lengths of their bones.

    Parameters
    ----------
    joints
        (frames, 17 or 25, 3) metres, y up.
    contacts
        (frames, 2) bool: left and right foot stand on the floor.
    floor
        (frames,) metres of the floor.
    fps
        Frames per second.
    """
    if joints.shape[1] == len(H36M17):
        return
    for side, contact in zip(("left", "right"), contacts.T, strict=True):
        stands = gaussian_filter1d(contact.astype(np.float64), LANDING * fps, mode="nearest")
        above = joints[:, H36M25.index(f"{side}_ankle")]
        before = above
        for point in ("heel", "big_toe"):
            number = H36M25.index(f"{side}_{point}")
            bone = joints[:, number] - before
            before = joints[:, number].copy()
            height = above[:, 1] + bone[:, 1]
            height += stands * (floor + SOLE_HEIGHT - height)
            length = np.linalg.norm(bone, axis=1)
            bone[:, 1] = (np.maximum(height, floor) - above[:, 1]).clip(-length, length)
            level = np.linalg.norm(bone[:, ::2], axis=1).clip(1e-6)
            bone[:, ::2] *= (np.sqrt(length**2 - bone[:, 1] ** 2) / level)[:, None]
            joints[:, number] = above + bone
            above = joints[:, number]
