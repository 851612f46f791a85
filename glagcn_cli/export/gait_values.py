"""Gait of a person as plain values for `.json` and `.npz`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..biomechanics.angle_names import ALWAYS_NEEDED, SIDES
from ..biomechanics.cycles import gait_figures
from ..poses import PoseSequence
from .measured import Measured, measure


def measured_or_none(sequence: PoseSequence) -> Measured | None:
    """Measure a person; None for joint sets that angles and gait cannot be measured on."""
    return measure(sequence) if set(ALWAYS_NEEDED) <= set(sequence.joint_set.joints) else None


def gait_values(person: Measured) -> dict[str, Any] | None:
    """Return events and figures of a gait with their standard deviations; None without one.

    ===============  =============================================================================
    `heel_strikes`   {"left": [[frame, seconds of deviation], ...], "right": ...}; and `toe_offs`
    `figures`        name: [value, deviation], as `gait_figures` names them
    ===============  =============================================================================

    What is not known is None.
    """
    gait, errors = person.gait, person.gait_errors
    if not gait.found:
        return None
    values: dict[str, Any] = {}
    for name, found, bars in (
        ("heel_strikes", gait.strikes, None if errors is None else errors.strikes),
        ("toe_offs", gait.toe_offs, None if errors is None else errors.toe_offs),
    ):
        values[name] = {
            side: _pairs(found[k], None if bars is None else bars[k])
            for k, side in enumerate(SIDES)
        }
    of_figures = {} if errors is None else errors.figures
    values["figures"] = {
        name: [_known(value, 4), _known(of_figures.get(name, np.nan), 4)]
        for name, value in gait_figures(gait).items()
    }
    return values


def _pairs(
    frames: NDArray[np.intp], bars: NDArray[np.float64] | None
) -> list[list[float | int | None]]:
    seconds = np.full(len(frames), np.nan) if bars is None else bars
    return [[int(f), _known(s, 4)] for f, s in zip(frames, seconds, strict=True)]


def _known(value: float, digits: int) -> float | None:
    return round(float(value), digits) if np.isfinite(value) else None
