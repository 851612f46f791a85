from __future__ import annotations

import numpy as np
import pytest
import torch

from glagcn_cli.skeleton import (
    COCO17,
    COCO17_TO_H36M17,
    H36M17,
    H36M25,
    HALPE26,
    JOINT_SETS,
    JointSet,
    lifter_points,
    to_lifter_joints,
)

POINTS = np.random.default_rng(1).uniform(0, 1000, (5, 26, 2)).astype(np.float32)
SCORES = np.random.default_rng(2).uniform(0, 1, (5, 26)).astype(np.float32)

# What each lifter joint is made of, written down a second time by hand.
MADE_OF = {
    "hip": ["left_hip", "right_hip"],
    "thorax": ["left_shoulder", "right_shoulder"],
    "head": ["left_ear", "right_ear"],
    "spine": ["left_hip", "right_hip", "left_shoulder", "right_shoulder"],
    "neck": ["left_shoulder", "right_shoulder", "left_ear", "right_ear"],
}


def from_coco(points: np.ndarray = POINTS, scores: np.ndarray = SCORES):
    return to_lifter_joints(points[:, :17], scores[:, :17], COCO17)


def mirrored(points: np.ndarray, joint_set: JointSet) -> np.ndarray:
    """The mirror image in a picture 1000 pixels wide."""
    return points[..., list(joint_set.mirror), :] * [-1, 1] + [999, 0]


@pytest.mark.parametrize("joint", [j for j in H36M17.joints if j.startswith(("left", "right"))])
def test_a_joint_that_coco_has_is_taken_as_it_is(joint: str) -> None:
    points, scores = from_coco()
    there, here = H36M17.index(joint), COCO17.index(joint)
    np.testing.assert_array_equal(points[:, there], POINTS[:, here])
    np.testing.assert_array_equal(scores[:, there], SCORES[:, here])


@pytest.mark.parametrize("joint", ["hip", "thorax", "head"])
def test_a_joint_between_two_points_is_their_middle(joint: str) -> None:
    points, _ = from_coco()
    middle = POINTS[:, COCO17.indices(MADE_OF[joint])].mean(axis=1)
    np.testing.assert_allclose(points[:, H36M17.index(joint)], middle, atol=1e-3)


@pytest.mark.parametrize(
    "joint, start, end, share",
    [("spine", "hip", "thorax", 0.22 / 0.46), ("neck", "thorax", "head", 0.135 / 0.235)],
)
def test_spine_and_neck_lie_on_the_line_between_their_neighbours(joint, start, end, share) -> None:
    points, _ = from_coco()
    a, b = points[:, H36M17.index(start)], points[:, H36M17.index(end)]
    np.testing.assert_allclose(points[:, H36M17.index(joint)], a + share * (b - a), atol=1e-3)


@pytest.mark.parametrize("joint", MADE_OF)
def test_a_converted_score_is_the_lowest_of_those_it_is_made_of(joint: str) -> None:
    _, scores = from_coco()
    lowest = SCORES[:, COCO17.indices(MADE_OF[joint])].min(axis=1)
    np.testing.assert_array_equal(scores[:, H36M17.index(joint)], lowest)


def test_halpe_equals_coco_on_its_first_17_joints() -> None:
    assert HALPE26.joints[:17] == COCO17.joints
    for halpe, coco in zip(to_lifter_joints(POINTS, SCORES, HALPE26), from_coco(), strict=True):
        np.testing.assert_array_equal(halpe, coco)


def test_lifter_joints_pass_through() -> None:
    points, scores = to_lifter_joints(POINTS[:, :17], SCORES[:, :17], H36M17)
    np.testing.assert_array_equal(points, POINTS[:, :17])
    np.testing.assert_array_equal(scores, SCORES[:, :17])


def test_conversion_takes_any_number_of_leading_dimensions() -> None:
    clip = np.stack([POINTS, POINTS + 7])
    points, _ = to_lifter_joints(clip[:, :, :17], np.stack([SCORES, SCORES])[:, :, :17], COCO17)
    np.testing.assert_array_equal(points[0], from_coco()[0])
    assert points.shape == (2, 5, 17, 2)


@pytest.mark.parametrize("joint_set", [COCO17, HALPE26, H36M17], ids=lambda s: s.name)
def test_tensors_are_converted_as_arrays_are(joint_set: JointSet) -> None:
    points = POINTS[:, : len(joint_set)]
    expected, _ = to_lifter_joints(points, SCORES[:, : len(joint_set)], joint_set)
    for precision in (torch.float32, torch.float64):
        converted = lifter_points(torch.from_numpy(points).to(precision), joint_set)
        assert converted.dtype == torch.float32
        np.testing.assert_allclose(converted, expected, atol=2e-4)


