from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.lifting.gaps import Filled, bridge, fill_gaps, place_missing_root
from glagcn_cli.lifting.normalisation import FILLED_SCORE
from glagcn_cli.skeleton import H36M17

SEEN = 0.15


def mask(text: str) -> np.ndarray:
    """Frames as text: x is true, a dot is not."""
    return np.array([letter == "x" for letter in text])


@pytest.mark.parametrize(
    "valid, gap, bridged",
    [
        ("x..x", 2, "xxxx"),
        ("x..x", 1, "x..x"),
        ("x..x", 1.9, "x..x"),
        ("..x..", 5, "..x.."),
        ("..x.x...x.", 1, "..xxx...x."),
        ("..x.x...x.", 3, "..xxxxxxx."),
        ("xxxx", 0, "xxxx"),
        ("....", 9, "...."),
        ("", 9, ""),
    ],
)
def test_bridge(valid: str, gap: float, bridged: str) -> None:
    before = mask(valid)
    np.testing.assert_array_equal(bridge(before, gap), mask(bridged))
    np.testing.assert_array_equal(before, mask(valid))


def ramp(frames: int) -> np.ndarray:
    """One joint that moves by (1, 10) pixels a frame."""
    return (np.arange(frames)[:, None, None] * np.array([1.0, 10.0])).reshape(frames, 1, 2)


def test_a_short_gap_lies_on_the_line_between_its_ends() -> None:
    valid = mask("xx...xx")
    damaged = np.where(valid[:, None, None], ramp(7), -999)
    filled, _, has_pose = fill_gaps(damaged, 1.0 * valid[:, None], valid, 3, SEEN)
    np.testing.assert_allclose(filled, ramp(7))
    assert has_pose.all()


def test_frames_of_a_long_gap_and_outside_have_no_pose_but_numbers() -> None:
    valid = mask("..xx....xx.")
    damaged = np.where(valid[:, None, None], ramp(11), -999)
    filled, _, has_pose = fill_gaps(damaged, 1.0 * valid[:, None], valid, 3, SEEN)
    np.testing.assert_array_equal(has_pose, valid)
    np.testing.assert_allclose(filled[2:10], ramp(11)[2:10])
    np.testing.assert_allclose(filled[:2], ramp(11)[[2, 2]])
    np.testing.assert_allclose(filled[10:], ramp(11)[[9]])


def test_a_joint_unseen_for_a_moment_is_interpolated_and_the_others_are_left() -> None:
    points = np.concatenate([ramp(9), ramp(9) + 5], axis=1)
    damaged = points.copy()
    damaged[3:5, 1] = -999
    seen = np.ones((9, 2), bool)
    seen[3:5, 1] = False
    filled, _, has_pose = fill_gaps(damaged, 1.0 * seen, np.ones(9, bool), 2, SEEN)
    np.testing.assert_allclose(filled, points)
    assert has_pose.all()


@pytest.mark.parametrize("sight", ["x........", "....x....", "........x", ".........", "xx......x"])
def test_a_joint_unseen_for_long_stays_with_the_body(sight: str) -> None:
    """Held where it was last seen, a foot would be dragged across the picture."""
    walking = ramp(9) * 50
    doubtful = np.where(mask(sight), 1.0, SEEN / 2)[:, None]
    filled, _, _ = fill_gaps(walking, doubtful, np.ones(9, bool), 2, SEEN)
    np.testing.assert_allclose(filled, walking)


@pytest.mark.parametrize(
    ("sight", "others_seen", "missing"),
    [
        ("............", 4, "xxxxxxxxxxxx"),  # as legs below the edge of the picture
        ("............", 3, "............"),  # of so little of a body guesses are what there is
        ("....x.......", 4, "xx.....xxxxx"),
        ("x....x.....x", 4, "............"),
        ("x.........xx", 4, "...xxxxx...."),
    ],
)
def test_far_from_any_sight_a_guess_is_missing_where_the_body_is_seen(
    sight: str, others_seen: int, missing: str
) -> None:
    points = np.repeat(ramp(12), 8, axis=1) * 50
    scores = np.full((12, 8), SEEN / 2)
    scores[:, :others_seen] = 1.0
    scores[:, 7] = np.where(mask(sight), 1.0, SEEN / 2)
    filled = fill_gaps(points, scores, np.ones(12, bool), 2, SEEN)
    np.testing.assert_array_equal(filled.scores[:, 7] == 0, mask(missing))
    np.testing.assert_allclose(filled.keypoints, points)  # nor is it put anywhere else


def test_nobody_at_all_is_left_alone() -> None:
    nowhere = np.zeros((4, 3, 2))
    filled, _, has_pose = fill_gaps(nowhere, np.zeros((4, 3)), np.zeros(4, bool), 9, SEEN)
    np.testing.assert_array_equal(filled, nowhere)
    assert not has_pose.any()


