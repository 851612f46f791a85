"""MPI-INF-3DHP: nested lists, millimetres, valid frames, picture sizes, what does not fit."""

from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.camera import focal_length
from glagcn_cli.errors import InputError, UsageError
from glagcn_cli.skeleton import MPI_INF_3DHP17
from glagcn_training.data.mpi_inf_3dhp import PCK_JOINTS
from glagcn_training.data.registry import read_splits, read_takes
from tests.helpers.small_datasets import MPI_CAMERAS, edit, write_3dhp

FRAMES = 12


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("3dhp")
    return folder, write_3dhp(folder, frames=FRAMES, invalid=5)


@pytest.fixture(scope="module")
def splits(written):
    return read_splits("mpi_inf_3dhp", written[0], ("train", "val", "test"))


def test_the_joints_follow_the_published_numbers():
    assert MPI_INF_3DHP17.root == 14
    assert set(MPI_INF_3DHP17.left) == {5, 6, 7, 11, 12, 13}
    assert set(MPI_INF_3DHP17.right) == {2, 3, 4, 8, 9, 10}


def test_splits_are_the_published_ones(splits):
    names = {split: [take.name for take in takes.takes] for split, takes in splits.items()}
    assert len(names["train"]) == 7 * 2 * 8
    assert names["val"] == [f"S8 Seq{q} {c}" for q in (1, 2) for c in MPI_CAMERAS]
    assert [name.split()[0] for name in names["test"]] == [f"TS{n}" for n in range(1, 7)]
    assert splits["train"].joint_set is MPI_INF_3DHP17


def test_millimetres_of_the_file_become_metres(written, splits):
    _, motions = written
    for split in ("val", "test"):
        for take in splits[split].takes:
            key = (take.subject, "" if split == "test" else f"{take.action} {take.camera}")
            np.testing.assert_allclose(take.joints, motions[key], atol=1e-5)


def test_only_test_takes_mark_the_frames_that_count(splits):
    assert all(take.valid is None for take in splits["train"].takes)
    for take in splits["test"].takes:
        assert take.valid.dtype == bool
        np.testing.assert_array_equal(take.valid, np.arange(FRAMES) < FRAMES - 5)


def test_picture_sizes_and_fields_of_view_project_the_3d_onto_the_2d(splits):
    for split in ("train", "test"):
        for take in splits[split].takes:
            outdoor = take.subject in ("TS5", "TS6")
            assert take.image_size == ((1920, 1080) if outdoor else (2048, 2048))
            assert (take.action == "outdoor") == outdoor
            focal = focal_length(take.image_size, take.fov)
            pixels = take.joints[..., :2] / take.joints[..., 2:] * focal
            pixels += np.array(take.image_size) / 2
            np.testing.assert_allclose(take.keypoints, pixels, atol=1)


def test_a_split_needs_its_own_file_alone(tmp_path):
    write_3dhp(tmp_path, frames=3)
    (tmp_path / "data_train_3dhp.npz").unlink()
    assert len(read_takes("mpi_inf_3dhp", tmp_path, "test").takes) == 6
    with pytest.raises(InputError, match=r"data_train_3dhp\.npz: get it from .*P-STMO"):
        read_takes("mpi_inf_3dhp", tmp_path, "val")


def test_packs_without_the_frame_rate_and_with_numbered_cameras_load(tmp_path):
    write_3dhp(tmp_path, frames=3)
    with edit(tmp_path / "data_train_3dhp.npz") as content:
        for name, (views, _) in content["data"].items():
            content["data"][name] = [{int(camera): view for camera, view in views.items()}]
    assert len(read_takes("mpi_inf_3dhp", tmp_path, "val").takes) == 16


def test_another_camera_count_is_refused(tmp_path):
    write_3dhp(tmp_path, frames=3)
    with edit(tmp_path / "data_train_3dhp.npz") as content:
        del content["data"]["S8 Seq2"][0]["7"]
    with pytest.raises(InputError, match=r"S8 Seq2 has 7 cameras.*expected 8"):
        read_takes("mpi_inf_3dhp", tmp_path, "val")
    read_takes("mpi_inf_3dhp", tmp_path, "val", holdout="S1")


