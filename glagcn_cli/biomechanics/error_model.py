"""The lifter's errors as they were measured: how those of joints go together, and bars of angles.

A lifter says how large the error of a joint is, not its direction, nor what it has in common with
the errors of other joints and frames. `error_model.json` holds that, measured on motion capture by
`benchmarks/accuracy/error_bars.py`, which wrote it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..skeleton import JointSet

FILE = "error_model.json"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ErrorModel:
    """Errors of joints about the root, as multiples of their expected lengths.

    Parameters
    ----------
    joints
        Names of the joints.
    modes
        (modes, joints, 3) scene axes (x right of the image, y up, z towards the camera). Modes are
        independent, of unit variance, and move many joints at once; an error is their sum.
    steady
        Share of the variance that stays the same through a clip.
    seconds
        Time in which the correlation of the rest falls to 1/e.
    angles
        Scale and power that make the deviation of an angle of that of its joints: `scale` times
        deviation to the `power`, degrees. By the name of the angle without its side.
    events
        Seconds that stay in the deviation of a heel strike and a toe-off when that of the joints
        is taken out, and the factor of theirs.
    figures
        Share of its value that a figure of gait is off beyond what the errors of joints explain.
    """

    joints: tuple[str, ...]
    modes: Floats
    steady: float
    seconds: float
    angles: dict[str, tuple[float, float]]
    events: dict[str, tuple[float, float]]
    figures: dict[str, float]

    def fits(self, joint_set: JointSet) -> bool:
        """Return true for the joint set, or a larger one, of which the errors were measured."""
        return set(self.joints) <= set(joint_set.joints)

    def modes_of(self, joint_set: JointSet) -> Floats:
        """Return the modes (modes, joints, 3) of a joint set that the model fits."""
        found = np.zeros((len(self.modes), len(joint_set), 3))
        found[:, joint_set.indices(self.joints)] = self.modes
        for joint, stand_in in self._unmeasured(joint_set):
            found[:, joint] = found[:, stand_in]
        return found

    def lengths(self, joint_set: JointSet, uncertainty: NDArray[np.floating]) -> Floats:
        """Return what the modes are multiplied with: (frames, joints, 1) metres."""
        found = uncertainty[..., None].astype(np.float64)
        for joint, stand_in in self._unmeasured(joint_set):
            found[:, joint] = found[:, stand_in]
        return found

    def _unmeasured(self, joint_set: JointSet) -> list[tuple[int, int]]:
        """Return the joints that were not measured, and their parents, which they move with."""
        return [
            (joint, joint_set.parents[joint])
            for joint, name in enumerate(joint_set.joints)
            if name not in self.joints
        ]


def from_json(content: dict[str, Any]) -> ErrorModel:
    """Return a model from what `error_model.json` holds."""
    return ErrorModel(
        joints=tuple(content["joints"]),
        modes=np.array(content["modes"], np.float64),
        steady=float(content["steady"]),
        seconds=float(content["seconds"]),
        angles={name: (scale, power) for name, (scale, power) in content["angles"].items()},
        events={name: (rest, factor) for name, (rest, factor) in content["events"].items()},
        figures=dict(content["figures"]),
    )


@lru_cache
def measured_errors() -> ErrorModel:
    """Return the errors of the lifter that comes with the program."""
    text = (files(__package__) / FILE).read_text(encoding="utf-8")
    return from_json(json.loads(text))
