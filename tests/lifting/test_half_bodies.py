from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from glagcn_cli.halves import LOWER, UPPER, half_of
from glagcn_cli.lifting.checkpoints import DEFAULT_LIFTER
from glagcn_cli.lifting.half_bodies import NEVER, unseen_half, without_half
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.poses import Keypoints2D
from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.placing import to_scene
from glagcn_cli.skeleton import COCO17, H36M17
from tests.helpers.moving_figure import walking

SIZE, FRAMES = (640, 480), 60
HALVES = pytest.mark.parametrize("half", [UPPER, LOWER], ids=lambda half: half.name)


def walker():
    """(frames, 17, 2) pixels of somebody who walks in place, whole in the picture."""
    joints = walking(FRAMES, 25.0, heading=60.0).joints
    return (joints - joints[:, :1] * [1, 0, 1])[..., :2] * [220, -220] + [320, 440]


def scores_without(half, guess=0.1):
    return np.where(half.mask(), guess, 0.8) * np.ones((FRAMES, 1))


@HALVES
def test_a_half_of_low_scores_was_never_seen(half):
    everywhere = np.ones(FRAMES, bool)
    assert unseen_half(walker(), scores_without(half), everywhere, SIZE) is half
    assert unseen_half(walker(), np.full((FRAMES, 17), 0.8), everywhere, SIZE) is None


@HALVES
def test_guesses_outside_the_picture_do_not_show_a_half(half):
    shift = [0, -300] if half is UPPER else [0, 250]
    points = walker() + shift
    scores = np.full((FRAMES, 17), 0.8)
    assert unseen_half(points, scores, np.ones(FRAMES, bool), SIZE) is half


@HALVES
def test_a_half_that_is_hidden_for_a_while_is_no_unseen_half(half):
    scores = scores_without(half)
    scores[: round(2 * NEVER * FRAMES)] = 0.8
    assert unseen_half(walker(), scores, np.ones(FRAMES, bool), SIZE) is None


def test_nothing_is_known_of_somebody_who_is_hardly_seen():
    everywhere = np.ones(FRAMES, bool)
    assert unseen_half(walker(), np.full((FRAMES, 17), 0.1), everywhere, SIZE) is None
    assert unseen_half(walker(), scores_without(LOWER), ~everywhere, SIZE) is None


def test_frames_in_which_nobody_was_found_do_not_count():
    found = np.arange(FRAMES) % 2 == 0
    scores = np.where(found[:, None], scores_without(LOWER), 0.9)
    assert unseen_half(walker(), scores, found, SIZE) is LOWER


@HALVES
def test_points_of_the_half_that_was_not_seen_get_score_zero(half):
    scores = np.full((FRAMES, 17), 0.8, np.float32)
    points = np.zeros((FRAMES, 17, 2), np.float32)
    person = Keypoints2D(points, scores, np.ones(FRAMES, bool), Fraction(25), SIZE, COCO17)
    gone = {
        joint
        for joint, score in zip(
            COCO17.joints, without_half(person, half.mask()).scores[0], strict=True
        )
        if score == 0
    }
    legs = {f"{side}_{joint}" for side in ("left", "right") for joint in ("knee", "ankle")}
    hips = {"left_hip", "right_hip"}
    assert gone == (legs if half is LOWER else set(COCO17.joints) - legs - hips)
    assert without_half(person, None) is person


def test_only_whole_halves_have_a_name():
    assert half_of(UPPER.mask()) is UPPER and half_of(None) is None
    assert half_of(UPPER.mask() | LOWER.mask()) is None


@pytest.fixture(scope="module")
def lifter():
    return Lifter.load(DEFAULT_LIFTER)


@HALVES
def test_the_half_that_is_seen_is_lifted_and_the_other_marked(lifter, half):
    points = walker().astype(np.float32)
    person = Keypoints2D(
        points, np.full((FRAMES, 17), 0.9, np.float32), np.ones(FRAMES, bool), Fraction(25), SIZE,
        H36M17,
    )  # fmt: skip
    whole = lifter.lift(person)
    assert whole.absent is None
    rng = np.random.default_rng(0)
    wild = points + np.where(half.mask()[:, None], rng.normal(0, 60, points.shape), 0)
    poses = lifter.lift(
        replace(
            person,
            keypoints=wild.astype(np.float32),
            scores=scores_without(half).astype(np.float32),
        )
    )
    assert np.array_equal(poses.absent, half.mask())
    assert (poses.scores[:, half.mask()] == 0).all()
    seen = ~half.mask()
    off = np.linalg.norm(poses.joints - whole.joints, axis=-1)[:, seen]
    assert off.mean() < 0.06  # metres: guesses at what is not there have no effect
    (placed,) = to_scene([poses], SIZE, SceneChoices())
    assert np.array_equal(placed.absent, half.mask())
    assert np.isfinite(placed.joints).all()
    if half is LOWER:
        assert not placed.contacts.any()


def test_what_is_guessed_of_the_other_half_has_no_effect(lifter):
    points = walker().astype(np.float32)
    scores = scores_without(LOWER).astype(np.float32)

    def lifted(guess):
        moved = points + np.where(LOWER.mask()[:, None], guess, 0).astype(np.float32)
        person = Keypoints2D(moved, scores, np.ones(FRAMES, bool), Fraction(25), SIZE, H36M17)
        return lifter.lift(person).joints

    assert np.abs(lifted(0.0) - lifted(40.0)).max() < 1e-4
