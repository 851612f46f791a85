"""Joint angles with the conventions of biomechanics: hips, knees, shoulders, elbows, trunk, head.

The angles of a limb are those of the joint coordinate system of Grood & Suntay (1983, J Biomech Eng
105:136). Two joints make a line, which gives two angles; the third, axial rotation, is read from
the next bone where the knee or the elbow is bent. Axes and signs are those of the International
Society of Biomechanics (`body_axes.py`); docs/joint_angles.md has the consequences.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..poses import PoseSequence
from ..skeleton import JointSet
from ..smoothing import runs
from .angle_geometry import angles_of_joints
from .angle_names import ALWAYS_NEEDED, RANGES, kind_of, names_of
from .angle_names import ANGLES as ANGLES
from .angle_names import NAMES as NAMES
from .angle_names import SIDES as SIDES
from .body_axes import Floats
from .body_axes import pelvis_axes as pelvis_axes
from .body_axes import thorax_axes as thorax_axes

FASTEST = 1500.0
"""Degrees a second of the fastest kicks and strokes. A faster change is an error of the pose."""

STEPS = (40.0, 90.0)
"""Degrees between two frames: limits of `FASTEST` at any rate. Less is noise at high rates; after a
larger change the limb's direction is ambiguous."""

TRAVELS = 0.3
"""Metres a second of the pelvis over the floor from which its path has a direction."""

PATH_SMOOTHING = 0.4
"""Seconds (standard deviation): takes a stride's sway out of the path."""

_OF_THIGH = ("flexion", "abduction")


@dataclass(frozen=True)
class JointAngles:
    """Angles of one person over a whole clip.

    Parameters
    ----------
    names
        Names of the columns: `NAMES`, with those of ankles and wrists where the skeleton goes on.
    degrees
        (frames, angles), within `RANGES`; NaN without a pose, where a joint was never seen, where
        the angle is undefined, and where it is impossible.
    fps
        Frames per second, exact.
    deviations
        (frames, angles) standard deviations, degrees, NaN where `degrees` are; None where the
        lifter has no estimate of its errors.
    """

    names: tuple[str, ...]
    degrees: NDArray[np.float64]
    fps: Fraction
    deviations: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if self.degrees.ndim != 2 or self.degrees.shape[1] != len(self.names):
            raise ValueError(f"{self.degrees.shape} degrees for {len(self.names)} angles")
        if self.deviations is not None and self.deviations.shape != self.degrees.shape:
            raise ValueError(f"{self.deviations.shape} deviations for {self.degrees.shape} degrees")

    def __len__(self) -> int:
        return len(self.degrees)

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """Return the degrees (frames,) of the angle with this name."""
        return self.degrees[:, self.names.index(name)]

    def deviation(self, name: str) -> NDArray[np.float64]:
        """Return the standard deviation (frames,) of an angle, degrees; NaN where not known."""
        if self.deviations is None:
            return np.full(len(self), np.nan)
        return self.deviations[:, self.names.index(name)]


