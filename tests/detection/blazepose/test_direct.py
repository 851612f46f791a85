"""BlazePose run directly finds what MMPose finds, and where people were drawn."""

from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.detection import models
from glagcn_cli.detection.blazepose.direct import BlazePoseKeypoints, BlazePosePoints
from glagcn_cli.detection.blazepose.placing import square_of
from glagcn_cli.detection.mmpose_keypoints import MMPoseKeypoints
from glagcn_cli.diagnostics.synthetic_people import draw_people
from glagcn_cli.skeleton import COCO25

NAME = "blazepose-full"
PERSON = (640.0, 380.0, 600.0)
FRAME = draw_people(1280, 720, [PERSON])
BOX = np.array([[440.0, 90.0, 780.0, 690.0]], np.float32)


@pytest.fixture(scope="module")
def find() -> BlazePoseKeypoints:
    found = models.load_pose(NAME, exact=True)
    assert isinstance(found, BlazePoseKeypoints)
    return found


def test_it_finds_drawn_joints_and_points_of_feet(find: BlazePoseKeypoints) -> None:
    found = find([FRAME], [BOX])[0]
    x, y, size = PERSON
    drawn = {"left_shoulder": (0.10, -0.27), "right_knee": (-0.07, 0.23),
             "left_ankle": (0.10, 0.46), "left_heel": (0.10, 0.47),
             "right_big_toe": (-0.07, 0.50)}  # fmt: skip
    for joint, place in drawn.items():
        at = found.keypoints[0, COCO25.index(joint)]
        assert np.linalg.norm(at - (x + place[0] * size, y + place[1] * size)) < 0.09 * size, joint


def test_keypoints_are_those_of_mmpose(find: BlazePoseKeypoints) -> None:
    ours = find([FRAME], [BOX])[0]
    theirs = MMPoseKeypoints(*models.find_files(NAME, "pose"), exact=True)
    assert theirs.joint_set is COCO25
    found = theirs([FRAME], [BOX])[0]
    pixel = 1.25 * (BOX[0, 3] - BOX[0, 1]) / 256
    # The crops differ by half a pixel of the crop, which both take account of.
    apart = np.linalg.norm(found.keypoints - ours.keypoints, axis=-1) / pixel
    assert np.median(apart) < 0.7
    np.testing.assert_allclose(found.scores, ours.scores, atol=0.1)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_person_who_lies_or_stands_on_the_head_is_found_alike(
    find: BlazePoseKeypoints, turns: int
) -> None:
    points = BlazePosePoints(models.find_files(NAME, "pose")[1], exact=True)
    upright = find([FRAME], [BOX])[0]
    here = upright.keypoints[0].astype(np.float64)
    there, (height, width) = here, FRAME.shape[:2]
    for _ in range(turns):  # a quarter against the clock: x, y -> y, last x
        there = np.stack([there[:, 1], width - 1 - there[:, 0]], axis=1)
        width, height = height, width
    turned = np.ascontiguousarray(np.rot90(FRAME, turns))
    first, second = points(
        [
            (FRAME, square_of(here, upright.scores[0])),
            (turned, square_of(there, upright.scores[0])),
        ]
    )
    wanted, (height, width) = first.points, FRAME.shape[:2]
    for _ in range(turns):
        wanted = np.stack([wanted[:, 1], width - 1 - wanted[:, 0]], axis=1)
        width, height = height, width
    np.testing.assert_allclose(second.points, wanted, atol=1.5)
