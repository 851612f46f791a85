"""Where an OpenSim model's markers are for given coordinates, by OpenSim's own kinematics."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.biomechanics.opensim.coordinates import LENGTHS, CoordinateMotion
from glagcn_cli.biomechanics.opensim.inverse_kinematics import opensim_module
from glagcn_cli.skeleton import H36M17


def model_places(model: Path, motion: CoordinateMotion) -> NDArray[np.float64]:
    """Return the places (frames, 17, 3) of a model's markers in the order of H36M-17, metres.

    Coordinates that the motion lacks are at their defaults; frames with NaN are NaN.

    Parameters
    ----------
    model
        An `.osim` file with markers called as our joints are.
    motion
        Its coordinates.
    """
    opened = opensim_module().Model(str(model))
    state = opened.initSystem()
    coordinates = [opened.getCoordinateSet().get(name) for name in motion.names]
    markers = [opened.getMarkerSet().get(name) for name in H36M17.joints]
    places = np.full((len(motion), len(markers), 3), np.nan)
    for frame in np.flatnonzero(np.isfinite(motion.values).all(axis=1)).tolist():
        for coordinate, name, value in zip(
            coordinates, motion.names, motion.values[frame].tolist(), strict=True
        ):
            turned = value if name in LENGTHS else float(np.radians(value))
            coordinate.setValue(state, turned, False)
        opened.realizePosition(state)
        for number, marker in enumerate(markers):
            place = marker.getLocationInGround(state)
            places[frame, number] = [place.get(axis) for axis in range(3)]
    return places
