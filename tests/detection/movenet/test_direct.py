"""MoveNet run directly by torch gives what MMPose gives, to the bit."""

from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.detection import models
from glagcn_cli.detection.crops import Crops
from glagcn_cli.detection.interface import Boxes
from glagcn_cli.detection.mmpose_keypoints import MMPoseKeypoints
from glagcn_cli.detection.movenet.direct import MoveNetKeypoints
from tests.helpers.frames_of_people import FRAMES


@pytest.fixture(scope="module")
def boxes() -> list[Boxes]:
    return models.load_detector(exact=True)(FRAMES)


def test_it_is_the_default_and_runs_directly() -> None:
    assert isinstance(models.load_pose(), MoveNetKeypoints)


def test_keypoints_are_those_of_mmpose(boxes: list[Boxes]) -> None:
    people = [found.boxes for found in boxes]
    ours = models.load_pose(exact=True)(FRAMES, people)
    files = models.find_files(models.DEFAULT_POSE, "pose")
    theirs = MMPoseKeypoints(*files, exact=True)(FRAMES, people)
    for our, their in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(our.keypoints, their.keypoints)
        np.testing.assert_array_equal(our.scores, their.scores)


@pytest.mark.parametrize("use_udp", [False, True])
def test_crops_are_laid_as_mmpose_lays_them(use_udp: bool) -> None:
    from mmpose.structures.bbox import get_udp_warp_matrix, get_warp_matrix

    theirs = get_udp_warp_matrix if use_udp else get_warp_matrix
    size = (192, 256)
    crops = Crops(size, 1.25, use_udp, False, np.zeros(3, np.float32), np.ones(3, np.float32))
    random = np.random.default_rng(0)
    for _ in range(50):
        left, top, width, height = random.uniform((-50, -50, 5, 5), (900, 600, 700, 800))
        box = np.array([left, top, left + width, top + height], np.float32)
        centre, scale = crops._place(box)
        wanted = theirs(centre, scale, 0.0, output_size=size)
        np.testing.assert_allclose(crops._warp(centre, scale), wanted, rtol=1e-6, atol=1e-4)
