"""Feet and palms join the first network's joints, where both networks agree about the limb."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from glagcn_cli.detection.blazepose.direct import Found
from glagcn_cli.detection.blazepose.placing import SIDE, square_of
from glagcn_cli.detection.feet_and_hands import FeetAndHands
from glagcn_cli.detection.turned_crops import Square
from glagcn_cli.poses import FrameDetections
from glagcn_cli.skeleton import COCO17, COCO25, EXTREMITIES, HALPE26
from glagcn_cli.video.frame import Frame
from tests.helpers.standing_body import standing

FRAME = np.zeros((1000, 800, 3), np.uint8)
ANKLE, WRIST = COCO25.index("left_ankle"), COCO25.index("left_wrist")


class Second:
    """A network that finds the body as it is told."""

    def __init__(self, points: np.ndarray, visible: float = 0.9, presence: float = 1.0) -> None:
        self.found = Found(points, np.full(25, visible), presence)
        self.squares: list[Square] = []

    def __call__(self, people: Sequence[tuple[Frame, Square]]) -> list[Found]:
        self.squares += [square for _, square in people]
        return [self.found for _ in people]


def seen(points: np.ndarray, score: float = 0.8) -> FrameDetections:
    box = np.concatenate([points.min(axis=0), points.max(axis=0)])
    return FrameDetections(
        box[None].astype(np.float32),
        np.ones(1, np.float32),
        points[None].astype(np.float32),
        np.full((1, len(points)), score, np.float32),
    )


def added(
    second: np.ndarray, first: np.ndarray | None = None, frame: Frame = FRAME, **options: float
) -> FrameDetections:
    first = standing()[:17] if first is None else first
    (found,) = FeetAndHands(Second(second, **options))([frame], [seen(first)])  # type: ignore[arg-type]
    return found


def test_points_are_added_and_the_17_stay() -> None:
    given = seen(standing()[:17])
    (found,) = FeetAndHands(Second(standing()))([FRAME], [given])  # type: ignore[arg-type]
    np.testing.assert_array_equal(found.keypoints[:, :17], given.keypoints)
    np.testing.assert_array_equal(found.scores[:, :17], given.scores)
    np.testing.assert_allclose(found.keypoints[0], standing(), atol=1e-3)
    np.testing.assert_allclose(found.scores[0], 0.8, atol=1e-6)


def test_they_sit_on_the_first_networks_limbs() -> None:
    moved = standing() + np.array([9.0, -6.0])
    found = added(moved)
    np.testing.assert_allclose(found.keypoints[0, 17:], standing()[17:], atol=1e-3)
    assert (found.scores[0, 17:] > 0.7).all()


def test_where_both_disagree_nothing_is_believed() -> None:
    points = standing()
    points[[ANKLE, COCO25.index("left_heel"), COCO25.index("left_big_toe")]] += [0.0, -250.0]
    found = added(points)
    for joint in EXTREMITIES:
        is_foot = joint in ("left_heel", "left_big_toe")
        assert (found.scores[0, COCO25.index(joint)] < 0.01) == is_foot


@pytest.mark.parametrize("legs", [True, False], ids=["legs", "arms"])
def test_sides_are_those_of_the_first_network(legs: bool) -> None:
    parts = ("knee", "ankle", "heel", "toe") if legs else ("elbow", "wrist", "knuckle")
    points = standing()
    for left, right in zip(COCO25.left, COCO25.right, strict=True):
        if COCO25.joints[left].endswith(parts):
            points[[left, right]] = points[[right, left]]
    found = added(points)
    np.testing.assert_allclose(found.keypoints[0], standing(), atol=1e-3)
    np.testing.assert_allclose(found.scores[0], 0.8, atol=1e-6)


def test_a_mirror_image_has_the_points_of_the_other_side() -> None:
    mirrored = (standing() * [-1, 1] + [799, 0])[list(COCO25.mirror)]
    here, there = added(standing()), added(mirrored, mirrored[:17])
    back = there.keypoints[0][list(COCO25.mirror)] * [-1, 1] + [799, 0]
    np.testing.assert_allclose(here.keypoints[0], back, atol=1e-3)


def test_points_outside_of_the_picture_are_missing() -> None:
    found = added(standing(), frame=FRAME[:720])
    for joint in EXTREMITIES:
        is_foot = joint.endswith(("heel", "toe"))
        assert (found.scores[0, COCO25.index(joint)] == 0) == is_foot


def test_hands_of_a_few_pixels_are_missing_before_feet_are() -> None:
    sizes = {}
    for size in (400.0, 80.0, 20.0):
        points = standing(size)
        found = added(points, points[:17])
        scores = found.scores[0, 17:]
        sizes[size] = (scores[:4].max() > 0, scores[4:].max() > 0)
    assert sizes == {400.0: (True, True), 80.0: (True, False), 20.0: (False, False)}


@pytest.mark.parametrize("options", [{"visible": 0.05}, {"presence": 0.05}])
def test_what_the_second_network_does_not_see_is_not_believed(options: dict[str, float]) -> None:
    assert added(standing(), **options).scores[0, 17:].max() <= 0.05 + 1e-6


def test_nobody_stays_nostanding() -> None:
    second = Second(standing())
    nobody = FrameDetections(*(np.zeros(s, np.float32) for s in ((0, 4), 0, (0, 17, 2), (0, 17))))
    (found,) = FeetAndHands(second)([FRAME], [nobody])  # type: ignore[arg-type]
    assert found.keypoints.shape == (0, 25, 2)
    assert not second.squares


def test_feet_of_halpe_stay_and_hands_are_added() -> None:
    points = standing(joint_set=HALPE26)
    wrong = standing() + np.array([3.0, 3.0])
    wrong[COCO25.indices(("left_heel", "left_big_toe"))] += 50
    (found,) = FeetAndHands(Second(wrong), HALPE26)([FRAME], [seen(points, 0.6)])  # type: ignore[arg-type]
    for joint in ("left_heel", "right_big_toe"):
        np.testing.assert_allclose(
            found.keypoints[0, COCO25.index(joint)], points[HALPE26.index(joint)], atol=1e-3
        )
    np.testing.assert_allclose(found.keypoints[0, 21:], standing()[21:], atol=1e-3)


def test_the_square_holds_the_body_upright() -> None:
    points = standing()[:17]
    square = square_of(points, np.full(17, 0.9))
    np.testing.assert_allclose(square.middle, points[[11, 12]].mean(axis=0))
    np.testing.assert_allclose(square.up, [0, -1], atol=1e-6)
    reach = np.linalg.norm(points - square.middle, axis=1).max()
    assert square.side == pytest.approx(SIDE * reach)


@pytest.mark.parametrize("seen_joints", [range(17), range(11, 17)], ids=["all", "legs"])
def test_whoever_lies_is_turned_upright(seen_joints: range) -> None:
    points = standing()[:17] @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    scores = np.zeros(17)
    scores[list(seen_joints)] = 0.9
    np.testing.assert_allclose(square_of(points, scores).up, [1, 0], atol=1e-6)


def test_without_sure_joints_there_is_a_square_all_the_same() -> None:
    square = square_of(np.zeros((17, 2)), np.zeros(17))
    assert square.side >= 1 and np.isfinite(square.middle).all()


def test_joints_of_an_earlier_run_are_taken_back_to_the_bodys() -> None:
    again = FeetAndHands(Second(standing()), COCO17).without(seen(standing()))  # type: ignore[arg-type]
    assert again is not None and again.keypoints.shape == (1, 17, 2)
    assert FeetAndHands(Second(standing()), HALPE26).without(seen(standing())) is None  # type: ignore[arg-type]
