"""What is measured of a person for tables, figures and reports."""

from __future__ import annotations

from typing import NamedTuple

from ..biomechanics.error_bars import angles_with_deviations
from ..biomechanics.gait import Gait, find_gait
from ..biomechanics.gait_errors import GaitErrors, find_gait_errors
from ..biomechanics.joint_angles import JointAngles
from ..biomechanics.repetitions import Repetitions, find_repetitions
from ..poses import PoseSequence


class Measured(NamedTuple):
    """One person with what was measured of them.

    `gait_errors` is None without a gait, and where the lifter has no estimate of its errors.
    """

    sequence: PoseSequence
    angles: JointAngles
    gait: Gait
    repetitions: Repetitions
    gait_errors: GaitErrors | None = None


def measure(sequence: PoseSequence) -> Measured:
    """Measure angles, gait and repetitions of a person, with their errors."""
    gait = find_gait(sequence)
    return Measured(
        sequence,
        angles_with_deviations(sequence),
        gait,
        find_repetitions(sequence, gait),
        find_gait_errors(sequence, gait),
    )
