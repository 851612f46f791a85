from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import glagcn_cli.detection
from glagcn_cli.detection.movenet.decoding import FIRST_PIXEL, decode_single_pose
from glagcn_cli.detection.movenet.network import MoveNet
from glagcn_cli.detection.openmmlab.prepare import prepare
from glagcn_cli.diagnostics.synthetic_people import draw_people

prepare()
from mmpose import apis  # noqa: E402
from mmpose.models import TopdownPoseEstimator  # noqa: E402

CONFIGS = Path(glagcn_cli.detection.__file__).parent / "movenet" / "configs"
WEIGHTS = Path(__file__).parents[3] / "weights"

# A large frame, as OpenCV gives it (BGR), with two people and room around them.
PEOPLE = [(300.0, 420.0, 520.0), (900.0, 400.0, 440.0)]
FRAME = np.ascontiguousarray(draw_people(1280, 720, PEOPLE)[..., ::-1])


@pytest.fixture(scope="module")
def pose_model() -> TopdownPoseEstimator:
    return apis.init_model(
        CONFIGS / "thunder.py", str(WEIGHTS / "movenet_thunder.pth"), device="cpu"
    )


def drawn_box(x: float, y: float, size: float) -> list[float]:
    return [x - 0.33 * size, y - 0.48 * size, x + 0.23 * size, y + 0.52 * size]


def test_keypoints_lie_on_the_drawn_joints(pose_model: TopdownPoseEstimator) -> None:
    boxes = np.array([drawn_box(*person) for person in PEOPLE], dtype=np.float32)
    results = apis.inference_topdown(pose_model, FRAME, boxes)
    for (x, y, size), result in zip(PEOPLE, results, strict=True):
        keypoints = result.pred_instances.keypoints[0]
        drawn = {"left_shoulder": (0.10, -0.27), "right_knee": (-0.07, 0.23),
                 "right_wrist": (-0.30, -0.24), "left_ankle": (0.10, 0.46)}  # fmt: skip
        for joint, place in drawn.items():
            index = pose_model.dataset_meta["keypoint_name2id"][joint]
            distance = np.linalg.norm(keypoints[index] - (np.array(place) * size + (x, y)))
            assert distance < 0.06 * size, joint


def test_a_mirrored_frame_gives_no_shift_of_a_crop_pixel(pose_model: TopdownPoseEstimator) -> None:
    box = np.array([drawn_box(*PEOPLE[0])], dtype=np.float32)
    mirrored_frame = np.ascontiguousarray(FRAME[:, ::-1])
    last = FRAME.shape[1] - 1
    mirrored_box = np.stack((last - box[:, 2], box[:, 1], last - box[:, 0], box[:, 3]), axis=1)
    here = apis.inference_topdown(pose_model, FRAME, box)[0].pred_instances.keypoints[0]
    there = apis.inference_topdown(pose_model, mirrored_frame, mirrored_box)[0]
    swapped = there.pred_instances.keypoints[0][pose_model.dataset_meta["flip_indices"]]
    pixels_per_crop_pixel = 1.1 * (box[0, 3] - box[0, 1]) / 256
    shift = (here[:, 0] + swapped[:, 0] - last).mean() / pixels_per_crop_pixel
    assert abs(shift) < 0.6


def test_thunder_through_mmpose_equals_the_network_on_the_same_crop(
    pose_model: TopdownPoseEstimator,
) -> None:
    box = np.array([drawn_box(*PEOPLE[0])], dtype=np.float32)
    through_mmpose = apis.inference_topdown(pose_model, FRAME, box)[0].pred_instances
    side = 1.1 * (box[0, 3] - box[0, 1])
    left, top = (box[0, :2] + box[0, 2:]) / 2 - side / 2
    matrix = np.array([[1, 0, -left], [0, 1, -top]]) * 256 / side
    crop = cv2.warpAffine(FRAME[..., ::-1], matrix, (256, 256), flags=cv2.INTER_LINEAR)
    network = MoveNet().eval()
    checkpoint = torch.load(WEIGHTS / "movenet_thunder.pth", weights_only=True)
    network.load_state_dict(checkpoint["state_dict"])
    with torch.inference_mode():
        poses = decode_single_pose(network(torch.from_numpy(crop).movedim(2, 0)[None] / 127.5 - 1))
    keypoints = (poses.keypoints[0].numpy() - FIRST_PIXEL) * side / 256 + (left, top)
    np.testing.assert_allclose(through_mmpose.keypoints[0], keypoints, atol=0.01)


def test_the_flip_test_is_refused(pose_model: TopdownPoseEstimator) -> None:
    with pytest.raises(NotImplementedError, match="flip_test"):
        pose_model.head.predict(None, [], test_cfg={"flip_test": True})
