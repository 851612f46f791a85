"""A person's poses of a clip, brought into agreement with the picture and with one body.

A network lifts each window by itself, so that bones change their lengths over a clip, and joints do
not project to where they are seen. What is likeliest all in all is looked for: bones of one length,
left as right, joints near to where they are seen, as far as a detector is right, and every bone
near to what the network lifts, as far as the network is right (`likeliest.py`).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..joint_set import JointSet
from .bone_tree import Tree
from .likeliest import Lifted, Seen, likeliest
from .sight import Sight

POSES_PER_SECOND = 10
"""Of poses that are looked at. In between, what moves a pose is interpolated."""

UNKNOWN_ERROR = 0.045
"""Metres: expected error of joints from a lifter that does not say."""

LEAST_ERROR = 0.005
"""Metres: no lifter is believed to err by less."""

MOST_POSES = 1500
"""Poses that are looked at together, two minutes: memory grows with them. Bones of a longer clip
get the lengths that they have in as many poses spread over it."""


def as_one_body(
    joints: NDArray[np.floating],
    sight: Sight,
    uncertainty: NDArray[np.floating] | None,
    joint_set: JointSet,
    fps: float,
) -> NDArray[np.float64]:
    """Bring lifted poses of one person into agreement with the picture and with one body.

    Parameters
    ----------
    joints
        (frames, joints, 3) metres, camera frame, relative to the root.
    sight
        What the picture says of them.
    uncertainty
        (frames, joints) expected errors in metres; None if unknown.
    joint_set
        What the joints are. Those that it adds to a body go along with what they hang on.
    fps
        Frames per second.

    Returns
    -------
    NDArray
        (frames, joints, 3), as `joints`. Frames in which it is not known where the person is stay.
    """
    known = np.flatnonzero(sight.is_known)
    if len(known) == 0:
        return np.asarray(joints, np.float64)
    poses = known[:: max(1, round(fps / POSES_PER_SECOND))]
    if poses[-1] != known[-1]:
        poses = np.append(poses, known[-1])
    body = len(joint_set.body)
    there = joints[poses, :body] + sight.place[poses, None]
    errors = np.full(there.shape[:2], UNKNOWN_ERROR)
    if uncertainty is not None:
        errors = np.maximum(uncertainty[poses, :body], LEAST_ERROR)
    lifted = Lifted(there, errors, poses / fps)
    seen = Seen(*(part[poses, :body] for part in (sight.points, sight.sure, sight.errors)))
    found = _in_pieces(lifted, seen, Tree.of(joint_set.body))
    moved = found - there - (found - there)[:, :1]
    return joints + _between(moved, poses, known, len(joints))[:, joint_set.carriers]


def _in_pieces(lifted: Lifted, seen: Seen, tree: Tree) -> NDArray[np.float64]:
    """Return the likeliest joints (poses, joints, 3), metres from the camera, of any clip."""
    poses = len(lifted.times)
    if poses <= MOST_POSES:
        return likeliest(lifted, seen, tree)[0]
    spread = np.arange(0, poses, math.ceil(poses / MOST_POSES))
    lengths = likeliest(lifted.taken(spread), seen.taken(spread), tree)[1]
    pieces = np.array_split(np.arange(poses), math.ceil(poses / MOST_POSES))
    return np.concatenate(
        [likeliest(lifted.taken(piece), seen.taken(piece), tree, lengths)[0] for piece in pieces]
    )


def _between(
    moved: NDArray[np.float64], poses: NDArray[np.intp], known: NDArray[np.intp], frames: int
) -> NDArray[np.float64]:
    """Return what moves the joints of all frames (frames, joints, 3), zero where none is known."""
    from scipy.interpolate import PchipInterpolator  # slow to import, and the first frames wait

    everywhere = np.zeros((frames, *moved.shape[1:]))
    everywhere[known] = moved if len(poses) == 1 else PchipInterpolator(poses, moved)(known)
    return everywhere
