"""Standard deviations of joint angles, from the errors that the lifter expects of its joints.

An error of the body is a sum of independent modes (`error_model.py`). Each mode moves the joints by
its standard deviation one way and the other; the mean square of what this changes in an angle is
the mode's share in the angle's variance. A straight knee bends either way, which a derivative would
miss. docs/lab/angles.md says how many true angles lie within the bars.
"""

from __future__ import annotations

import numpy as np

from ..poses import PoseSequence
from .angle_geometry import angles_of_joints
from .angle_names import kind_of
from .body_axes import Floats
from .error_model import ErrorModel, measured_errors
from .joint_angles import JointAngles, joint_angles, path_directions, with_deviations

LEAST = 0.1
"""Degrees of a deviation: no less is claimed for any angle."""

AT_ONCE = 20_000
"""Bodies whose angles are computed together: calls for few cost as much as for many."""


def angles_with_deviations(sequence: PoseSequence, model: ErrorModel | None = None) -> JointAngles:
    """Compute the angles of a body with their standard deviations, frame by frame.

    Parameters
    ----------
    sequence
        As for `joint_angles`; the deviations are for the scene frame.
    model
        Errors of another lifter; those of the one that comes with the program by default.

    Returns
    -------
    JointAngles
        With `deviations`; they are None in the camera frame, without an uncertainty, and for
        joints whose errors were not measured.
    """
    angles = joint_angles(sequence)
    model = model or measured_errors()
    raw = propagated(sequence, model)
    if raw is None:
        return angles
    scaled = np.full_like(raw, np.nan)
    for column, name in enumerate(angles.names):
        if (found := model.angles.get(kind_of(name))) is not None:
            scale, power = found
            scaled[:, column] = np.maximum(scale * raw[:, column] ** power, LEAST)
    return with_deviations(angles, scaled)


def propagated(sequence: PoseSequence, model: ErrorModel) -> Floats | None:
    """Return the deviations (frames, angles) that errors of joints make, degrees.

    They are not calibrated. None where nothing is known of the errors.
    """
    joint_set = sequence.joint_set
    known = sequence.uncertainty is not None and sequence.frame == "scene"
    if not known or not model.fits(joint_set):
        return None
    assert sequence.uncertainty is not None
    joints = sequence.free_or_nan().astype(np.float64)
    directions = path_directions(sequence)
    degrees = angles_of_joints(joints, joint_set, directions)
    variance = np.zeros_like(degrees)
    lengths = model.lengths(joint_set, sequence.uncertainty)
    modes = model.modes_of(joint_set)
    together = max(1, AT_ONCE // max(1, len(joints)))
    for some in np.array_split(np.concatenate([modes, -modes]), -(-2 * len(modes) // together)):
        bodies = (joints + some[:, None] * lengths).reshape(-1, *joints.shape[1:])
        repeated = None if directions is None else np.tile(directions, (len(some), 1))
        moved = angles_of_joints(bodies, joint_set, repeated).reshape(len(some), *degrees.shape)
        off = np.nan_to_num((moved - degrees + 180.0) % 360.0 - 180.0)
        variance += (off**2).sum(axis=0) / 2
    return np.sqrt(variance)
