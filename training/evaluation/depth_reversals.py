"""Counts limbs and bodies that are lifted the wrong way round in depth.

To one camera, a limb that points towards it looks like one that points away. An unsteady lifter
lets limbs, or whole bodies, flip between frames. Mean errors hardly show it, since a flip is short,
but people notice it first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.camera import focal_length, pixel_rays, ray_rotations
from glagcn_cli.poses import LiftedJoints
from glagcn_cli.skeleton import JOINT_SETS

from .evaluate import Observation

CLEAR = 0.1
"""Metres between the true depths of a limb's ends from which it is clear which is nearer."""

MARGIN = 0.03
"""Metres: a limb whose predicted ends differ by less points neither way."""

PER_FRAMES = 1000


def count_reversals(
    predicted: NDArray[np.floating],
    true: NDArray[np.floating],
    valid: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Count how often each limb's predicted depth changes sign while the true one does not.

    A limb points away (or back) once it does so by `MARGIN`, and keeps doing so until it points the
    other way by as much: a slow swing through the picture's plane counts once, not in every frame,
    and trembling about it not at all. Counted are changes within stretches of frames over which the
    true limb points the same way by `CLEAR`.

    Parameters
    ----------
    predicted, true
        (frames, limbs) metres: depth of a limb's outer end minus that of its inner end.
    valid
        (frames,) frames that count; all where None.

    Returns
    -------
    NDArray
        (limbs,) reversals.
    """
    way = np.where(np.abs(true) > CLEAR, np.sign(true), 0)
    if valid is not None:
        way = np.where(valid[:, None], way, 0)
    stretch = np.cumsum(np.diff(way, axis=0, prepend=way[:1]) != 0, axis=0)
    decided = (way != 0) & (np.abs(predicted) > MARGIN)
    counts = np.zeros(true.shape[1], dtype=np.int64)
    for limb in range(true.shape[1]):
        frames = np.flatnonzero(decided[:, limb])
        turns = np.diff(predicted[frames, limb] > 0) & (np.diff(stretch[frames, limb]) == 0)
        counts[limb] = turns.sum()
    return counts


def body_front(joints: NDArray[np.floating], joint_set: str) -> NDArray[np.float64]:
    """Return the direction of the body's front: (..., 3) unit vectors, right-handed joint frame.

    At right angles to the trunk, and to the line between shoulders and hips of both sides.
    """
    names = JOINT_SETS[joint_set]
    left, right, above, below = (
        joints[..., names.indices(ends), :].mean(axis=-2, dtype=np.float64)
        for ends in (
            ("left_shoulder", "left_hip"), ("right_shoulder", "right_hip"),
            ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"),
        )
    )  # fmt: skip
    front = np.cross(left - right, above - below)
    return np.asarray(front / np.linalg.norm(front, axis=-1, keepdims=True).clip(1e-9))


class DepthReversals:
    """Counts limbs that flip in depth and bodies whose front and back are confused.

    Depth is measured along the ray to the root, so that a person at the picture's edge counts like
    one in the middle.

    Parameters
    ----------
    joint_set
        Name of the joint set. Feet and palms do not count.
    """

    def __init__(self, joint_set: str = "h36m17") -> None:
        self._joint_set = JOINT_SETS[joint_set].body
        self._frames = self._turned_frames = 0
        self._clear = self._wrong = 0
        self._reversals = np.zeros(len(self._joint_set.bones), dtype=np.int64)

    def watch(self, seen: Observation, lifted: LiftedJoints) -> None:
        """Count the reversals of one take."""
        rays = pixel_rays(
            seen.keypoints[:, self._joint_set.root], seen.image_size,
            focal_length(seen.image_size, seen.fov),
        )  # fmt: skip
        turns = ray_rotations(rays)
        true, predicted = (
            np.einsum("tij,tvj->tvi", turns, joints[:, : len(self._joint_set)])
            for joints in (seen.joints, lifted.joints)
        )
        counts = seen.counts
        parents, children = np.array(self._joint_set.bone_indices).T
        deep, lifted_deep = (
            joints[:, children, 2] - joints[:, parents, 2] for joints in (true, predicted)
        )
        self._reversals += count_reversals(lifted_deep, deep, counts)
        clear = counts[:, None] & (np.abs(deep) > CLEAR)
        self._clear += int(clear.sum())
        self._wrong += int((clear & (np.sign(lifted_deep) != np.sign(deep))).sum())
        front, believed = (body_front(pose, self._joint_set.name) for pose in (true, predicted))
        self._frames += int(counts.sum())
        self._turned_frames += int((counts & ((front * believed).sum(axis=-1) < 0)).sum())

    def figures(self) -> dict[str, Any]:
        """Return the counts.

        Returns
        -------
        dict
            ``per_1000_frames``: reversals of all limbs together; ``per_limb``: the same by the
            limb's outer joint; ``wrong_way``: percent of the limbs in frames where they point
            clearly towards the camera or away, that are lifted the other way; ``back_to_front``:
            percent of the frames in which the body's front is more than 90 degrees off. That
            happens to people seen from the side, when the far shoulder is taken for the near one.
            Figures are None where no frame shows them.
        """
        rates = PER_FRAMES * self._reversals / max(self._frames, 1)
        limbs = [child for _, child in self._joint_set.bones]
        return {
            "per_1000_frames": float(rates.sum()),
            "wrong_way": _percent(self._wrong, self._clear),
            "back_to_front": _percent(self._turned_frames, self._frames),
            "per_limb": dict(zip(limbs, rates.tolist(), strict=True)),
        }

    def describe(self) -> str:
        """Format the figures as one line."""
        figures = self.figures()
        line = (
            f"Depth reversals: {figures['per_1000_frames']:.1f} per {PER_FRAMES} frames, all limbs"
        )
        if figures["wrong_way"] is not None:
            line += f"; {figures['wrong_way']:.1f} % of limbs towards or away from the camera wrong"
        if figures["back_to_front"] is not None:
            line += (
                f"; body turned the wrong way round in {figures['back_to_front']:.2f} % of frames"
            )
        return line


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None
