"""HumanEva-I: splits, actions and chunks, the camera frame, COCO detections, what does not fit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_cli.errors import InputError, UsageError
from glagcn_cli.skeleton import HUMANEVA15
from glagcn_training.data.camera_calibration import read_calibration
from glagcn_training.data.registry import read_splits, read_takes
from tests.helpers.small_datasets import HUMANEVA_LENS, edit, write_humaneva

FRAMES = 12


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("humaneva")
    return folder, write_humaneva(folder, frames=FRAMES)


@pytest.fixture(scope="module")
def splits(written):
    return read_splits("humaneva", written[0], ("train", "val", "test"))


def test_splits_are_the_published_ones(splits):
    subjects = {name: {take.subject for take in takes.takes} for name, takes in splits.items()}
    assert subjects == {"train": {"S1", "S2"}, "val": {"S3"}, "test": {"S1", "S2", "S3"}}
    assert all(takes.fps == 60 and takes.joint_set is HUMANEVA15 for takes in splits.values())
    assert "Validate/" in splits["test"].source


def test_train_and_test_are_read_from_their_own_halves(written, splits):
    _, motions = written
    c1 = read_calibration("humaneva_cameras.json")["S1"][0]
    for split, part in (("train", "Train"), ("test", "Validate")):
        take = next(t for t in splits[split].takes if t.name == "S1 Jog 1 chunk0 C1")
        expected = c1.to_camera(motions[f"{part}/S1", "Jog 1 chunk0"])
        np.testing.assert_allclose(take.joints, expected, atol=1e-6)
        assert abs(c1.to_camera(motions["Train/S2", "Jog 1 chunk0"]) - expected).max() > 0.01


def test_the_three_actions_of_the_protocol_are_read_chunk_by_chunk(splits):
    assert {take.action for take in splits["test"].takes} == {"Walking", "Jog", "Box"}
    walks = [t.name for t in splits["val"].takes if t.action == "Walking"]
    assert walks == [f"S3 Walking 1 chunk{n} C{c}" for n in (0, 2) for c in (1, 2, 3)]


def test_the_2d_is_the_projection_of_the_3d_and_people_stand_before_the_camera(splits):
    (focal_x, focal_y), centre = HUMANEVA_LENS
    for takes in splits.values():
        for take in takes.takes:
            x, y, depth = np.moveaxis(take.joints.astype(np.float64), -1, 0)
            pixels = np.stack([focal_x * x / depth, focal_y * y / depth], axis=-1) + centre
            np.testing.assert_allclose(take.keypoints, pixels, atol=0.05)
            assert 1.5 < depth.min() < depth.max() < 7
            assert (take.keypoints[:, HUMANEVA15.index("head"), 1] < 240).all()
            assert take.image_size == (640, 480)


def test_cameras_look_at_the_middle_of_the_capture_space():
    # Positions of millimetres read as metres, or turned the wrong way, fail this by far.
    for cameras in read_calibration("humaneva_cameras.json").values():
        for camera in cameras:
            w, x, y, z = camera.orientation
            forward = Rotation.from_quat([x, y, z, w]).apply([0, 0, 1])
            middle = np.array([0, 0, 0.9]) - np.array(camera.translation) / 1000
            assert 3.5 < np.linalg.norm(middle) < 4.5
            assert forward @ middle / np.linalg.norm(middle) > np.cos(np.radians(15))
            np.testing.assert_allclose(camera.axes[2], forward, atol=1e-6)


def test_coco_detections_become_the_fifteen_joints(written, splits):
    folder, _ = written
    detected = read_takes("humaneva", folder, "val", keypoints="detectron_pt_coco")
    for one, other in zip(detected.takes, splits["val"].takes, strict=True):
        assert one.name == other.name
        # The middle of two projected points is the projection of the middle within a pixel.
        np.testing.assert_allclose(one.keypoints, other.keypoints, atol=1)
        limbs = [i for i, joint in enumerate(HUMANEVA15.joints) if "_" in joint]
        np.testing.assert_allclose(one.keypoints[:, limbs], other.keypoints[:, limbs], atol=1e-3)


def test_2d_that_the_data_set_does_not_have_is_refused(written):
    with pytest.raises(UsageError, match=r"cpn_ft_h36m_dbb.*it has gt, detectron_pt_coco"):
        read_takes("humaneva", written[0], "train", keypoints="cpn_ft_h36m_dbb")


def test_another_camera_count_is_refused(tmp_path):
    write_humaneva(tmp_path, frames=FRAMES)
    with edit(tmp_path / "data_2d_humaneva15_gt.npz") as content:
        content["positions_2d"]["Train/S3"]["Box 1 chunk0"][1] = None
    with pytest.raises(InputError, match=r"Train/S3 Box 1 chunk0 was seen by 2 cameras"):
        read_takes("humaneva", tmp_path, "val")


def test_nan_and_missing_subjects_are_named(tmp_path):
    write_humaneva(tmp_path, frames=FRAMES)
    with edit(tmp_path / "data_3d_humaneva15.npz") as content:
        content["positions_3d"]["Validate/S2"]["Jog 1 chunk0"][3, 3] = np.nan
        del content["positions_3d"]["Train/S3"]
    with pytest.raises(InputError, match=r"Validate/S2 Jog 1 chunk0: the 3D joints hold NaN"):
        read_takes("humaneva", tmp_path, "test")
    with pytest.raises(InputError, match=r"no subject Train/S3; it has Train/S1"):
        read_takes("humaneva", tmp_path, "val")


def test_millimetres_and_odd_contents_are_refused(tmp_path):
    write_humaneva(tmp_path, frames=FRAMES)
    with edit(tmp_path / "data_3d_humaneva15.npz") as content:
        takes = content["positions_3d"]
        takes["Train/S3"]["Box 1 chunk0"] *= 1000
        takes["Train/S2"]["Box 1 chunk0"] *= 0.001
        takes["Train/S1"]["Box 1 chunk0"] = [[0.0], [1.0, 2.0]]
    for subject, message in (
        ("S3", "Train/S3 Box 1 chunk0 is up to .* expected metres"),
        ("S2", "Train/S2 Box 1 chunk0: .* m from end to end"),
        ("S1", "Train/S1 Box 1 chunk0 holds no array of numbers"),
    ):
        with pytest.raises(InputError, match=message):
            read_takes("humaneva", tmp_path, "val", holdout=subject)


def test_a_pack_of_twenty_joints_is_refused(tmp_path):
    write_humaneva(tmp_path, frames=FRAMES)
    with edit(tmp_path / "data_3d_humaneva15.npz") as content:
        content["positions_3d"]["Train/S3"]["Box 1 chunk0"] = np.zeros((FRAMES, 20, 3))
    with pytest.raises(InputError, match=r"3D of shape \(12, 20, 3\)"):
        read_takes("humaneva", tmp_path, "val")
    with edit(tmp_path / "data_2d_humaneva15_gt.npz") as content:
        content["metadata"]["keypoints_symmetry"] = [[3, 4, 5, 6], [7, 8, 9, 10]]
    with pytest.raises(InputError, match="other left and right joints"):
        read_takes("humaneva", tmp_path, "val")
