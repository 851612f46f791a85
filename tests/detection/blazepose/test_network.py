"""BlazePose in torch computes what its original does in TensorFlow Lite's runtime."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from glagcn_cli.detection.blazepose.decoding import decode, refined
from glagcn_cli.detection.blazepose.network import LANDMARKS, SIDE, VALUES, BlazePose
from glagcn_cli.detection.blazepose.points import BLAZEPOSE_33, ROWS
from glagcn_cli.detection.models import FEET_AND_HANDS, shipped_weights
from glagcn_cli.detection.openmmlab.building import load
from glagcn_cli.skeleton import COCO25
from tests.helpers.landmark_pictures import waves

# Of the original, for `waves`: x, y, z, visible, present of landmarks 0, 15, 29 and 32; the
# probability of a person; heat of landmarks 0, 17 and 31 in cells (0, 0), (20, 30), (40, 63).
VALUES_THERE = [
    [125.734, 57.924, -28.551, -4.143, -7.638],
    [130.517, 80.379, -3.339, -5.209, -4.894],
    [133.554, 191.662, 115.811, -3.490, -4.528],
    [116.000, 202.273, 97.232, -3.422, -3.956],
]
PRESENCE_THERE = 0.00043082
HEAT_THERE = [
    [-26.503, -4.593, -8.2757], [-2.7676, -4.674, -3.3996], [-14.8573, -5.9009, -5.5503],
]  # fmt: skip


@pytest.fixture(scope="module")
def network() -> BlazePose:
    return load(BlazePose(), shipped_weights(FEET_AND_HANDS), "cpu")[0]


def test_outputs_are_those_of_the_original(network: BlazePose) -> None:
    with torch.inference_mode():
        found = network(waves(SIDE))
    values = found["values"][0, :-1].reshape(LANDMARKS, VALUES)
    np.testing.assert_allclose(values[[0, 15, 29, 32]], VALUES_THERE, atol=0.02)
    assert found["values"][0, -1].sigmoid() == pytest.approx(PRESENCE_THERE, rel=0.01)
    heat = found["heat"][0][[0, 17, 31]][:, [0, 20, 40], [0, 30, 63]].T
    np.testing.assert_allclose(heat, HEAT_THERE, atol=0.02)


def test_other_sizes_are_refused(network: BlazePose) -> None:
    with pytest.raises(ValueError, match="256x256"):
        network(torch.zeros(1, 3, 224, 224))


def test_names_of_points_are_those_of_coco25() -> None:
    assert [BLAZEPOSE_33[row] for row in ROWS] == list(COCO25.joints)
    assert len(set(BLAZEPOSE_33)) == 33


@pytest.mark.parametrize("at", [(30, 20), (2, 61), (63, 0)])
def test_a_point_moves_to_the_middle_of_the_heat_around_it(at: tuple[int, int]) -> None:
    heat = torch.zeros(1, 1, 64, 64)
    column, row = at
    heat[0, 0, row, column] = 0.9
    near = torch.tensor([[[column * 4 + 5.0, row * 4 - 2.0]]]).clamp(0, 255)
    assert refined(near, heat)[0, 0].tolist() == pytest.approx([column * 4, row * 4])


@pytest.mark.parametrize("heat", [0.0, 0.4])
def test_without_heat_a_point_stays(heat: float) -> None:
    point = torch.tensor([[[100.0, 50.0]]])
    assert torch.equal(refined(point, torch.full((1, 1, 64, 64), heat)), point)


def test_a_point_outside_of_the_map_stays() -> None:
    points = torch.tensor([[[-40.0, 50.0], [300.0, 900.0]]])
    assert torch.equal(refined(points, torch.ones(1, 2, 64, 64)), points)


def test_decoding_a_batch_is_decoding_each(network: BlazePose) -> None:
    pictures = torch.cat([waves(SIDE), waves(SIDE).flip(3)])
    with torch.inference_mode():
        maps = network(pictures)
        together = decode(maps)
        alone = decode({key: value[1:] for key, value in maps.items()})
    torch.testing.assert_close(together.points[1:], alone.points)
    torch.testing.assert_close(together.visible[1:], alone.visible)
