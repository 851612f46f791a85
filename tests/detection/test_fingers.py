"""Fingers are looked for where wrists and knuckles are sure, and hands large enough."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from glagcn_cli.detection.fingers import LEAST_SIDE, PALM, Fingers
from glagcn_cli.detection.hands.direct import FoundHand
from glagcn_cli.detection.turned_crops import Square
from glagcn_cli.poses import FrameDetections
from glagcn_cli.skeleton import COCO25
from glagcn_cli.video.frame import Frame
from tests.helpers.standing_body import standing

FRAME = np.zeros((1000, 800, 3), np.uint8)


class Hands:
    """A network that finds the hand it is told."""

    def __init__(self, presence: float = 0.9, right: float = 0.5) -> None:
        self.found = FoundHand(np.full((21, 2), 7.0), np.full((21, 3), 0.01), presence, right)
        self.squares: list[Square] = []

    def __call__(self, hands: Sequence[tuple[Frame, Square]]) -> list[FoundHand]:
        self.squares += [square for _, square in hands]
        return [self.found for _ in hands]


def people(points: np.ndarray, scores: np.ndarray | float = 0.8) -> FrameDetections:
    return FrameDetections(
        np.array([[100, 100, 500, 800]], np.float32),
        np.ones(1, np.float32),
        points[None].astype(np.float32),
        np.broadcast_to(np.asarray(scores, np.float32), (1, 25)).copy(),
    )


def found(network: Hands, given: FrameDetections) -> np.ndarray:
    (one,) = Fingers(network)([FRAME], [given])  # type: ignore[arg-type]
    assert one.hands is not None
    np.testing.assert_array_equal(one.keypoints, given.keypoints)
    return one.hands[0]


def test_both_hands_have_21_points() -> None:
    hands = found(Hands(), people(standing()))
    assert hands.shape == (2, 21, 6)
    assert (hands[..., :2] == 7).all() and (hands[..., 2:5] == np.float32(0.01)).all()
    np.testing.assert_allclose(hands[..., 5], 0.8 * 0.9, rtol=1e-5)


@pytest.mark.parametrize(
    "joint", ["left_wrist", "left_index_knuckle", "left_little_knuckle"]
)  # fmt: skip
def test_a_hand_that_is_not_sure_is_missing(joint: str) -> None:
    scores = np.full(25, 0.8)
    scores[COCO25.index(joint)] = 0.1
    network = Hands()
    hands = found(network, people(standing(), scores))
    assert (hands[0] == 0).all() and (hands[1, :, 5] > 0).all()
    assert len(network.squares) == 1


def test_hands_of_ten_pixels_are_missing() -> None:
    network = Hands()
    assert (found(network, people(standing(100.0))) == 0).all()
    assert not network.squares
    found(network, people(standing(500.0)))
    assert all(square.side >= LEAST_SIDE for square in network.squares)


def test_a_hand_that_points_at_the_camera_is_not_cut_off() -> None:
    points, network = standing(), Hands()
    knuckles = COCO25.indices(("left_index_knuckle", "left_little_knuckle"))
    points[knuckles] = points[COCO25.index("left_wrist")] + [3, 0]
    found(network, people(points))
    assert network.squares[0].side > 2.6 * PALM * 600


@pytest.mark.parametrize("right", [0.02, 0.98])
def test_a_hand_of_the_other_side_is_not_believed(right: float) -> None:
    hands = found(Hands(right=right), people(standing()))
    here, there = int(right > 0.5), int(right < 0.5)
    assert hands[here, 0, 5] > 0.7 and hands[there, 0, 5] < 0.05


def test_nobody_has_no_hands() -> None:
    nobody = FrameDetections(*(np.zeros(s, np.float32) for s in ((0, 4), 0, (0, 25, 2), (0, 25))))
    (one,) = Fingers(Hands())([FRAME], [nobody])  # type: ignore[arg-type]
    assert one.hands is not None and one.hands.shape == (0, 2, 21, 6)
