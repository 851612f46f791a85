"""The hand network in torch computes what its original does in TensorFlow Lite's runtime."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from glagcn_cli.detection.hands.direct import HandPoints, turned
from glagcn_cli.detection.hands.network import LANDMARKS, SIDE, HandNetwork
from glagcn_cli.detection.hands.placing import square_of_hand
from glagcn_cli.detection.models import FINGERS, shipped_weights
from glagcn_cli.detection.openmmlab.building import load
from glagcn_cli.detection.turned_crops import Square
from tests.helpers.landmark_pictures import waves

# Of the original, for `waves`: points 0, 8 and 20 in pixels and in metres, and how sure it is of a
# hand, and of a right one.
POINTS_THERE = [
    [118.344, 170.166, 0.0], [110.049, 61.36, -20.417], [113.876, 60.184, -25.058],
]  # fmt: skip
METRIC_THERE = [
    [-0.00406, 0.03252, 0.04715], [-0.01375, -0.03768, 0.02517], [0.00427, -0.03233, 0.01053],
]  # fmt: skip
SURE_THERE = [0.00131427, 0.8787588]


@pytest.fixture(scope="module")
def network() -> HandNetwork:
    return load(HandNetwork(), shipped_weights(FINGERS), "cpu")[0]


def test_outputs_are_those_of_the_original(network: HandNetwork) -> None:
    with torch.inference_mode():
        row = network(waves(SIDE))[0]
    points, metric = row[:-2].reshape(2, LANDMARKS, 3)[:, [0, 8, 20]]
    np.testing.assert_allclose(points, POINTS_THERE, atol=0.02)
    np.testing.assert_allclose(metric, METRIC_THERE, atol=1e-4)
    np.testing.assert_allclose(row[-2:].sigmoid(), SURE_THERE, rtol=0.01)


def test_other_sizes_are_refused(network: HandNetwork) -> None:
    with pytest.raises(ValueError, match="224x224"):
        network(torch.zeros(1, 3, 256, 256))


def test_points_and_metres_turn_with_the_picture() -> None:
    picture = (waves(SIDE)[0].permute(1, 2, 0) * 255).round().byte().numpy()
    find = HandPoints(shipped_weights(FINGERS), exact=True)
    middle, quarter = np.full(2, SIDE / 2 - 0.5), np.ascontiguousarray(np.rot90(picture))
    first, second = find(
        [
            (picture, Square(middle, SIDE, np.array([0.0, -1.0]))),
            (quarter, Square(middle, SIDE, np.array([-1.0, 0.0]))),
        ]
    )
    x, y = first.points.T
    np.testing.assert_allclose(second.points, np.stack([y, SIDE - 1 - x], axis=1), atol=0.3)
    x, y, z = first.metric.T
    np.testing.assert_allclose(second.metric, np.stack([y, -x, z], axis=1), atol=1e-3)


def test_metres_keep_their_lengths_and_their_handedness() -> None:
    corner = np.eye(3)
    found = turned(corner, Square(np.zeros(2), 1.0, np.array([0.6, -0.8])))
    np.testing.assert_allclose(found @ found.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(found) == pytest.approx(1)


def test_a_hand_that_points_at_the_camera_has_a_square_of_full_size() -> None:
    wrist, knuckles = np.array([100.0, 100.0]), np.array([104.0, 100.0])
    square = square_of_hand(wrist, knuckles, knuckles, least=40.0)
    assert square is not None and square.side == pytest.approx(2.6 * 40)
    np.testing.assert_allclose(square.up, [1, 0])


def test_a_hand_that_points_nowhere_has_none() -> None:
    assert square_of_hand(np.ones(2), np.ones(2), np.ones(2), least=40.0) is None
