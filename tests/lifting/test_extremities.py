"""Lifters with feet and palms: what they read, and what of it was never seen."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch

from glagcn_cli.defaults import EXTREMITIES_LIFTER, LIFTER
from glagcn_cli.halves import LOWER, half_of, may_be_absent
from glagcn_cli.lifting.checkpoints import LifterCard
from glagcn_cli.lifting.half_bodies import without_half
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.normalisation import PERSON, normalise_windows
from glagcn_cli.model.architecture import Architecture
from glagcn_cli.model.gla_gcn import build_lifter
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.pipeline.video_lifter import VideoLifter, shows_extremities
from glagcn_cli.poses import Keypoints2D
from glagcn_cli.skeleton import (
    COCO17,
    COCO25,
    EXTREMITIES,
    EXTREMITIES_CONVERSION,
    H36M17,
    H36M25,
    HALPE26,
    to_lifter_joints,
)

FRAMES = 20
BODY = len(H36M17)


@pytest.fixture(scope="module")
def lifter() -> Lifter:
    torch.manual_seed(0)
    sizes = Architecture(
        window=9, channels=8, global_blocks=1, in_channels=3, uncertainty=True, gravity=True,
        joint_set=H36M25.name,
    )  # fmt: skip
    return Lifter(build_lifter(sizes), LifterCard(sizes, PERSON, 25, EXTREMITIES_CONVERSION))


def seen(joint_set, seed=0) -> Keypoints2D:
    draws = np.random.default_rng(seed)
    points = draws.uniform(100, 400, (1, len(joint_set), 2)) + draws.normal(
        0, 2, (FRAMES, len(joint_set), 2)
    )
    return Keypoints2D(
        points.astype(np.float32), np.full((FRAMES, len(joint_set)), 0.9, np.float32),
        np.ones(FRAMES, bool), Fraction(25), (640, 480), joint_set,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("joint_set", "never"),
    [(COCO25, ()), (HALPE26, ("knuckle",)), (COCO17, ("knuckle", "heel", "toe"))],
)
def test_points_that_a_set_lacks_are_absent(lifter, joint_set, never):
    poses = lifter.lift(seen(joint_set))
    assert poses.joint_set is H36M25
    assert poses.joints.shape == (FRAMES, len(H36M25), 3)
    assert poses.uncertainty.shape == (FRAMES, len(H36M25))
    expected = [joint.endswith(never) if never else False for joint in H36M25.joints]
    found = np.zeros(len(H36M25), bool) if poses.absent is None else poses.absent
    np.testing.assert_array_equal(found, expected)


def test_a_foot_that_is_hardly_ever_marked_is_absent(lifter):
    person = seen(COCO25)
    scores = person.scores.copy()
    foot = COCO25.indices(["left_heel", "left_big_toe"])
    scores[1:, foot] = 0.0
    poses = lifter.lift(replace(person, scores=scores))
    gone = [H36M25.joints[joint] for joint in np.flatnonzero(poses.absent)]
    assert gone == ["left_heel", "left_big_toe"]
    assert half_of(poses.absent, H36M25) is None


def test_legs_that_were_never_seen_take_their_feet_along(lifter):
    person = seen(COCO25)
    scores = person.scores * ~LOWER.mask(COCO25)
    poses = lifter.lift(replace(person, scores=scores))
    np.testing.assert_array_equal(poses.absent, LOWER.mask(H36M25))
    assert half_of(poses.absent, H36M25) is LOWER
    without = without_half(person, poses.absent)
    np.testing.assert_array_equal(without.scores[0] == 0, LOWER.mask(COCO25))


def test_missing_feet_and_palms_do_not_change_the_persons_size():
    points = np.random.default_rng(0).normal(0, 50, (1, 9, len(H36M25), 2)) + 300
    scores = np.ones(points.shape[:-1])
    whole = normalise_windows(points, PERSON, (640, 480), scores=scores)
    body = normalise_windows(points[:, :, :BODY], PERSON, (640, 480), scores=scores[:, :, :BODY])
    np.testing.assert_array_equal(whole[:, :, :BODY], body)


@pytest.mark.parametrize("joint_set", [COCO17, COCO25, HALPE26, H36M17])
def test_the_body_is_converted_alike_for_both_lifters(joint_set):
    person = seen(joint_set)
    both = [
        to_lifter_joints(person.keypoints, person.scores, joint_set, wanted)
        for wanted in (H36M17, H36M25)
    ]
    for body, whole in zip(*both, strict=True):
        np.testing.assert_array_equal(whole[:, :BODY], body)
    points, scores = both[1]
    for joint in EXTREMITIES:
        place = H36M25.index(joint)
        if joint in joint_set.joints:
            np.testing.assert_array_equal(
                points[:, place], person.keypoints[:, joint_set.index(joint)]
            )
        else:
            assert (scores[:, place] == 0).all()


def test_the_lifter_with_feet_is_taken_where_they_are_seen():
    models = VideoLifter(Settings())
    blind = seen(COCO25)
    scores = blind.scores.copy()
    scores[:, COCO25.added] = 0.0
    blind = replace(blind, scores=scores)
    assert models.lifter_name([seen(COCO17)]) == LIFTER
    assert models.lifter_name([blind]) == LIFTER
    assert not shows_extremities(blind)
    for joint_set in (COCO25, HALPE26):
        assert models.lifter_name([seen(COCO17), seen(joint_set)]) == EXTREMITIES_LIFTER
    assert VideoLifter(Settings(lifter="own.pth")).lifter_name([seen(COCO25)]) == "own.pth"


def test_feet_and_palms_alone_may_be_absent_and_other_joints_not():
    mask = np.zeros(len(H36M25), bool)
    assert not may_be_absent(mask, H36M25)
    mask[H36M25.indices(["left_heel"])] = True
    assert may_be_absent(mask, H36M25)
    mask[H36M25.index("left_wrist")] = True
    assert not may_be_absent(mask, H36M25)
    assert may_be_absent(LOWER.mask(H36M25), H36M25)
    assert may_be_absent(LOWER.mask(), H36M17)
