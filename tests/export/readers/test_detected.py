"""Feet, palms and hands of the 2D come back, so that rigs from saved poses have fingers too."""

from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.export.readers.saved_poses import read_poses
from glagcn_cli.export.rig.kinematics import fit_person
from glagcn_cli.poses import PoseSequence
from glagcn_cli.skeleton import COCO25
from tests.helpers.made_hands import FIST, hand, with_hands
from tests.helpers.moving_figure import sequence, walking


def person() -> PoseSequence:
    made = with_hands(sequence(walking(12).joints), hand({}, False), hand(FIST))
    seen = made.detected
    assert seen is not None and seen.hands is not None
    rng = np.random.default_rng(0)
    seen.keypoints[:] = rng.uniform(0, 400, seen.keypoints.shape).round(1)
    seen.scores[:] = rng.uniform(0.3, 1, seen.scores.shape)
    seen.scores[:, 20] = 0
    seen.hands[3:6, 0] = 0
    return made


def back(tmp_path, suffix: str, **context) -> PoseSequence:
    path = tmp_path / f"a{suffix}"
    list(writer_for(path)(path, [person()], ExportContext(**context)))
    return read_poses(path).sequences[0]


@pytest.mark.parametrize("suffix", [".npz", ".json"])
def test_points_and_hands_come_back(tmp_path, suffix):
    read, made = back(tmp_path, suffix, image_size=(640, 480)).detected, person().detected
    assert read is not None and made is not None and read.joint_set is COCO25
    np.testing.assert_allclose(read.keypoints_or_nan(), made.keypoints_or_nan(), atol=0.06)
    np.testing.assert_allclose(read.scores, made.scores, atol=1e-3)
    assert read.hands is not None and read.image_size == (640, 480)
    np.testing.assert_allclose(read.hands[..., 5], made.hands[..., 5], atol=1e-3)
    assert (read.hands[3:6, 0] == 0).all()


@pytest.mark.parametrize("suffix", [".npz", ".json"])
def test_rigs_of_saved_poses_have_the_same_fingers(tmp_path, suffix):
    one, other = fit_person(person()), fit_person(back(tmp_path, suffix, image_size=(640, 480)))
    assert one.rig.names == other.rig.names and one.rig.fingers
    np.testing.assert_allclose(one.rotations[:, 19:], other.rotations[:, 19:], atol=2e-3)


def test_files_that_do_not_say_the_size_of_pictures_have_no_hands(tmp_path):
    assert back(tmp_path, ".npz").detected is None
