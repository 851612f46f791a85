"""A hand-made figure with constant bones, moved by joint angles: its rotations are known."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from glagcn_cli.poses import PoseSequence
from glagcn_cli.skeleton import H36M17

HALF_HIPS, THIGH, SHIN = 0.10, 0.43, 0.41
HALF_SHOULDERS, UPPER_ARM, FOREARM = 0.17, 0.29, 0.25
LOW_SPINE, HIGH_SPINE, NECK, HEAD = 0.22, 0.24, 0.13, 0.10


def about(axis: str, degrees: float | NDArray) -> Rotation:
    """Rotation about "x", "y" or "z"; several for an array of angles."""
    return Rotation.from_rotvec(
        np.multiply.outer(np.radians(degrees), np.eye(3)["xyz".index(axis)])
    )


class Figure:
    """Angles in degrees, each a number or one value a frame; faces +z at heading 0, left is +x.

    `hip`, `knee`, `shoulder`, `elbow` bend the limbs forwards as bodies do; the right side takes
    the same angles with the opposite sign of the swing (`alternate`) or the same.
    """

    def __init__(
        self, count, *, heading=0.0, tilt=0.0, bend=0.0, twist=0.0, hip=0.0, knee=0.0,
        thigh_turn=0.0, shoulder=0.0, elbow=0.0, raised=10.0, alternate=True, path=(0.0, 0.9, 0.0),
    ):  # fmt: skip
        def series(angle):
            return np.broadcast_to(np.asarray(angle, float), (count,))

        root = np.broadcast_to(np.asarray(path, float), (count, 3))
        self.turns = turns = {}
        turns["Hips"] = about("y", series(heading)) * about("z", series(tilt))
        low = turns["Hips"] * about("z", series(bend))
        high = low * about("y", series(twist))
        joints = {"hip": root}
        joints["spine"] = root + low.apply([0, LOW_SPINE, 0])
        joints["thorax"] = joints["spine"] + high.apply([0, HIGH_SPINE, 0])
        joints["neck"] = joints["thorax"] + high.apply([0, NECK, 0])
        joints["head"] = joints["neck"] + (high * about("x", 15.0)).apply([0, HEAD, 0])
        for side, name, sign in (("left", "Left", 1), ("right", "Right", -1)):
            swing = sign if alternate else 1
            thigh = turns["Hips"] * about("x", -swing * series(hip))
            thigh = thigh * about("y", sign * series(thigh_turn))
            shin = thigh * about("x", series(knee))
            arm = high * about("x", swing * series(shoulder)) * about("z", sign * (raised - 90))
            forearm = arm * about("y", -sign * series(elbow))
            turns |= {f"{name}UpLeg": thigh, f"{name}Leg": shin}
            turns |= {f"{name}Arm": arm, f"{name}ForeArm": forearm}
            joints[f"{side}_hip"] = root + turns["Hips"].apply([sign * HALF_HIPS, 0, 0])
            joints[f"{side}_knee"] = joints[f"{side}_hip"] + thigh.apply([0, -THIGH, 0])
            joints[f"{side}_ankle"] = joints[f"{side}_knee"] + shin.apply([0, -SHIN, 0])
            joints[f"{side}_shoulder"] = joints["thorax"] + high.apply(
                [sign * HALF_SHOULDERS, 0, 0]
            )
            joints[f"{side}_elbow"] = joints[f"{side}_shoulder"] + arm.apply(
                [sign * UPPER_ARM, 0, 0]
            )
            joints[f"{side}_wrist"] = joints[f"{side}_elbow"] + forearm.apply(
                [sign * FOREARM, 0, 0]
            )
        self.joints = np.stack([joints[name] for name in H36M17.joints], axis=1)


def walking(count: int = 150, fps: float = 50.0, heading: float | NDArray = 0.0) -> Figure:
    """Walk towards +z at 1.2 m/s, bending and twisting, elbows and knees never quite straight."""
    seconds = np.arange(count) / fps
    phase = 2 * np.pi * seconds
    path = np.stack([0 * seconds, 0.85 + 0.02 * np.cos(2 * phase), 1.2 * seconds], axis=-1)
    return Figure(
        count, heading=heading, tilt=3 * np.sin(phase), bend=-6 * np.sin(phase),
        twist=-12 * np.sin(phase), hip=25 * np.sin(phase), knee=35 + 25 * np.cos(phase),
        thigh_turn=12.0, shoulder=25 * np.sin(phase), elbow=35 + 10 * np.sin(phase), path=path,
    )  # fmt: skip


def sequence(
    joints: NDArray,
    valid: NDArray | None = None,
    fps: Fraction = Fraction(50),
    person: int = 1,
    frame: str = "scene",
) -> PoseSequence:
    count = len(joints)
    return PoseSequence(
        joints=joints.astype(np.float32),
        scores=np.linspace(0, 1, count * 17, dtype=np.float32).reshape(count, 17),
        valid=np.ones(count, bool) if valid is None else valid,
        fps=fps,
        keypoints=np.arange(count * 34, dtype=np.float32).reshape(count, 17, 2),
        frame=frame,
        person=person,
    )