def test_tensors_are_converted_in_full_precision_under_autocast() -> None:
    points = torch.from_numpy(POINTS[:, :17])
    with torch.autocast("cpu", torch.bfloat16):
        converted = lifter_points(points, COCO17)
    exact = COCO17_TO_H36M17.astype(np.float64) @ POINTS[:, :17].astype(np.float64)
    np.testing.assert_allclose(converted, exact, atol=1e-4)


def test_a_set_without_a_conversion_is_refused_for_tensors_too() -> None:
    pair = JointSet("pair", ("a", "b"), (("a", "b"),))
    with pytest.raises(ValueError, match="pair"):
        lifter_points(torch.zeros(3, 2, 2), pair)


def test_conversion_moves_and_scales_with_the_picture() -> None:
    moved, _ = from_coco(POINTS * 2 + 100)
    np.testing.assert_allclose(moved, from_coco()[0] * 2 + 100, atol=1e-3)


def test_mirroring_commutes_with_conversion() -> None:
    converted, scores = from_coco()
    of_mirrored, mirrored_scores = to_lifter_joints(
        mirrored(POINTS[:, :17], COCO17), SCORES[:, list(COCO17.mirror)], COCO17
    )
    np.testing.assert_allclose(of_mirrored, mirrored(converted, H36M17), atol=1e-3)
    np.testing.assert_array_equal(mirrored_scores, scores[:, list(H36M17.mirror)])


@pytest.mark.parametrize("joint_set", JOINT_SETS.values(), ids=JOINT_SETS)
def test_mirror_swaps_the_sides_and_twice_is_nothing(joint_set: JointSet) -> None:
    mirror = np.array(joint_set.mirror)
    np.testing.assert_array_equal(mirror[mirror], np.arange(len(joint_set)))
    swapped = [joint_set.joints[i] for i in mirror]
    exchange = {"left": "right", "right": "left"}
    for joint, partner in zip(joint_set.joints, swapped, strict=True):
        side, _, rest = joint.partition("_")
        assert partner == (f"{exchange[side]}_{rest}" if side in exchange else joint)


@pytest.mark.parametrize("joint_set", JOINT_SETS.values(), ids=JOINT_SETS)
def test_bones_are_symmetric(joint_set: JointSet) -> None:
    mirror = joint_set.mirror
    bones = {frozenset(bone) for bone in joint_set.bone_indices}
    assert {frozenset(mirror[joint] for joint in bone) for bone in bones} == bones


def test_lifter_joints_form_a_tree_rooted_at_the_hip() -> None:
    assert H36M17.parents[0] == -1 and H36M17.joints[0] == "hip"
    for joint in range(len(H36M17)):
        steps = 0
        while joint != 0:
            joint, steps = H36M17.parents[joint], steps + 1
            assert steps < len(H36M17)
    assert H36M17.parents[H36M17.index("left_wrist")] == H36M17.index("left_elbow")
    assert H36M17.parents[H36M17.index("right_shoulder")] == H36M17.index("thorax")


@pytest.mark.parametrize(
    "bones",
    [
        pytest.param((("a", "b"),), id="two roots"),
        pytest.param((("a", "b"), ("b", "c"), ("a", "c")), id="two parents"),
        pytest.param((("b", "c"), ("c", "b")), id="circle beside the root"),
        pytest.param((("a", "b"), ("b", "c"), ("c", "a")), id="circle without a root"),
    ],
)
def test_bones_that_form_no_tree_have_no_parents(bones) -> None:
    with pytest.raises(ValueError, match="tree"):
        _ = JointSet("odd", ("a", "b", "c"), bones).parents


@pytest.mark.parametrize(
    "points, scores, joint_set",
    [
        pytest.param(POINTS[:, :17], SCORES[:, :16], COCO17, id="a score short"),
        pytest.param(POINTS, SCORES, COCO17, id="26 joints said to be 17"),
        pytest.param(
            POINTS[:, :2], SCORES[:, :2], JointSet("pair", ("a", "b"), (("a", "b"),)), id="unknown"
        ),
    ],
)
def test_what_cannot_be_converted_is_refused(points, scores, joint_set) -> None:
    with pytest.raises(ValueError, match=joint_set.name):
        to_lifter_joints(points, scores, joint_set)


def test_added_joints_move_with_the_joint_of_the_body_that_they_hang_on() -> None:
    carriers = H36M25.carriers
    assert carriers[: len(H36M17)] == tuple(range(len(H36M17)))
    for joint, carrier in (
        ("left_heel", "left_ankle"),
        ("right_big_toe", "right_ankle"),
        ("left_little_knuckle", "left_wrist"),
    ):
        assert H36M25.joints[carriers[H36M25.index(joint)]] == carrier
