"""Inverse kinematics by OpenSim: the coordinates whose markers lie nearest to the joints.

OpenSim is the package `opensim` (glagcn[opensim]), which is imported here alone.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...errors import GlagcnError
from ...poses import PoseSequence
from ...smoothing import runs
from .coordinates import LENGTHS, CoordinateMotion
from .model import Floats

TRUSTED = 2.0
"""Weight of the markers of the trunk, against 1 of all others, as Pose2Sim's set-up has it. The
spine is among them: it alone tells how far the back bends between pelvis and thorax."""

TRUNK = ("left_hip", "right_hip", "left_shoulder", "right_shoulder", "spine")

UNSEEN = {"hip_rotation": 1e-4, "arm_rot": 1e-4, "L5_S1_axial_rotation": 1e-5}
"""Weights by which coordinates that a straight limb does not show are drawn to the geometry's."""

ACCURACY = 1e-5
"""Of the solution, as OpenSim's tool has it. At 1e-4, which is twice as fast, the pelvis's tilt is
unsteady by degrees."""

FIRST, LAST = (3, 11), (3, 13)
"""Pythons that the package has wheels for."""


class Followed(NamedTuple):
    """What inverse kinematics gives.

    Parameters
    ----------
    motion
        The coordinates.
    markers
        Names of the markers.
    places
        (frames, markers, 3) metres: where the model's markers are; NaN without a pose.
    errors
        (frames, markers) metres from there to the joints.
    version
        Of OpenSim.
    """

    motion: CoordinateMotion
    markers: tuple[str, ...]
    places: Floats
    errors: Floats
    version: str

    @property
    def rms(self) -> float:
        """Root of the mean square of all marker errors, metres."""
        return float(np.sqrt(np.nanmean(self.errors**2)))


class OpenSimError(GlagcnError):
    """OpenSim is not installed or failed; the message says what to do."""


def opensim_module() -> Any:
    """Return the package, silent and without its log file.

    Raises
    ------
    OpenSimError
        It is not installed, or does not start.
    """
    try:
        import opensim
    except ImportError as error:
        raise OpenSimError(_how_to_get_it(error)) from error
    opensim.Logger.setLevelString("Off")
    opensim.Logger.removeFileSink()
    return opensim


def _how_to_get_it(error: ImportError) -> str:
    if error.name != "opensim":
        return f"OpenSim does not start ({error})"
    if not FIRST <= sys.version_info[:2] <= LAST:
        wheels = " to ".join(f"{major}.{minor}" for major, minor in (FIRST, LAST))
        return f"OpenSim has no package for this Python, only for {wheels}"
    return "OpenSim is not installed; pip install 'glagcn[opensim]'"


def follow(model: Path, sequence: PoseSequence, start: CoordinateMotion) -> Followed:
    """Let a model follow the joints of a person.

    Each run of frames with a pose is solved on its own: from the start's coordinates in its first
    frame, then from frame to frame.

    Parameters
    ----------
    model
        Scaled model, `.osim`.
    sequence
        Scene frame.
    start
        Coordinates by geometry; those that it lacks are locked at their defaults.

    Raises
    ------
    OpenSimError
        As `opensim_module` does, or where it finds no solution.
    """
    opensim = opensim_module()
    try:
        solver = _Solver(opensim, model, sequence, start)
        for run in runs(sequence.valid):
            solver.solve(run)
    except RuntimeError as error:  # as its exceptions arrive here
        raise OpenSimError(f"OpenSim failed ({str(error).strip().splitlines()[0]})") from error
    motion = CoordinateMotion(start.names, solver.values, sequence.fps)
    joints = sequence.joints_or_nan().astype(np.float64)
    of = [sequence.joint_set.index(name) for name in solver.markers]
    errors = np.linalg.norm(solver.places - joints[:, of], axis=-1)
    version = str(opensim.GetVersion()).split("-")[0]
    return Followed(motion, solver.markers, solver.places, errors, version)


