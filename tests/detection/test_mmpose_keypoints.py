from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.detection import models
from glagcn_cli.detection.mmpose_keypoints import MMPoseKeypoints, _dataset_meta, _joint_set
from glagcn_cli.detection.openmmlab import building
from glagcn_cli.errors import ModelNotFoundError
from glagcn_cli.skeleton import COCO17, COCO25, HALPE26
from tests.helpers.noise_pictures import blurred_noise
from tests.helpers.random_models import save_random

CONFIG = models.find_config("rtmpose-t")

BOXES = [
    np.array([[20, 30, 100, 200], [150.5, 10, 300, 230]], np.float32),
    np.zeros((0, 4), np.float32),
    np.array([[0, 0, 320, 240], [40, 40, 90, 90], [-20, 50, 60, 260]], np.float32),
]


FRAMES = [blurred_noise(seed) for seed in range(3)]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_random(
        CONFIG, "mmpose", tmp_path_factory.mktemp("pose") / "rtmpose-t.pth", (256, 192)
    )


@pytest.mark.parametrize(("batch_size", "crops"), [(1, True), (4, True), (4, False)])
def test_keypoints_are_those_of_mmpose_itself(
    checkpoint: Path, batch_size: int, crops: bool
) -> None:
    detect = MMPoseKeypoints(CONFIG, checkpoint, batch_size=batch_size, exact=True)
    assert detect._crops is not None
    if not crops:
        detect._crops = None
    found = detect(FRAMES, BOXES)

    from mmpose.apis import inference_topdown, init_model

    model = init_model(
        str(CONFIG), str(checkpoint), "cpu", {"model": {"test_cfg": {"flip_test": False}}}
    )
    assert [len(people) for people in found] == [2, 0, 3]
    spread = []
    for frame, boxes, people in zip(FRAMES, BOXES, found, strict=True):
        if len(boxes) == 0:  # MMPose would take the whole picture for a person
            continue
        samples = inference_topdown(model, frame[..., ::-1].copy(), boxes)
        keypoints = np.concatenate([sample.pred_instances.keypoints for sample in samples])
        scores = np.concatenate([sample.pred_instances.keypoint_scores for sample in samples])
        np.testing.assert_allclose(people.keypoints, keypoints, atol=0.01)
        np.testing.assert_allclose(people.scores, scores.clip(0, 1), atol=1e-4)
        spread.append(np.ptp(keypoints, axis=1).max())
    assert min(spread) > 10  # the joints do not all lie at one place


@pytest.fixture(scope="module")
def detect(checkpoint: Path) -> MMPoseKeypoints:
    return MMPoseKeypoints(CONFIG, checkpoint, exact=True)


def test_nobody_anywhere(detect: MMPoseKeypoints) -> None:
    nobody = np.zeros((0, 4), np.float32)
    assert detect([], []) == []
    for people in detect(FRAMES[:2], [nobody, nobody]):
        assert people.keypoints.shape == (0, 17, 2)
        assert people.scores.shape == (0, 17)


def test_frames_of_other_sizes_do_not_matter(detect: MMPoseKeypoints) -> None:
    small = blurred_noise(5, 120, 90)
    box = np.array([[10, 10, 80, 110]], np.float32)
    together = detect([FRAMES[0], small], [BOXES[0], box])[1]
    np.testing.assert_allclose(together.keypoints, detect([small], [box])[0].keypoints, atol=0.01)


def test_the_order_of_people_is_that_of_the_boxes(detect: MMPoseKeypoints) -> None:
    there = detect(FRAMES[:1], BOXES[:1])[0]
    back = detect(FRAMES[:1], [BOXES[0][::-1]])[0]
    np.testing.assert_allclose(there.keypoints[::-1], back.keypoints, atol=0.01)
    assert abs(there.keypoints[0] - there.keypoints[1]).max() > 1


def test_red_and_blue_are_not_exchanged(detect: MMPoseKeypoints) -> None:
    as_is = detect(FRAMES[:1], BOXES[:1])[0]
    exchanged = detect([FRAMES[0][..., ::-1].copy()], BOXES[:1])[0]
    assert abs(as_is.keypoints - exchanged.keypoints).max() > 1


def test_frames_are_not_changed(detect: MMPoseKeypoints) -> None:
    before = FRAMES[0].copy()
    detect(FRAMES[:1], BOXES[:1])
    np.testing.assert_array_equal(FRAMES[0], before)


@pytest.mark.parametrize(
    ("model", "joint_set"),
    [("rtmpose-l-halpe26", HALPE26), ("hrnet-w48", COCO17), ("rtmpose-m-wholebody", COCO25)],
)
def test_the_joint_set_comes_from_the_configuration(model: str, joint_set: object) -> None:
    path = models.find_config(model)
    found, _ = _joint_set(_dataset_meta(building.read_config(path), {}, path), path)
    assert found is joint_set


def test_feet_and_knuckles_are_taken_out_of_133_points() -> None:
    path = models.find_config("rtmpose-m-wholebody")
    _, columns = _joint_set(_dataset_meta(building.read_config(path), {}, path), path)
    # As COCO-WholeBody's document numbers them.
    assert columns == [*range(17), 19, 22, 17, 20, 96, 117, 108, 129]


def test_joints_that_cannot_be_lifted_are_refused() -> None:
    path = models.find_config("rtmpose-t").parents[1] / "mpii/rtmpose-m_8xb64-210e_mpii-256x256.py"
    meta = _dataset_meta(building.read_config(path), {}, path)
    with pytest.raises(
        ModelNotFoundError, match=r"16 keypoints .*17 of COCO, the 26 of Halpe or the 133"
    ):
        _joint_set(meta, path)


def test_the_checkpoint_knows_better_than_the_configuration() -> None:
    halpe = models.find_config("rtmpose-l-halpe26")
    trained = _dataset_meta(building.read_config(halpe), {}, halpe)
    config = building.read_config(CONFIG)
    assert _dataset_meta(config, {"dataset_meta": trained}, CONFIG)["num_keypoints"] == 26
