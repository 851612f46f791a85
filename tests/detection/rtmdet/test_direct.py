"""RTMDet-nano run directly finds what MMDet finds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from glagcn_cli.detection import models
from glagcn_cli.detection.interface import Boxes
from glagcn_cli.detection.mmdet_boxes import MMDetBoxes
from glagcn_cli.detection.openmmlab import building
from glagcn_cli.detection.rtmdet.decoding import STRIDES, candidates
from glagcn_cli.detection.rtmdet.direct import RTMDetBoxes, padded_size, scaled_size
from glagcn_cli.detection.rtmdet.network import RTMDetNano
from glagcn_cli.similarity import box_overlap
from tests.helpers.frames_of_people import FRAMES, surely

NAME = "rtmdet-nano"


@pytest.fixture(scope="module")
def boxes() -> list[Boxes]:
    return [surely(found) for found in models.load_detector(NAME, exact=True)(FRAMES)]


def test_it_is_the_default_and_runs_directly() -> None:
    assert isinstance(models.load_detector(), RTMDetBoxes)
    assert models.DEFAULT_DETECTOR == NAME


def test_everybody_is_found_once(boxes: list[Boxes]) -> None:
    assert [len(found) for found in boxes] == [2, 1, 1, 1, 0]
    for found, frame in zip(boxes, FRAMES, strict=True):
        height, width = frame.shape[:2]
        assert (found.boxes >= 0).all() and (found.boxes <= [width, height] * 2).all()


@pytest.mark.parametrize("score", [0.06, 0.25])
def test_boxes_are_those_of_mmdet(score: float) -> None:
    files = models.find_files(NAME, "detector")
    ours = RTMDetBoxes(files[1], score=score, exact=True)(FRAMES)
    theirs = MMDetBoxes(*files, score=score, exact=True)(FRAMES)
    assert sum(map(len, ours)) >= 5
    for our, their in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(our.boxes, their.boxes, atol=0.02)
        np.testing.assert_allclose(our.scores, their.scores, atol=1e-4)


def test_half_precision_finds_the_same_people(boxes: list[Boxes]) -> None:
    for fast, exact in zip(models.load_detector(NAME)(FRAMES), boxes, strict=True):
        assert len(surely(fast)) == len(exact)
        for box in exact.boxes:
            assert box_overlap(box, fast.boxes).max() > 0.75


def test_a_higher_score_finds_fewer_people() -> None:
    weights = models.find_files(NAME, "detector")[1]
    assert [len(found) for found in RTMDetBoxes(weights, score=0.99)(FRAMES)] == [0] * 5


def test_a_batch_finds_what_single_frames_do() -> None:
    detect = models.load_detector(NAME, exact=True)
    for together, frame in zip(detect(FRAMES[:2]), FRAMES[:2], strict=True):
        alone = surely(detect([frame])[0])
        np.testing.assert_allclose(surely(together).boxes, alone.boxes, atol=0.02)


def test_its_parameters_are_those_of_mmdets_module() -> None:
    config = building.read_config(models.find_config(NAME))
    theirs = building.bare_model(config, "mmdet").state_dict()
    ours = RTMDetNano().state_dict()
    assert {name: value.shape for name, value in ours.items()} == {
        name: value.shape for name, value in theirs.items()
    }


def test_sides_that_are_no_whole_cells_are_refused() -> None:
    with pytest.raises(ValueError, match="multiples of 32, not 100x64"):
        RTMDetNano()(torch.zeros(1, 3, 64, 100))


@pytest.mark.parametrize(
    ("size", "scaled", "padded"),
    [
        ((1920, 1080), (480, 270), (480, 288)),
        ((720, 1280), (270, 480), (288, 480)),
        ((100, 100), (480, 480), (480, 480)),
        ((4000, 3), (480, 1), (480, 32)),
    ],
)
def test_the_longer_side_is_what_is_bounded(
    size: tuple[int, int], scaled: tuple[int, int], padded: tuple[int, int]
) -> None:
    assert scaled_size(size, 480) == scaled
    assert padded_size(scaled) == padded


def test_a_box_reaches_as_far_from_its_cell_as_the_map_says() -> None:
    scores = [np.full((1, 1, 4, 6), -9.0, np.float32) for _ in STRIDES]
    distances = [np.zeros((1, 4, 4, 6), np.float32) for _ in STRIDES]
    scores[1][0, 0, 2, 3] = 0.0  # a score of one half at x = 3, y = 2 of the middle map
    distances[1][0, :, 2, 3] = [1.0, 0.5, 2.0, 3.0]
    ((boxes, found),) = candidates(scores, distances, 0.3, 100)
    np.testing.assert_allclose(boxes, [[48 - 16, 32 - 8, 48 + 32, 32 + 48]])
    np.testing.assert_allclose(found, [0.5])


def test_the_surest_candidates_of_a_level_are_kept() -> None:
    scores = [np.full((2, 1, 1, 3), -9.0, np.float32) for _ in STRIDES]
    scores[0][1, 0, 0] = [1.0, 3.0, 2.0]
    found = candidates(scores, [np.zeros((2, 4, 1, 3), np.float32) for _ in STRIDES], 0.3, 2)
    assert len(found[0][1]) == 0
    np.testing.assert_allclose(found[1][0][:, 0], [8, 16])