def test_faults_are_named_with_file_subject_and_sequence(tmp_path):
    write_3dhp(tmp_path, frames=3)
    with edit(tmp_path / "data_train_3dhp.npz") as content:
        content["data"]["S8 Seq1"][0]["4"]["data_3d"][1, 2] = np.nan
        content["data"]["S7 Seq1"][0]["4"]["data_2d"] = np.zeros((2, 17, 2))
        content["data"]["S6 Seq1"][0]["4"]["data_3d"] = np.zeros((3, 28, 3))
        del content["data"]["S5 Seq1"]
        del content["data"]["S4 Seq2"][0]["0"]["data_2d"]
        content["data"]["S3 Seq2"] = []
        content["data"]["S2 Seq1"][0]["4"]["data_3d"] = [[1.0], [1.0, 2.0]]
        content["data"]["S1 Seq1"][0]["4"]["data_2d"] = np.zeros((3, 17))
    for subject, message in (
        ("S8", r"data_train_3dhp\.npz: S8 Seq1 4: .*NaN"),
        ("S7", r"S7 Seq1 4 has 2 frames of 2D for 3 of 3D"),
        ("S6", r"S6 Seq1 4 has 3D of shape \(3, 28, 3\)"),
        ("S5", r"has no S5 Seq1; it has S1 Seq1"),
        ("S4", r"S4 Seq2 0 has data_3d, expected data_3d, data_2d"),
        ("S3", r"S3 Seq2 holds no dictionary"),
        ("S2", r"data_train_3dhp\.npz: data_3d of S2 Seq1 4 holds no array of numbers"),
        ("S1", r"S1 Seq1 4 has 3D of shape \(3, 17, 3\) and 2D of shape \(3, 17\)"),
    ):
        with pytest.raises(InputError, match=message):
            read_takes("mpi_inf_3dhp", tmp_path, "val", holdout=subject)


@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_another_unit_than_millimetres_is_refused(tmp_path, factor):
    write_3dhp(tmp_path, frames=3)
    for name, change in (
        ("train", lambda data: data["S8 Seq1"][0]["4"]), ("test", lambda data: data["TS2"])
    ):  # fmt: skip
        with edit(tmp_path / f"data_{name}_3dhp.npz") as content:
            change(content["data"])["data_3d"] *= factor
    for split, take in (("val", "S8 Seq1 4"), ("test", "TS2 green screen")):
        with pytest.raises(InputError, match=f"3dhp.npz: {take}: .* in millimetres as expected"):
            read_takes("mpi_inf_3dhp", tmp_path, split)


def test_the_joints_of_pck_are_fourteen():
    named = [MPI_INF_3DHP17.joints[i] for i in PCK_JOINTS]
    limbs = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    assert set(named) == {"head_top", "thorax"} | {
        f"{s}_{j}" for s in ("left", "right") for j in limbs
    }
    assert list(PCK_JOINTS) == list(range(14))


def test_validity_that_does_not_fit_is_refused(tmp_path):
    write_3dhp(tmp_path, frames=3)
    with edit(tmp_path / "data_test_3dhp.npz") as content:
        content["data"]["TS4"]["valid"] = np.ones((1, 4))
    with pytest.raises(InputError, match=r"data_test_3dhp\.npz: TS4 studio: \(4,\) validity"):
        read_takes("mpi_inf_3dhp", tmp_path, "test")
    with edit(tmp_path / "data_test_3dhp.npz") as content:
        content["data"]["TS4"]["valid"] = np.zeros(3)
    with pytest.raises(InputError, match="TS4 has no valid frame"):
        read_takes("mpi_inf_3dhp", tmp_path, "test")


def test_detections_are_refused(written):
    with pytest.raises(UsageError, match="it has gt"):
        read_takes("mpi_inf_3dhp", written[0], "train", keypoints="cpn_ft_h36m_dbb")
