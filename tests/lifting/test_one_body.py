"""Poses of a clip that agree with the picture and with one body."""

from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.joint_set import JointSet
from glagcn_cli.lifting import one_body
from glagcn_cli.lifting.one_body import as_one_body
from glagcn_cli.lifting.sight import sight_of
from glagcn_cli.skeleton import H36M17, H36M25
from tests.helpers.filmed_walk import FOV, FPS, SIZE, pixels, walker

FRAMES = 50
ENDS = [end for end, parent in enumerate(H36M17.parents) if parent >= 0]
STARTS = [H36M17.parents[end] for end in ENDS]


def agreed(
    lifted: np.ndarray,
    true: np.ndarray,
    scores: np.ndarray | None = None,
    joint_set: JointSet = H36M17,
) -> np.ndarray:
    sight = sight_of(lifted, pixels(true), scores, joint_set, SIZE, FOV, FPS)
    return as_one_body(lifted, sight, np.full(lifted.shape[:2], 0.05), joint_set, FPS)


def lengths(joints: np.ndarray) -> np.ndarray:
    return np.linalg.norm(joints[:, ENDS] - joints[:, STARTS], axis=-1)


def misjudged(true: np.ndarray, metres: float = 0.04) -> np.ndarray:
    """Return joints whose depth wanders, as that of a network does."""
    times = np.arange(len(true))[:, None] / FPS
    phase = np.random.default_rng(3).uniform(0, 2 * np.pi, (2, true.shape[1]))
    wander = np.sin(1.5 * times + phase[0]) + np.sin(0.7 * times + phase[1])
    lifted = true.copy()
    lifted[..., 2] += metres * wander
    lifted[..., :2] += metres / 3 * wander[..., None]
    return lifted - lifted[:, :1]


def off(joints: np.ndarray, true: np.ndarray) -> float:
    return float(np.linalg.norm(joints - true, axis=-1).mean())


def test_what_agrees_stays() -> None:
    true = walker(FRAMES)
    moved = np.linalg.norm(agreed(true, true) - true, axis=-1)
    assert moved.mean() < 5e-3 and moved.max() < 3e-2, "metres; a quick ankle is an outlier"


def test_bones_keep_one_length_and_joints_are_where_they_are_seen() -> None:
    true = walker(FRAMES)
    lifted = misjudged(true)
    found = agreed(lifted, true)
    assert off(found, true) < 0.9 * off(lifted, true)
    assert lengths(found).std(axis=0).max() < 0.25 * lengths(lifted).std(axis=0).max()
    aside = [
        np.linalg.norm(pixels(joints) - pixels(true), axis=-1).mean() for joints in (found, lifted)
    ]
    assert aside[0] < 0.5 * aside[1], "pixels"


def test_left_and_right_are_as_long() -> None:
    true = walker(FRAMES)
    lifted = true.copy()
    knee, ankle = H36M17.indices(["left_knee", "left_ankle"])
    lifted[:, ankle] += 0.15 * (lifted[:, ankle] - lifted[:, knee])
    found = lengths(agreed(lifted, true)).mean(axis=0)
    left, right = (ENDS.index(H36M17.index(f"{side}_ankle")) for side in ("left", "right"))
    assert found[left] == pytest.approx(found[right], abs=0.004)


def test_what_is_not_seen_stays_as_it_was_lifted() -> None:
    true = walker(FRAMES)
    arm = H36M17.indices(["left_elbow", "left_wrist"])
    away = true.copy()
    away[:, arm] += 0.5
    scores = np.ones(true.shape[:2])
    scores[:, arm] = 0.0
    moved = np.linalg.norm(agreed(true, away, scores) - true, axis=-1)
    assert moved[:, arm].max() < 1e-2, "metres"


def test_the_root_stays_the_root_and_sizes_of_people_are_kept() -> None:
    true = walker(FRAMES)
    for size in (0.6, 1.0, 1.2):
        lifted = misjudged(size * true)
        found = agreed(lifted, size * true * 1.0)
        np.testing.assert_allclose(found[:, 0], 0, atol=1e-12)
        assert lengths(found).mean() == pytest.approx(lengths(lifted).mean(), rel=0.04)


def test_frames_in_which_nobody_is_seen_stay() -> None:
    true = walker(FRAMES)
    lifted = misjudged(true)
    scores = np.ones(true.shape[:2])
    scores[20:30] = 0.0
    found = agreed(lifted, true, scores)
    np.testing.assert_array_equal(found[20:30], lifted[20:30])
    assert off(found[:20], true[:20]) < 0.9 * off(lifted[:20], true[:20])
    np.testing.assert_array_equal(agreed(lifted, true, 0 * scores), lifted)


@pytest.mark.parametrize("frames", [1, 2, 3, 5])
def test_clips_of_a_few_frames(frames: int) -> None:
    true = walker(FRAMES)[:frames]
    lifted = misjudged(walker(FRAMES))[:frames]
    found = agreed(lifted, true)
    aside = [
        np.linalg.norm(pixels(joints) - pixels(true), axis=-1).mean() for joints in (found, lifted)
    ]
    assert np.isfinite(found).all() and aside[0] < 0.5 * aside[1]


def test_a_long_clip_is_done_in_pieces_with_one_body(monkeypatch: pytest.MonkeyPatch) -> None:
    true = walker(120)
    lifted = misjudged(true)
    whole = agreed(lifted, true)
    monkeypatch.setattr(one_body, "MOST_POSES", 20)
    pieces = agreed(lifted, true)
    assert off(pieces, whole) < 0.1 * off(lifted, true)
    assert lengths(pieces).std(axis=0).max() < 0.006, "metres"


def test_knuckles_go_along_with_the_wrist() -> None:
    body = walker(FRAMES)
    lifted = np.concatenate([misjudged(body), np.zeros((FRAMES, 8, 3))], axis=1)
    wrist, knuckle = H36M17.index("left_wrist"), H36M25.index("left_index_knuckle")
    lifted[:, knuckle] = lifted[:, wrist] + [0.05, 0.05, 0]
    true = np.concatenate([body, lifted[:, 17:]], axis=1)
    scores = np.ones(true.shape[:2])
    scores[:, 17:] = 0.0
    found = agreed(lifted, true, scores, H36M25)
    np.testing.assert_allclose(found[:, knuckle] - found[:, wrist], [[0.05, 0.05, 0]] * FRAMES)
    assert off(found[:, :17], body) < 0.9 * off(lifted[:, :17], body)


@pytest.mark.parametrize("seed", range(6))
def test_nonsense_stays_finite(seed: int) -> None:
    draw = np.random.default_rng(seed)
    frames = int(draw.integers(1, 40))
    lifted = walker(40)[:frames] + draw.normal(0, draw.choice([0.05, 0.5, 3]), (frames, 17, 3))
    keypoints = pixels(walker(40)[:frames]) + draw.normal(0, 10.0**seed, (frames, 17, 2))
    scores = draw.uniform(0, 1, (frames, 17)) * draw.integers(0, 2, (frames, 17))
    sight = sight_of(lifted, keypoints, scores, H36M17, SIZE, FOV, FPS)
    for uncertainty in (None, np.zeros((frames, 17)), draw.uniform(0, 0.2, (frames, 17))):
        assert np.isfinite(as_one_body(lifted, sight, uncertainty, H36M17, FPS)).all()
