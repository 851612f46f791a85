from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn_people import draw_people

import glagcn_cli.detection
from glagcn_cli.detection.openmmlab import prepare

prepare()
apis = pytest.importorskip("mmpose.apis")
detection = pytest.importorskip("mmdet.apis")

CONFIGS = Path(glagcn_cli.detection.__file__).parent / "configs"
WEIGHTS = Path(__file__).parents[1] / "weights"

# A large frame, as OpenCV gives it (BGR), with two people and room around them.
PEOPLE = [(300.0, 420.0, 520.0), (900.0, 400.0, 440.0)]
FRAME = np.ascontiguousarray(draw_people(1280, 720, PEOPLE)[..., ::-1])


@pytest.fixture(scope="module")
def detector():
    return detection.init_detector(
        CONFIGS / "movenet_multipose.py", str(WEIGHTS / "movenet_multipose.pth"), device="cpu"
    )


@pytest.fixture(scope="module")
def pose_model():
    return apis.init_model(
        CONFIGS / "movenet_thunder.py", str(WEIGHTS / "movenet_thunder.pth"), device="cpu"
    )


def drawn_box(x: float, y: float, size: float) -> list[float]:
    return [x - 0.33 * size, y - 0.48 * size, x + 0.23 * size, y + 0.52 * size]


def detect(detector, image):
    return detection.inference_detector(detector, image).pred_instances.numpy()


def test_people_are_found_in_pixels_of_the_frame(detector):
    people = detect(detector, FRAME)
    assert people.labels.tolist() == [0, 0]
    order = people.bboxes[:, 0].argsort()
    wanted = np.array([drawn_box(*person) for person in PEOPLE])
    np.testing.assert_allclose(people.bboxes[order], wanted, atol=30)
    assert (people.scores > 0.5).all()


@pytest.mark.parametrize("shape", [(720, 1280), (1280, 720), (333, 501), (90, 160)])
def test_an_empty_frame_of_any_size_has_nobody(detector, shape):
    assert len(detect(detector, np.full((*shape, 3), 128, np.uint8)).bboxes) == 0


def test_a_tall_frame_shows_the_same_people(detector):
    tall = np.ascontiguousarray(draw_people(720, 1280, [(360.0, 700.0, 1050.0)])[..., ::-1])
    people = detect(detector, tall)
    assert len(people.bboxes) == 1
    np.testing.assert_allclose(people.bboxes[0], drawn_box(360, 700, 1050), atol=60)


def test_keypoints_lie_on_the_drawn_joints(pose_model):
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


def test_the_mirrored_crop_agrees_to_the_pixel(pose_model):
    # What the constant for the first pixel's place is for: no shift remains in the mean.
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


def test_a_person_is_found_once_although_two_peaks_fit(detector):
    strict = detector.test_cfg["iou_threshold"]
    people = detect(detector, FRAME)
    assert strict < 1
    boxes = people.bboxes
    left_top = np.maximum(boxes[0, :2], boxes[1, :2])
    right_bottom = np.minimum(boxes[0, 2:], boxes[1, 2:])
    assert (right_bottom - left_top).min() < 0, "two different people"


def test_the_flip_test_is_refused(pose_model):
    with pytest.raises(NotImplementedError, match="flip_test"):
        pose_model.head.predict(None, [], test_cfg={"flip_test": True})
