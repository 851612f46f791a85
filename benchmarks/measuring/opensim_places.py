"""Where points of an OpenSim model are for given coordinates, by OpenSim's own kinematics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

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
    places = np.full((len(motion), len(H36M17), 3), np.nan)
    for frame, opened, state in _moved(model, motion):
        markers = opened.getMarkerSet()
        for number, name in enumerate(H36M17.joints):
            places[frame, number] = markers.get(name).getLocationInGround(state).to_numpy()
    return places


def body_places(
    model: Path, motion: CoordinateMotion, points: Sequence[tuple[str, tuple[float, float, float]]]
) -> NDArray[np.float64]:
    """Return the places (frames, points, 3) of points, each a body and metres in its frame."""
    places = np.full((len(motion), len(points), 3), np.nan)
    for frame, opened, state in _moved(model, motion):
        bodies = opened.getBodySet()
        for number, (body, point) in enumerate(points):
            station = opensim_module().Vec3(*point)
            found = bodies.get(body).findStationLocationInGround(state, station)
            places[frame, number] = found.to_numpy()
    return places


def _moved(model: Path, motion: CoordinateMotion) -> Iterator[tuple[int, Any, Any]]:
    """Yield the number of a frame, the model, and its state in it."""
    opened = opensim_module().Model(str(model))
    state = opened.initSystem()
    coordinates = [opened.getCoordinateSet().get(name) for name in motion.names]
    for frame in np.flatnonzero(np.isfinite(motion.values).all(axis=1)).tolist():
        for coordinate, name, value in zip(
            coordinates, motion.names, motion.values[frame].tolist(), strict=True
        ):
            turned = value if name in LENGTHS else float(np.radians(value))
            coordinate.setValue(state, turned, False)
        opened.realizePosition(state)
        yield frame, opened, state