def test_scores_tell_what_was_seen_filled_in_and_missing() -> None:
    """Of three joints one is always seen, one away for a moment, one for good."""
    points = np.repeat(ramp(9), 3, axis=1)
    scores = np.full((9, 3), 0.8)
    scores[3:5, 1] = 0.0
    scores[2:, 2] = 0.0
    filled = fill_gaps(points, scores, np.ones(9, bool), 2, SEEN)
    expected = scores.copy()
    expected[3:5, 1] = FILLED_SCORE
    np.testing.assert_array_equal(filled.scores, expected)
    np.testing.assert_allclose(filled.keypoints[:, :2], points[:, :2])


def test_a_joint_lost_long_ago_stays_missing_where_the_person_is_missing_for_a_moment() -> None:
    scores = np.ones((12, 2))
    scores[2:, 1] = 0.0
    filled = fill_gaps(np.repeat(ramp(12), 2, axis=1), scores, mask("xxxxxxxx..xx"), 3, SEEN)
    assert filled.valid.all()
    np.testing.assert_array_equal(filled.scores[2:, 1], 0.0)
    np.testing.assert_array_equal(filled.scores[8:10, 0], FILLED_SCORE)


def test_a_joint_that_was_never_given_is_missing_in_every_frame() -> None:
    scores = np.ones((6, 2))
    scores[:, 1] = 0.0
    valid = mask("xx.xxx")
    filled = fill_gaps(np.repeat(ramp(6), 2, axis=1), scores, valid, 3, SEEN)
    np.testing.assert_array_equal(filled.scores[:, 1], 0.0)
    np.testing.assert_array_equal(filled.scores[:, 0], np.where(valid, 1.0, FILLED_SCORE))
    assert filled.valid.all()


@pytest.mark.parametrize("head_seen", [True, False])
def test_a_missing_root_is_put_below_the_upper_body(head_seen: bool) -> None:
    standing = np.full((2, 17, 2), -999.0)
    at = {joint: i for i, joint in enumerate(H36M17.joints)}
    standing[:, at["thorax"]] = 300, 200
    standing[:, at["head"]] = 300, 150
    standing[:, at["left_shoulder"]], standing[:, at["right_shoulder"]] = (340, 200), (260, 200)
    scores = np.zeros((2, 17))
    scores[:, [at[j] for j in ("thorax", "left_shoulder", "right_shoulder")]] = 0.9
    scores[:, at["head"]] = 0.9 * head_seen
    scores[1, at["hip"]] = 0.7
    standing[1, at["hip"]] = 310, 290
    placed = place_missing_root(Filled(standing, scores, np.ones(2, bool)))
    assert placed.keypoints[0, at["hip"]] == pytest.approx([300, 200 + (98 if head_seen else 104)])
    np.testing.assert_array_equal(placed.keypoints[1], standing[1])
    assert placed.scores[:, at["hip"]].tolist() == [FILLED_SCORE, 0.7]


def torso(missing: str, width: float) -> Filled:
    """One frame: shoulders `width` pixels apart, upper arms of 50 hanging down, all else absent."""
    at = {joint: i for i, joint in enumerate(H36M17.joints)}
    points, scores = np.full((1, 17, 2), -999.0), np.zeros((1, 17))
    places = {
        "thorax": (300, 200),
        "left_shoulder": (300 + width / 2, 200),
        "right_shoulder": (300 - width / 2, 200),
        "left_elbow": (300 + width / 2, 250),
        "right_elbow": (300 - width / 2, 250),
    }
    for joint, place in places.items():
        if joint not in missing.split():
            points[0, at[joint]], scores[0, at[joint]] = place, 0.9
    return Filled(points, scores, np.ones(1, bool))


@pytest.mark.parametrize(
    "missing, width, expected",
    [
        ("", 80, (300, 200 + 1.3 * 80)),
        ("", 0, (300, 200 + 1.6 * 50)),
        ("left_elbow", 10, (300, 200 + 1.6 * 50)),
        ("left_elbow right_elbow", 80, (300, 200 + 1.3 * 80)),
        ("thorax left_elbow right_elbow", 80, (300, 200)),
        ("thorax left_shoulder right_shoulder", 80, (300, 250)),
    ],
)
def test_a_missing_root_is_placed_by_what_there_is(missing, width, expected) -> None:
    placed = place_missing_root(torso(missing, width))
    assert placed.keypoints[0, H36M17.root] == pytest.approx(expected)
    assert placed.scores[0, H36M17.root] == FILLED_SCORE
    assert placed.valid.all()


def test_frames_in_which_no_joint_was_given_have_no_pose() -> None:
    filled = Filled(np.zeros((3, 17, 2)), np.zeros((3, 17)), np.ones(3, bool))
    filled.scores[1, H36M17.index("head")] = 0.5
    assert place_missing_root(filled).valid.tolist() == [False, True, False]