def joint_angles(sequence: PoseSequence) -> JointAngles:
    """Compute the angles of a body, in degrees; those of both sides have the same signs.

    ====================  ==========================================================================
    `hip_flexion`         first angle of Grood & Suntay: of the thigh about the pelvis's side axis,
                          0 where it points down the pelvis, positive forwards, negative behind
    `hip_abduction`       their second: of the thigh out of the pelvis's sagittal plane, positive
                          away from the other leg
    `hip_rotation`        their third, of the plane of thigh and shank, positive inwards; NaN where
                          the knee is bent by less than 30 degrees
    `knee_flexion`        between thigh and shank, 0 straight, positive bent; never negative, since
                          overextension needs the knee's own axis
    `ankle_flexion`       between shank and sole, 0 square, positive with the toes up (dorsiflexion)
    `ankle_inversion`     of the foot about its own length, against the shank, 0 where heel, toes
                          and ankle lie in the plane of the shank, positive with the sole inwards
    `shoulder_flexion`    as the hip's, of the upper arm about the thorax's side axis: in the
                          thorax's sagittal plane, 0 hanging down, positive forwards
    `shoulder_abduction`  of the upper arm out of that plane, positive outwards, at most 90
    `shoulder_rotation`   as the hip's, of the plane of upper arm and forearm
    `shoulder_elevation`  the second angle of Wu et al. 2005 (their beta, made positive): between
                          upper arm and the thorax's downward axis, in any plane, 0 to 180
    `shoulder_plane`      their first angle: the plane in which the arm is raised, 0 to the side, 90
                          forwards; NaN for arms raised by less than 20 or more than 160 degrees
    `elbow_flexion`       between upper arm and forearm, 0 straight, positive bent
    `wrist_bend`          between forearm and hand, in any direction
    `trunk_...`           thorax against pelvis (Z-X-Y): `bending` positive to the right, `rotation`
                          to the left; flexion needs a point of the spine
    `pelvis_...`,         against the vertical (heading taken out first, Baker 2001): `tilt`
    `thorax_...`          positive forwards, `list` with the right side down
    `pelvis_rotation`     of the pelvis from the direction of its path, positive to the left; NaN
                          where it travels by less than 0.3 m/s
    `head_...`            of the line from between the shoulders to the head, against the thorax:
                          `flexion` positive forwards, `bending` to the right
    ====================  ==========================================================================

    A flexion of hip or shoulder is undefined, and NaN, where the limb lies within 20 degrees of its
    flexion axis. Every angle is NaN beyond its range (`RANGES`; a hip's abduction together with its
    flexion), and in both frames of a change faster than people move (`FASTEST`).

    Parameters
    ----------
    sequence
        Any frame of reference; where feet were held on the floor, the legs as they were before.
        Angles between parts of the body do not depend on it; `pelvis_...`
        and `thorax_...` are NaN in the camera frame, which does not know the vertical.

    Raises
    ------
    UsageError
        The joint set lacks a needed joint.
    """
    require_joints(sequence.joint_set)
    joints = sequence.free_or_nan().astype(np.float64)
    degrees = angles_of_joints(joints, sequence.joint_set, path_directions(sequence))
    degrees[~sequence.valid] = np.nan
    names = names_of(sequence.joint_set)
    return JointAngles(names, _possible(degrees, names, float(sequence.fps)), sequence.fps)


def require_joints(joint_set: JointSet) -> None:
    """Raise ``UsageError`` where a joint set lacks joints that every angle needs."""
    missing = [joint for joint in ALWAYS_NEEDED if joint not in joint_set.joints]
    if missing:
        raise UsageError(
            f"joint angles need {', '.join(missing)}, which {joint_set.name} does not have"
        )


def path_directions(sequence: PoseSequence) -> Floats | None:
    """Return where the pelvis travels: (frames, 2) unit vectors (x, z) on the floor.

    NaN where it is slower than `TRAVELS`; None in the camera frame.
    """
    from scipy.ndimage import gaussian_filter1d  # slow to import

    if sequence.frame != "scene":
        return None
    found = np.full((len(sequence), 2), np.nan)
    fps, hip = float(sequence.fps), sequence.joint_set.index("hip")
    for run in runs(sequence.valid):
        if run.stop - run.start < 2:
            continue
        place = sequence.joints[run, hip][:, [0, 2]].astype(np.float64)
        smooth = gaussian_filter1d(place, PATH_SMOOTHING * fps, axis=0, mode="nearest")
        speed = np.gradient(smooth, axis=0) * fps
        fast = np.linalg.norm(speed, axis=1, keepdims=True)
        found[run] = np.where(fast > TRAVELS, speed / np.maximum(fast, TRAVELS), np.nan)
    return found


def _possible(degrees: Floats, names: tuple[str, ...], fps: float) -> Floats:
    """Shift angles (frames, angles) by whole turns into their ranges; NaN where that fails."""
    ranges = np.array([RANGES[kind_of(name)] for name in names])
    middle = ranges.mean(axis=1)
    turned = middle + (degrees - middle + 180.0) % 360.0 - 180.0
    slack = 1e-6  # rounding of 180
    beyond = (turned < ranges[:, 0] - slack) | (turned > ranges[:, 1] + slack)
    for side in SIDES:
        flexion, abduction = (names.index(f"{side}_hip_{angle}") for angle in _OF_THIGH)
        beyond[:, abduction] |= beyond[:, flexion]
    turned[beyond] = np.nan
    jumps = np.abs(np.diff(turned, axis=0)) > np.clip(FASTEST / fps, *STEPS)
    turned[:-1][jumps] = turned[1:][jumps] = np.nan
    return turned


def with_deviations(angles: JointAngles, deviations: Floats | None) -> JointAngles:
    """Return the angles with standard deviations (frames, angles), NaN where there is no angle."""
    if deviations is None:
        return replace(angles, deviations=None)
    return replace(angles, deviations=np.where(np.isfinite(angles.degrees), deviations, np.nan))
