"""Names of the joint angles, the joints that each needs, and what a body can reach."""

from __future__ import annotations

from ..skeleton import JointSet

SIDES = ("left", "right")

ANGLES = (
    "hip_flexion", "hip_abduction", "hip_rotation", "knee_flexion",
    "shoulder_flexion", "shoulder_abduction", "shoulder_rotation", "shoulder_elevation",
    "shoulder_plane", "elbow_flexion",
)  # fmt: skip
"""Angles of each side."""

TRUNK_ANGLES = (
    "pelvis_tilt", "pelvis_list", "pelvis_rotation",
    "trunk_bending", "trunk_rotation",
    "thorax_tilt", "thorax_list", "head_flexion", "head_bending",
)  # fmt: skip
"""Angles that a body has once."""

NAMES: tuple[str, ...] = (
    *(f"{side}_{angle}" for side in SIDES for angle in ANGLES),
    *TRUNK_ANGLES,
)
"""Angles of a body of 17 joints."""

FEET, HANDS = ("ball", "big_toe", "toe"), ("hand", "fingers", "index_knuckle")
"""Joints at the front of a foot and of a hand, of which the first that is there is taken."""

RANGES: dict[str, tuple[float, float]] = {
    "hip_flexion": (-60.0, 150.0),
    "hip_abduction": (-60.0, 90.0),
    "hip_rotation": (-75.0, 75.0),
    "knee_flexion": (0.0, 165.0),
    "ankle_flexion": (-80.0, 50.0),
    "ankle_inversion": (-60.0, 70.0),
    "shoulder_flexion": (-90.0, 210.0),
    "shoulder_abduction": (-75.0, 90.0),
    "shoulder_rotation": (-120.0, 120.0),
    "shoulder_elevation": (0.0, 180.0),
    "shoulder_plane": (-120.0, 165.0),
    "elbow_flexion": (0.0, 165.0),
    "wrist_bend": (0.0, 110.0),
    "pelvis_tilt": (-120.0, 150.0),
    "pelvis_list": (-90.0, 90.0),
    "pelvis_rotation": (-60.0, 60.0),
    "trunk_bending": (-65.0, 65.0),
    "trunk_rotation": (-75.0, 75.0),
    "thorax_tilt": (-120.0, 165.0),
    "thorax_list": (-90.0, 90.0),
    "head_flexion": (-80.0, 100.0),
    "head_bending": (-75.0, 75.0),
}
"""Degrees within which an angle is possible; beyond it the pose is wrong and the angle missing.

The ranges are those of people (AAOS 1965: hip -30 to 120 and rotated 45, shoulder -60 to 180 and
rotated 90, elbow to 150; kneeling knees 150; ankle -50 to 20, sole -15 to 35), with 30 degrees more
for the axes of the trunk, which its bending turns, and 15 for the errors of a knee or an elbow.
None is a whole turn, so no angle wraps around."""

ALWAYS_NEEDED = (
    "hip", "thorax",
    *(f"{side}_{joint}" for side in SIDES for joint in ("hip", "knee", "ankle")),
    *(f"{side}_{joint}" for side in SIDES for joint in ("shoulder", "elbow", "wrist")),
)  # fmt: skip


def joint_of(joint_set: JointSet, side: str, names: tuple[str, ...]) -> str | None:
    """Return the first of some joints of a side that a joint set has; None without any."""
    return next((f"{side}_{n}" for n in names if f"{side}_{n}" in joint_set.joints), None)


def names_of(joint_set: JointSet) -> tuple[str, ...]:
    """Return the angles of a joint set: `NAMES`, and of ankles and wrists where it goes on."""
    more = []
    for side in SIDES:
        if f"{side}_heel" in joint_set.joints and joint_of(joint_set, side, FEET):
            more += [f"{side}_ankle_flexion", f"{side}_ankle_inversion"]
        if joint_of(joint_set, side, HANDS):
            more.append(f"{side}_wrist_bend")
    without_head = () if "head" in joint_set.joints else ("head_flexion", "head_bending")
    return tuple(name for name in (*NAMES, *more) if name not in without_head)


def kind_of(name: str) -> str:
    """Return the name of an angle without its side."""
    side, _, kind = name.partition("_")
    return kind if side in SIDES else name
