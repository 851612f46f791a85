"""Limbs keep their sides: exchanges for some frames are put right, and real crossings stay."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from glagcn_cli.poses import Keypoints2D
from glagcn_cli.skeleton import COCO17, COCO25, HALPE26, JointSet
from glagcn_cli.tracking.sides import given_back

FRAMES, FPS = 120, Fraction(25)
HEIGHT = 300.0  # pixels
ARMS = ("shoulder", "elbow", "wrist", "index_knuckle", "little_knuckle")
LEGS = ("hip", "knee", "ankle", "big_toe", "small_toe", "heel")


def walker(
    cadence: float = 1.0, swing: float = 0.25, facing: float = 90.0, joint_set: JointSet = COCO17
) -> Keypoints2D:
    """Somebody who walks on the spot; `facing` 90 is seen from the side, 0 from the front.

    `swing` is how far ankles go forward and back, in heights; `cadence` steps of one leg a second.
    """
    phase = 2 * np.pi * cadence * np.arange(FRAMES) / float(FPS)
    across, ahead = np.cos(np.radians(facing)), np.sin(np.radians(facing))
    forward = {"shoulder": 0.0, "elbow": 0.3, "wrist": 0.7, "hip": 0.0, "knee": 0.5, "ankle": 1.0}
    width = {"shoulder": 0.12, "elbow": 0.14, "wrist": 0.14}
    up = {"shoulder": 0.8, "elbow": 0.62, "wrist": 0.48, "hip": 0.5, "knee": 0.27, "ankle": 0.04}
    points = np.zeros((FRAMES, len(joint_set), 2))
    for column, name in enumerate(joint_set.joints):
        side, _, part = name.partition("_")
        sign = {"left": 1, "right": -1}.get(side, 0)
        ends = dict.fromkeys(ARMS[3:], "wrist") | dict.fromkeys(LEGS[3:], "ankle")
        kind = part if part in up else ends.get(part, "")
        legs = 1 if kind in ("hip", "knee", "ankle") else -1
        reach = forward.get(kind, 0.0) * swing * sign * legs * np.sin(phase)
        x = sign * width.get(kind, 0.08) * across + reach * ahead
        points[:, column] = np.stack([x, np.full(FRAMES, -up.get(kind, 0.95))], axis=1)
    return Keypoints2D(
        (400 + HEIGHT * points).astype(np.float32),
        np.full((FRAMES, len(joint_set)), 0.8, np.float32),
        np.ones(FRAMES, bool), FPS, (800, 800), joint_set,
    )  # fmt: skip


def exchanged(person: Keypoints2D, frames: slice, parts: tuple[str, ...]) -> Keypoints2D:
    keypoints = person.keypoints.copy()
    names = person.joint_set.joints
    for part in parts:
        if f"left_{part}" in names:
            left, right = names.index(f"left_{part}"), names.index(f"right_{part}")
            keypoints[frames, left], keypoints[frames, right] = (
                person.keypoints[frames, right], person.keypoints[frames, left],
            )  # fmt: skip
    return replace(person, keypoints=keypoints)


def apart(person: Keypoints2D, length: int) -> slice:
    """Frames of this length at whose ends the legs are far apart."""
    names = person.joint_set.joints
    ends = [person.keypoints[:, names.index(f"{s}_ankle"), 0] for s in ("left", "right")]
    gap = np.abs(ends[0] - ends[1])
    worst = np.minimum(gap[20 : -length - 20], gap[20 + length : -20])
    first = 20 + int(worst.argmax())
    return slice(first, first + length)


@pytest.mark.parametrize("parts", [ARMS, LEGS, ARMS + LEGS], ids=["arms", "legs", "both"])
@pytest.mark.parametrize("length", [1, 2, 5, 9])
@pytest.mark.parametrize("joint_set", [COCO17, HALPE26, COCO25], ids=["COCO", "HALPE", "COCO25"])
def test_limbs_that_are_exchanged_for_some_frames_are_put_right(
    parts: tuple[str, ...], length: int, joint_set: JointSet
) -> None:
    person = walker(0.5, swing=0.3, joint_set=joint_set)
    frames = apart(person, length)
    found, exchange = given_back(exchanged(person, frames, parts))
    np.testing.assert_array_equal(found.keypoints, person.keypoints)
    assert np.flatnonzero(exchange.legs if parts is LEGS else exchange.arms).tolist() == [
        *range(frames.start, frames.stop)
    ]


@pytest.mark.parametrize("facing", [0.0, 30.0, 60.0, 90.0, 150.0, 180.0])
@pytest.mark.parametrize("cadence", [0.5, 1.0, 1.5, 2.5])
@pytest.mark.parametrize("swing", [0.1, 0.25, 0.4])
def test_who_walks_or_runs_is_left_alone(facing: float, cadence: float, swing: float) -> None:
    person = walker(cadence, swing, facing)
    rng = np.random.default_rng(0)
    noisy = person.keypoints + rng.normal(0, 0.01 * HEIGHT, person.keypoints.shape)
    person = replace(person, keypoints=noisy.astype(np.float32))
    found, exchange = given_back(person)
    assert exchange.frames == 0
    assert found is person


def test_scores_go_with_their_limbs() -> None:
    person = walker(0.5, swing=0.3)
    frames = apart(person, 3)
    scores = person.scores.copy()
    names = COCO17.joints
    scores[frames, names.index("left_ankle")] = 0.3
    found, _ = given_back(replace(exchanged(person, frames, LEGS), scores=scores))
    assert found.scores[frames.start, names.index("right_ankle")] == pytest.approx(0.3)


def test_what_lies_behind_an_absence_is_left_alone() -> None:
    person = walker(0.5, swing=0.3)
    frames = apart(person, 6)
    valid = np.ones(FRAMES, bool)
    valid[[frames.start - 1, frames.start - 2]] = False
    valid[[frames.stop, frames.stop + 1]] = False
    seen = replace(exchanged(person, frames, LEGS), valid=valid)
    assert given_back(seen)[1].frames == 0


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_few_frames(frames: int) -> None:
    person = walker()
    few = replace(person, valid=np.arange(FRAMES) < frames)
    assert given_back(few)[0] is few
