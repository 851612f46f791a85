"""Punches: standing bodies throw one straight arm, once or to and fro."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.skeleton import H36M17
from glagcn_training.data.takes import Take, TakeSet

FPS = 30
FREQUENCIES = (1, 2, 3, 4, 5, 6)  # times a second that an arm is thrown and comes back
_SECONDS = 3.0
_WAY = (0.3, 0.7)  # shares of the way that an arm has made in the frames before it is straight
_AIMS = ((0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.7, 0.7, 0.0))  # left, forward, up
# Directions of the arm's bones on guard: hanging, and folded up in front of the shoulder.
_GUARD = ((0.3, 0.1, -1.0), (-0.1, 0.5, 0.9))
_AT = {joint: number for number, joint in enumerate(H36M17.joints)}
_SHOULDER, _ARM = _AT["left_shoulder"], (_AT["left_elbow"], _AT["left_wrist"])


def impulse(held: int) -> NDArray[np.float64]:
    """Return how far out an arm is that is straight for some frames: (frames,), 0 to 1."""
    still = np.zeros(FPS)
    return np.concatenate([still, _WAY, np.ones(held), _WAY[::-1], still])


def swing(frequency: float) -> NDArray[np.float64]:
    """Return how far out an arm is that swings at a frequency in hertz: (frames,), 0 to 1."""
    time = np.arange(round(_SECONDS * FPS)) / FPS
    return 0.5 - 0.5 * np.cos(2 * np.pi * frequency * time)


def thrown(takes: TakeSet, way: NDArray[np.float64], at_most: int) -> TakeSet:
    """Return bodies standing as in the middle of takes, the left arm moving out and back.

    Parameters
    ----------
    takes
        Free motion, H36M-17.
    way
        (frames,) from 0, on guard, to 1, straight: forward, to the left and between, take by take.
    at_most
        Number of takes, evenly chosen; 0 for all.
    """
    chosen = [takes.takes[number] for number in takes.evenly_chosen(at_most)]
    moved = (_thrown(take, way, _AIMS[n % len(_AIMS)]) for n, take in enumerate(chosen))
    return replace(takes, fps=FPS, takes=tuple(moved))


def bends(joints: NDArray[np.floating]) -> NDArray[np.float64]:
    """Compute the degrees between upper arm and forearm, 0 for a straight left arm: (frames,)."""
    upper = joints[:, _ARM[0]] - joints[:, _SHOULDER]
    fore = joints[:, _ARM[1]] - joints[:, _ARM[0]]
    cosine = (_unit(upper) * _unit(fore)).sum(axis=-1)
    return np.degrees(np.arccos(cosine.clip(-1, 1)))


def _thrown(take: Take, way: NDArray[np.float64], aim: tuple[float, ...]) -> Take:
    pose = take.joints[len(take) // 2].astype(np.float64)
    across = pose[_SHOULDER] - pose[_AT["right_shoulder"]]
    left = _unit(across * (1, 1, 0))
    axes = np.stack([left, np.cross((0, 0, 1), left), (0, 0, 1)])
    joints = np.repeat(pose[None], len(way), axis=0)
    parent = _SHOULDER
    for joint, guard in zip(_ARM, _GUARD, strict=True):
        ends = _unit(np.array([guard, aim]) @ axes)
        direction = _unit(ends[0] + way[:, None] * (ends[1] - ends[0]))
        length = np.linalg.norm(pose[joint] - pose[parent])
        joints[:, joint] = joints[:, parent] + length * direction
        parent = joint
    return replace(take, joints=joints.astype(np.float32))


def _unit(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-9), dtype=np.float64)
