from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.biomechanics.angle_names import NAMES
from glagcn_cli.biomechanics.error_bars import angles_with_deviations
from glagcn_cli.errors import NobodyFoundError
from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.export.readers.saved_poses import read_poses
from glagcn_cli.skeleton import H36M17
from tests.helpers.moving_figure import sequence, walking

VALID = np.arange(30) % 7 != 3


def write(path, people, source=None, image_size=None, **settings):
    context = ExportContext(settings=settings, source=source, image_size=image_size)
    return list(writer_for(path)(path, people, context))


def test_npy_holds_metres_and_nan_where_there_is_no_pose(tmp_path):
    person = sequence(walking(30).joints, valid=VALID)
    (path,) = write(tmp_path / "out.npy", [person])
    joints = np.load(path, allow_pickle=False)
    assert joints.shape == (30, 17, 3) and joints.dtype == np.float32
    assert np.array_equal(joints[VALID], person.joints[VALID])
    assert np.isnan(joints[~VALID]).all()
    assert np.isfinite(person.joints).all()  # the input was not written over


def test_npy_gives_every_person_a_file(tmp_path):
    people = [sequence(walking(4).joints + number, person=number) for number in (3, 1)]
    paths = write(tmp_path / "out.npy", people)
    assert [path.name for path in paths] == ["out.npy", "out.person1.npy"]
    for path, person in zip(paths, people, strict=True):
        assert np.array_equal(np.load(path), person.joints)


def test_npz_keeps_legs_whose_feet_were_not_held(tmp_path):
    held, other = (sequence(walking(30).joints, valid=VALID, person=k) for k in (1, 2))
    free = walking(30, heading=5.0).joints.astype(np.float32)
    (path,) = write(tmp_path / "out.npz", [replace(held, free=free), other])
    one, other = read_poses(path).sequences
    np.testing.assert_array_equal(one.free[VALID], free[VALID])
    np.testing.assert_array_equal(other.free[VALID], held.joints[VALID])  # it was held nowhere
    (path,) = write(tmp_path / "other.npz", [held])
    assert read_poses(path).sequences[0].free is None


def test_npz_gives_back_all_that_was_put_in(tmp_path):
    fps = Fraction(30000, 1001)
    people = [
        sequence(walking(30).joints, valid=VALID, fps=fps, person=4),
        sequence(walking(30, heading=90.0).joints, fps=fps, person=2),
    ]
    settings = {"input": Path("clip.mp4"), "fps": fps, "flip": np.bool_(True), "scale": np.nan}
    (path,) = write(tmp_path / "out.npz", people, **settings)
    with np.load(path, allow_pickle=False) as file:
        stored = {name: file[name] for name in file.files}
    assert set(stored) == {
        "format_version", "joints_3d", "keypoints_2d", "scores", "uncertainty", "valid",
        "person_ids", "fps", "fps_fraction", "joint_set", "joint_names", "parents", "frame",
        "settings", "angles", "angles_sd", "angle_names", "gait",
    }  # fmt: skip
    measured = [angles_with_deviations(person) for person in people]
    for name, parts in (("angles", [m.degrees for m in measured]), ("angles_sd", None)):
        expected = np.full((2, 30, 29), np.nan) if parts is None else np.stack(parts)
        np.testing.assert_allclose(stored[name], expected, atol=1e-3)  # no errors are known
    assert tuple(stored["angle_names"]) == NAMES and json.loads(str(stored["gait"])) == [None, None]
    assert stored["joints_3d"].shape == (2, 30, 17, 3)
    for i, person in enumerate(people):
        assert np.array_equal(stored["joints_3d"][i, person.valid], person.joints[person.valid])
        assert np.array_equal(stored["keypoints_2d"][i], person.keypoints)
        assert np.array_equal(stored["scores"][i], person.scores)
        assert np.array_equal(stored["valid"][i], person.valid)
    assert np.isfinite(stored["joints_3d"]).all()
    assert Fraction(*stored["fps_fraction"].tolist()) == fps
    assert float(stored["fps"]) == pytest.approx(29.97002997)
    assert stored["person_ids"].tolist() == [4, 2]
    assert tuple(stored["joint_names"].tolist()) == H36M17.joints
    assert tuple(stored["parents"].tolist()) == H36M17.parents
    assert str(stored["frame"]) == "scene" and int(stored["format_version"]) == 1
    assert json.loads(str(stored["settings"])) == {
        "input": "clip.mp4", "fps": "30000/1001", "flip": True, "scale": None,
    }  # fmt: skip


def test_npz_says_how_unsure_joints_are_and_nan_where_that_is_not_known(tmp_path):
    unsure = np.linspace(0.02, 0.3, 30 * 17, dtype=np.float32).reshape(30, 17)
    people = [
        replace(sequence(walking(30).joints, valid=VALID), uncertainty=unsure),
        sequence(walking(30).joints, person=2),
    ]
    (path,) = write(tmp_path / "out.npz", people)
    stored = np.load(path, allow_pickle=False)["uncertainty"]
    assert stored.shape == (2, 30, 17) and stored.dtype == np.float32
    assert np.array_equal(stored[0, VALID], unsure[VALID])
    assert np.isnan(stored[0, ~VALID]).all() and np.isnan(stored[1]).all()


def test_npz_says_which_feet_stand_and_what_video_that_was(tmp_path):
    standing = np.arange(60).reshape(30, 2) % 3 == 0
    people = [
        replace(sequence(walking(30).joints, person=number), contacts=standing ^ (number == 2))
        for number in (1, 2)
    ]
    (path,) = write(tmp_path / "out.npz", people, Path("films/Größe 1.mp4"), (640, 480))
    stored = np.load(path, allow_pickle=False)
    assert np.array_equal(stored["contacts"], [standing, ~standing])
    assert str(stored["source"]) == "Größe 1.mp4" and stored["image_size"].tolist() == [640, 480]


def test_npz_refuses_people_of_different_clips(tmp_path):
    with pytest.raises(ValueError, match="one clip"):
        write(tmp_path / "out.npz", [sequence(walking(4).joints), sequence(walking(5).joints)])


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_nobody_leaves_no_file(tmp_path, suffix):
    with pytest.raises(NobodyFoundError):
        write(tmp_path / f"out{suffix}", [])
    assert list(tmp_path.iterdir()) == []
