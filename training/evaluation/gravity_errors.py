"""Measures a lifter's up direction: degrees between it and the true one."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.poses import LiftedJoints, PoseSequence
from glagcn_cli.scene.gravity import CAMERA_UP, scene_up, standing_up
from glagcn_cli.skeleton import H36M17, JOINT_SETS

from .evaluate import Observation


def angles(directions: NDArray[np.floating], true: NDArray[np.floating]) -> NDArray[np.float64]:
    """Compute the degrees between directions (..., 3) of any length, exact for small angles too."""
    one, other = np.broadcast_arrays(directions, true)
    across = np.linalg.norm(np.cross(one, other), axis=-1)
    return np.asarray(np.degrees(np.arctan2(across, (one * other).sum(axis=-1))))


class GravityErrors:
    """Measures a lifter's up direction in takes whose camera tilt is known.

    Parameters
    ----------
    joint_set
        Name of the joint set; only H36M-17 is measured, with feet and palms or without, since
        scenes are built of it alone.
    """

    def __init__(self, joint_set: str = H36M17.name) -> None:
        self._scenes = JOINT_SETS[joint_set].body is H36M17
        self._errors: dict[str, list[float]] = {}

    def watch(self, seen: Observation, lifted: LiftedJoints) -> None:
        """Compare the directions of one take."""
        if seen.up is None or not self._scenes or not seen.counts.any():
            return
        person = _as_lifted(seen, lifted)
        found = {"standing": standing_up([person]), "level_camera": CAMERA_UP}
        if lifted.up is not None:
            found["clip"] = scene_up([person])
            frames = angles(lifted.up[seen.counts], seen.up)
            self._note("frame", float(np.median(frames)))
        for name, up in found.items():
            self._note(name, float(angles(up, seen.up)))

    def _note(self, name: str, degrees: float) -> None:
        self._errors.setdefault(name, []).append(degrees)

    def figures(self) -> dict[str, float] | None:
        """Return degrees; None where nothing was compared.

        Returns
        -------
        dict or None
            With a head for gravity: ``clip``, median over takes of the error of the take's
            direction, which a scene is built on; ``clip_p90``, its 90th percentile; ``frame``,
            median over takes of the median error of single frames. For every lifter:
            ``standing``, median error of the direction in which its bodies stand, which lifters
            without the head use; ``level_camera``, median error of assuming level cameras.
        """
        if not self._errors:
            return None
        figures = {name: float(np.median(degrees)) for name, degrees in self._errors.items()}
        if "clip" in figures:
            figures["clip_p90"] = float(np.percentile(self._errors["clip"], 90))
        return figures

    def describe(self) -> str:
        """Format the figures as one line; empty without figures."""
        figures = self.figures()
        if figures is None:
            return ""
        line = "Gravity, degrees off, median over takes: "
        if "clip" in figures:
            line += f"{figures['clip']:.1f} (nine of ten takes below {figures['clip_p90']:.1f}; "
            line += f"single frames {figures['frame']:.1f}), "
        line += f"by standing bodies {figures['standing']:.1f}, "
        return line + f"cameras assumed level {figures['level_camera']:.1f}"


def _as_lifted(seen: Observation, lifted: LiftedJoints) -> PoseSequence:
    """Return the take as a person in the form `glagcn_cli.scene.placing` reads."""
    joints = lifted.joints[:, : len(H36M17)]
    return PoseSequence(
        joints=joints.astype(np.float32),
        scores=np.ones(joints.shape[:2], np.float32),
        valid=seen.counts,
        fps=Fraction(seen.fps),
        keypoints=seen.keypoints[:, : len(H36M17)].astype(np.float32),
        frame="camera",
        joint_set=H36M17,
        up=None if lifted.up is None else lifted.up.astype(np.float32),
    )
