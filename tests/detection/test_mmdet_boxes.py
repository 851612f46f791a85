from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from glagcn_cli.detection import models
from glagcn_cli.detection.mmdet_boxes import MMDetBoxes, _bound, inside_frame
from glagcn_cli.detection.openmmlab import building
from glagcn_cli.errors import ModelNotFoundError
from tests.helpers.noise_pictures import blurred_noise
from tests.helpers.random_models import save_random

NANO = models.find_config("rtmdet-m").with_name("rtmdet_nano_320-8xb32_coco-person.py")
FRAMES = [blurred_noise(seed, 160, 256) for seed in range(3)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("boxes")


@pytest.fixture(scope="module")
def nano(folder: Path) -> Path:
    return save_random(NANO, "mmdet", folder / "rtmdet_nano.pth", (320, 320))


@pytest.fixture(scope="module")
def tiny(folder: Path) -> tuple[Path, Path]:
    """A detector of COCO's 80 classes at a size that is quick."""
    config = folder / "tiny.py"
    config.write_text(
        "_base_ = 'mmdet::rtmdet/rtmdet_tiny_8xb32-300e_coco.py'\n"
        "test_dataloader = dict(dataset=dict(pipeline=[dict(type='LoadImageFromFile'),\n"
        "  dict(type='Resize', scale=(160, 160), keep_ratio=True),\n"
        "  dict(type='Pad', size=(160, 160), pad_val=dict(img=(114, 114, 114))),\n"
        "  dict(type='LoadAnnotations', with_bbox=True), dict(type='PackDetInputs',\n"
        "  meta_keys=('img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor'))]))\n"
    )
    checkpoint = save_random(config, "mmdet", folder / "tiny.pth", (160, 160))
    content = torch.load(checkpoint, weights_only=True)
    for name, tensor in content["state_dict"].items():
        if "rtm_cls" in name and name.endswith("weight"):
            tensor *= 0.05  # so that scores are not all 1
        if "rtm_cls" in name and name.endswith("bias"):
            tensor[0] += 1  # so that some of the best boxes are people, the first class
    torch.save(content, checkpoint)
    return config, checkpoint


def reference(config: Path, checkpoint: Path, frame: np.ndarray, score: float) -> np.ndarray:
    """People (n, 5) by MMDetection's own inference, one frame at a time, clipped to the frame."""
    from mmdet.apis import inference_detector
    from mmengine.config import Config

    loaded = Config.fromfile(config)
    _bound(loaded.model.test_cfg, score)
    model = building.bare_model(loaded, "mmdet")
    model.load_state_dict(torch.load(checkpoint, weights_only=True)["state_dict"])
    model.cfg = loaded
    with building.scope(loaded):
        found = inference_detector(model.eval(), frame[..., ::-1].copy()).pred_instances
    people = found[found.labels == 0]
    height, width = frame.shape[:2]
    boxes = people.bboxes.numpy().clip(0, [width, height] * 2)
    everything = np.hstack([boxes, people.scores.numpy()[:, None]])
    return everything[((boxes[:, 2:] - boxes[:, :2]) >= 1).all(axis=1)]


@pytest.mark.parametrize("batch_size", [1, 2])
def test_boxes_are_those_of_mmdetection_itself(nano: Path, batch_size: int) -> None:
    found = MMDetBoxes(NANO, nano, batch_size=batch_size, exact=True)(FRAMES)
    for frame, boxes in zip(FRAMES, found, strict=True):
        expected = reference(NANO, nano, frame, 0.3)
        assert len(boxes) == len(expected) > 3
        np.testing.assert_allclose(boxes.boxes, expected[:, :4], atol=0.01)
        np.testing.assert_allclose(boxes.scores, expected[:, 4], atol=1e-5)


def test_only_people_count(tiny: tuple[Path, Path]) -> None:
    found = MMDetBoxes(*tiny, exact=True)(FRAMES[:2])
    for frame, boxes in zip(FRAMES, found, strict=False):
        expected = reference(*tiny, frame, 0.3)
        assert 5 < len(boxes) == len(expected) < 95
        np.testing.assert_allclose(boxes.boxes, expected[:, :4], atol=0.01)


def test_scores_fall_and_none_is_below_the_threshold(nano: Path) -> None:
    everyone = MMDetBoxes(NANO, nano, exact=True)(FRAMES[:1])[0].scores
    middle = float(np.median(everyone))
    fewer = MMDetBoxes(NANO, nano, score=middle, exact=True)(FRAMES[:1])[0].scores
    assert (np.diff(everyone) <= 0).all()
    assert 0 < len(fewer) < len(everyone)
    assert fewer.min() > middle


def test_nobody_and_no_frames(nano: Path) -> None:
    detect = MMDetBoxes(NANO, nano, score=0.999, exact=True)
    assert detect([]) == []
    assert [boxes.boxes.shape for boxes in detect(FRAMES[:2])] == [(0, 4), (0, 4)]


def test_frames_of_other_sizes_do_not_matter(nano: Path) -> None:
    detect = MMDetBoxes(NANO, nano, exact=True)
    upright = blurred_noise(7, 300, 120)
    together = detect([FRAMES[0], upright, FRAMES[1]])
    for frame, boxes in zip((FRAMES[0], upright, FRAMES[1]), together, strict=True):
        np.testing.assert_allclose(boxes.boxes, detect([frame])[0].boxes, atol=0.01)


def test_a_detector_of_something_else_is_refused(nano: Path, folder: Path) -> None:
    state = torch.load(nano, weights_only=True)
    state["meta"] = {"dataset_meta": {"CLASSES": ("cat", "dog")}}
    cats = folder / "cats.pth"
    torch.save(state, cats)
    with pytest.raises(ModelNotFoundError, match="without a class 'person'"):
        MMDetBoxes(NANO, cats)


def test_boxes_are_clipped_to_the_frame_and_slivers_dropped() -> None:
    frame = np.zeros((100, 200, 3), np.uint8)
    boxes = np.array(
        [[-5, 10, 50, 120], [150, 20, 230, 90], [0, 99.5, 50, 130], [220, 10, 240, 50]], np.float32
    )
    found = inside_frame(frame, boxes, np.array([0.4, 0.9, 0.8, 0.7], np.float32))
    assert found.boxes.tolist() == [[150, 20, 200, 90], [0, 10, 50, 100]]
    np.testing.assert_allclose(found.scores, [0.9, 0.4])


def test_candidates_are_bounded_but_a_stricter_configuration_stands() -> None:
    from mmengine.config import ConfigDict

    stock = ConfigDict(score_thr=0.001, nms_pre=30000, max_per_img=300)
    strict = ConfigDict(score_thr=0.5, nms_pre=10, max_per_img=5)
    two_stages = ConfigDict(rpn=dict(max_per_img=1000), rcnn=dict(score_thr=0.05, max_per_img=100))
    for test_cfg in (stock, strict, two_stages):
        _bound(test_cfg, 0.3)
    assert stock == {"score_thr": 0.3, "nms_pre": 1000, "max_per_img": 100}
    assert strict == {"score_thr": 0.5, "nms_pre": 10, "max_per_img": 5}
    assert two_stages.rpn.max_per_img == 1000  # its proposals are not yet boxes
    assert two_stages.rcnn.score_thr == 0.3