class _Solver:
    """OpenSim's solver for one person, run by run."""

    def __init__(
        self, opensim: Any, model: Path, sequence: PoseSequence, start: CoordinateMotion
    ) -> None:
        self._opensim, self._sequence, self._start = opensim, sequence, start
        self._model = opensim.Model(str(model))
        self._state = self._model.initSystem()
        self._coordinates = [self._model.getCoordinateSet().get(name) for name in start.names]
        found = self._model.getMarkerSet()
        known = [found.get(number).getName() for number in range(found.getSize())]
        seen = np.atleast_1d(sequence.present.any(axis=0))
        of_person = {
            joint for joint, there in zip(sequence.joint_set.joints, seen, strict=True) if there
        }
        self.markers = tuple(name for name in known if name in of_person)
        self._found = [found.get(name) for name in self.markers]
        self.values = np.full(start.values.shape, np.nan)
        self.places = np.full((len(sequence), len(self.markers), 3), np.nan)
        for coordinate in self._model.getCoordinateSet():
            coordinate.setLocked(self._state, coordinate.getName() not in start.names)

    def solve(self, run: slice) -> None:
        """Solve the frames of a run, which all have a pose."""
        solver = self._opensim.InverseKinematicsSolver(
            self._model, self._references(run), self._drawn_to(run), float("inf")
        )
        solver.setAccuracy(ACCURACY)
        self._begin(run.start)
        for frame in range(run.start, run.stop):
            self._state.setTime(self._seconds(frame))
            (solver.assemble if frame == run.start else solver.track)(self._state)
            self._note(frame)

    def _seconds(self, frame: int) -> float:
        return float(frame / self._sequence.fps)

    def _begin(self, frame: int) -> None:
        for coordinate, name, value in zip(
            self._coordinates, self._start.names, self._start.values[frame], strict=True
        ):
            if np.isfinite(value):
                turned = value if name in LENGTHS else np.radians(value)
                coordinate.setValue(self._state, float(turned), False)

    def _note(self, frame: int) -> None:
        self._model.realizePosition(self._state)
        for number, coordinate in enumerate(self._coordinates):
            value = coordinate.getValue(self._state)
            name = self._start.names[number]
            self.values[frame, number] = value if name in LENGTHS else np.degrees(value)
        for number, marker in enumerate(self._found):
            place = marker.getLocationInGround(self._state)
            self.places[frame, number] = [place.get(axis) for axis in range(3)]

    def _references(self, run: slice) -> Any:
        """Return the joints of a run as markers to follow."""
        opensim = self._opensim
        of = [self._sequence.joint_set.index(name) for name in self.markers]
        table = opensim.TimeSeriesTableVec3()
        table.setColumnLabels(self.markers)
        for frame in range(run.start, run.stop):
            row = opensim.RowVectorVec3(len(self.markers))
            for number, place in enumerate(self._sequence.joints[frame, of].tolist()):
                row[number] = opensim.Vec3(*place)
            table.appendRow(self._seconds(frame), row)
        table.addTableMetaDataString("DataRate", repr(float(self._sequence.fps)))
        table.addTableMetaDataString("Units", "m")
        weights = opensim.SetMarkerWeights()
        for name in self.markers:
            weights.cloneAndAppend(opensim.MarkerWeight(name, TRUSTED if name in TRUNK else 1.0))
        return opensim.MarkersReference(table, weights)

    def _drawn_to(self, run: slice) -> Any:
        """Return what draws coordinates that a straight limb does not show."""
        opensim = self._opensim
        references = opensim.SimTKArrayCoordinateReference()
        for name in self._start.names:
            for beginning, weight in UNSEEN.items():
                if name.startswith(beginning):
                    reference = opensim.CoordinateReference(name, opensim.Constant(0.0))
                    reference.setWeight(weight)
                    references.push_back(reference)
        return references
