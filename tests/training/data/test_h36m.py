"""Human3.6M: the raw layout, the camera frame, the protocol's splits, and what does not fit."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_cli.camera import focal_length
from glagcn_cli.errors import InputError, UsageError
from glagcn_cli.skeleton import H36M17
from glagcn_training.data.camera_calibration import read_calibration
from glagcn_training.data.h36m import ACTIONS, KEPT
from glagcn_training.data.registry import read_splits, read_takes
from tests.helpers.small_datasets import H36M_RAW, edit, write_h36m

FRAMES = 12


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("h36m")
    return folder, write_h36m(folder, frames=FRAMES)


@pytest.fixture
def folder(tmp_path):
    """A folder of its own, with one action, to put a fault into."""
    write_h36m(tmp_path, frames=FRAMES, actions=("Directions", "Walking 1"))
    return tmp_path


@pytest.fixture(scope="module")
def splits(written):
    return read_splits("h36m", written[0], ("train", "val", "test"))


def test_the_raw_joints_kept_are_the_named_ones_in_order():
    assert [H36M_RAW[raw] for raw in KEPT] == list(H36M17.joints)


def test_the_protocol_has_fifteen_actions():
    assert len(set(ACTIONS)) == 15


def test_splits_hold_the_published_subjects_and_one_held_out(splits):
    subjects = {name: {take.subject for take in takes.takes} for name, takes in splits.items()}
    assert subjects == {"train": {"S1", "S5", "S6", "S7"}, "val": {"S8"}, "test": {"S9", "S11"}}
    assert {len(takes.takes) for takes in splits.values()} == {4 * 12, 12, 24}
    assert all(takes.fps == 50 and takes.joint_set is H36M17 for takes in splits.values())
    assert "data_3d_h36m.npz" in splits["val"].source
    assert "S8" in splits["val"].source


def test_the_held_out_subject_can_be_changed_and_left_away(written):
    folder, _ = written
    val = read_takes("h36m", folder, "val", holdout="S5")
    assert {take.subject for take in val.takes} == {"S5"}
    train = read_takes("h36m", folder, "train", holdout=None)
    assert {take.subject for take in train.takes} == {"S1", "S5", "S6", "S7", "S8"}
    with pytest.raises(UsageError, match="no subject is held out"):
        read_takes("h36m", folder, "val", holdout=None)
    with pytest.raises(UsageError, match=r"no training subject S9.*S1, S5, S6, S7, S8"):
        read_takes("h36m", folder, "train", holdout="S9")


def test_a_take_is_named_as_in_the_files_and_grouped_by_action(splits):
    names = {take.name for take in splits["test"].takes}
    assert {"S9 Directions 54138969", "S9 Directions 1 54138969"} < names
    assert len(names) == len(splits["test"].takes)
    assert {take.action for take in splits["test"].takes} == {"Directions", "Walking"}


def test_joints_are_in_the_camera_frame_that_scipy_finds(written, splits):
    _, motions = written
    calibration = read_calibration("human36m_cameras.json")
    for take in splits["test"].takes:
        *rest, device = take.camera.split()
        camera = next(c for c in calibration[take.subject] if c.name == device)
        w, x, y, z = camera.orientation
        world = motions[take.subject, " ".join([take.action, *rest])]
        offset = (world - np.array(camera.translation) / 1000).reshape(-1, 3)
        expected = Rotation.from_quat([x, y, z, w]).inv().apply(offset).reshape(world.shape)
        np.testing.assert_allclose(take.joints, expected, atol=1e-5)
        assert take.joints.dtype == np.float32


def test_the_2d_is_the_projection_of_the_3d(splits):
    devices = {camera.name: camera for camera in read_calibration("human36m_cameras.json")["S1"]}
    for take in splits["train"].takes:
        camera = devices[take.camera.split()[-1]]
        matrix = np.array(
            [[camera.focal_length[0], 0, camera.centre[0]],
             [0, camera.focal_length[1], camera.centre[1]], [0, 0, 1]]
        )  # fmt: skip
        points = take.joints.reshape(-1, 3).astype(np.float64)
        pixels, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), matrix, None)
        np.testing.assert_allclose(take.keypoints.reshape(-1, 2), pixels[:, 0], atol=0.05)
        head, ankle = H36M17.index("head"), H36M17.index("left_ankle")
        assert (take.keypoints[:, head, 1] < take.keypoints[:, ankle, 1]).all()


def test_the_field_of_view_gives_the_calibrated_focal_length_back(splits):
    focal = {"54138969": 1143.7811, "55011271": 1149.6757, "60457274": 1144.7739}
    heights = {"54138969": 1002, "55011271": 1000, "58860488": 1000, "60457274": 1002}
    for take in splits["val"].takes:
        device = take.camera.split()[-1]
        assert take.image_size == (1000, heights[device])
        if device in focal:
            assert focal_length(take.image_size, take.fov) == pytest.approx(focal[device], 1e-6)


def test_a_file_with_17_joints_reads_the_same(written, splits, tmp_path):
    write_h36m(tmp_path, frames=FRAMES, raw=False)
    again = read_takes("h36m", tmp_path, "val")
    for one, other in zip(splits["val"].takes, again.takes, strict=True):
        np.testing.assert_array_equal(one.joints, other.joints)


def test_2d_that_is_longer_is_cut_at_its_end(written, splits):
    folder, _ = written
    with np.load(folder / "data_2d_h36m_gt.npz", allow_pickle=True) as archive:
        stored = archive["positions_2d"].item()["S9"]["Walking"]
    assert len(stored[2]) == FRAMES + 3
    take = next(t for t in splits["test"].takes if t.name == "S9 Walking 58860488")
    np.testing.assert_array_equal(take.keypoints, stored[2][:FRAMES])


def test_detected_2d_is_read_from_its_own_file(written, splits):
    folder, _ = written
    detected = read_takes("h36m", folder, "val", keypoints="cpn_ft_h36m_dbb")
    off = detected.takes[0].keypoints - splits["val"].takes[0].keypoints
    assert 3 < off.std() < 5


def test_2d_shorter_than_the_3d_is_refused(folder):
    with edit(folder / "data_2d_h36m_gt.npz") as content:
        views = content["positions_2d"]["S8"]["Directions"]
        views[1] = views[1][: FRAMES - 1]
    with pytest.raises(InputError, match=r"S8 Directions camera 55011271 has 11 frames.*12"):
        read_takes("h36m", folder, "val")


def test_another_camera_count_is_refused(folder):
    with edit(folder / "data_2d_h36m_gt.npz") as content:
        content["positions_2d"]["S8"]["Walking 1"].pop()
    with pytest.raises(InputError, match=r"S8 Walking 1 was seen by 3 cameras, expected 4"):
        read_takes("h36m", folder, "val")


@pytest.mark.parametrize("name", ["data_3d_h36m.npz", "data_2d_h36m_gt.npz"])
def test_nan_is_refused_with_file_subject_and_action(folder, name):
    with edit(folder / name) as content:
        (subjects,) = (v for k, v in content.items() if k.startswith("positions"))
        take = subjects["S8"]["Directions"]
        (take if "3d" in name else take[3])[4, 13, 0] = np.nan
    with pytest.raises(InputError, match=rf"{name}.*S8 Directions.*NaN"):
        read_takes("h36m", folder, "val")


def test_nan_in_a_raw_joint_that_is_dropped_does_not_matter(folder):
    with edit(folder / "data_3d_h36m.npz") as content:
        content["positions_3d"]["S8"]["Directions"][:, 31] = np.nan
    assert np.isfinite(read_takes("h36m", folder, "val").takes[0].joints).all()


def test_a_missing_subject_is_named_with_those_there_are(folder):
    with edit(folder / "data_3d_h36m.npz") as content:
        del content["positions_3d"]["S8"]
    with pytest.raises(InputError, match=r"no subject S8; it has S1, S5, S6, S7, S9, S11"):
        read_takes("h36m", folder, "val")
    read_takes("h36m", folder, "test")


def test_an_action_without_2d_is_refused_but_for_the_known_one(folder):
    with edit(folder / "data_2d_h36m_gt.npz") as content:
        del content["positions_2d"]["S11"]["Directions"]
    test = read_takes("h36m", folder, "test")
    assert {take.name[:14] for take in test.takes if take.subject == "S11"} == {"S11 Walking 1 "}
    with edit(folder / "data_2d_h36m_gt.npz") as content:
        del content["positions_2d"]["S9"]["Directions"]
    with pytest.raises(InputError, match=r"data_2d_h36m_gt.npz has no 2D of S9 Directions"):
        read_takes("h36m", folder, "test")


def test_the_published_pack_lacks_3d_that_the_2d_has(folder):
    with edit(folder / "data_3d_h36m.npz") as content:
        del content["positions_3d"]["S11"]["Directions"]
    assert len(read_takes("h36m", folder, "test").takes) == 3 * 4


def test_what_is_none_of_the_fifteen_actions_is_left_out_and_told(folder, caplog):
    for name in ("data_3d_h36m.npz", "data_2d_h36m_gt.npz"):
        with edit(folder / name) as content:
            (subjects,) = (v for k, v in content.items() if k.startswith("positions"))
            subjects["S8"]["Juggling"] = subjects["S8"].pop("Walking 1")
    assert {t.action for t in read_takes("h36m", folder, "val").takes} == {"Directions"}
    assert "S8 Juggling is none of the 15 actions" in caplog.text
    assert "S8 lack the actions Discussion, Eating" in caplog.text


def test_a_warning_names_the_subjects_that_lack_an_action(tmp_path, caplog):
    write_h36m(tmp_path, frames=3, actions=ACTIONS)
    read_takes("h36m", tmp_path, "test")
    assert not caplog.text
    with edit(tmp_path / "data_3d_h36m.npz") as content:
        del content["positions_3d"]["S11"]["Photo"]
    read_takes("h36m", tmp_path, "test")
    assert "S11 lack the actions Photo\n" in caplog.text


def test_other_joints_and_other_units_are_refused(folder):
    with edit(folder / "data_3d_h36m.npz") as content:
        takes = content["positions_3d"]["S8"]
        takes["Directions"] = takes["Directions"] * 1000
    with pytest.raises(InputError, match=r"S8 Directions is up to .* expected metres"):
        read_takes("h36m", folder, "val")
    with edit(folder / "data_3d_h36m.npz") as content:
        takes = content["positions_3d"]["S8"]
        takes["Directions"] = takes["Directions"][:, :25]
    with pytest.raises(InputError, match=r"3D of shape \(12, 25, 3\)"):
        read_takes("h36m", folder, "val")


ODD_ENTRIES = [
    ("3d_h36m", lambda c: c.update(Directions=[[1.0, 2.0], [3.0]]), "S8 Directions holds no array"),
    ("3d_h36m", lambda c: c.update(Directions=5), r"S8 Directions has 3D of shape \(\)"),
    ("3d_h36m", lambda c: c.update({7: c["Directions"]}), "7 under S8 is no name"),
    (
        "3d_h36m",
        lambda c: c.update(Directions=np.full((FRAMES, 32, 3), {}, dtype=object)),
        "S8 Directions holds no array of numbers",
    ),
    ("2d_h36m_gt", lambda c: c.update(Directions=5), "S8 Directions holds int"),
    ("2d_h36m_gt", lambda c: c.update(Directions=np.array(5)), "S8 Directions holds ndarray"),
    ("2d_h36m_gt", lambda c: c.update(Directions={0: 1, 1: 1, 2: 1, 3: 1}), "holds dict"),
    ("2d_h36m_gt", lambda c: c["Directions"].__setitem__(2, "x"), "view 3 holds no array"),
    ("2d_h36m_gt", lambda c: c["Directions"].__setitem__(2, [[1], [1, 2]]), "view 3 holds no arr"),
    ("2d_h36m_gt", lambda c: c["Directions"].__setitem__(2, 4.0), r"2D of shape \(\)"),
]


@pytest.mark.parametrize(("name", "spoil", "message"), ODD_ENTRIES)
def test_odd_contents_are_named_with_file_subject_and_action(folder, name, spoil, message):
    with edit(folder / f"data_{name}.npz") as content:
        (subjects,) = (v for k, v in content.items() if k.startswith("positions"))
        spoil(subjects["S8"])
    with pytest.raises(InputError, match=rf"data_{name}\.npz: .*{message}"):
        read_takes("h36m", folder, "val")


def test_numbers_in_an_array_of_objects_are_numbers(folder, splits):
    with edit(folder / "data_3d_h36m.npz") as content:
        takes = content["positions_3d"]["S8"]
        takes["Directions"] = takes["Directions"].astype(object)
    take = next(t for t in read_takes("h36m", folder, "val").takes if t.action == "Directions")
    assert take.joints.dtype == np.float32


@pytest.mark.parametrize("symmetry", [5, [[1, 2]], [["a"], ["b"]], [[1], [2], [3]], np.eye(3)])
def test_sides_that_are_none_are_refused(folder, symmetry):
    with edit(folder / "data_2d_h36m_gt.npz") as content:
        content["metadata"]["keypoints_symmetry"] = symmetry
    with pytest.raises(InputError, match=r"data_2d_h36m_gt\.npz: keypoints_symmetry"):
        read_takes("h36m", folder, "val")


@pytest.mark.parametrize("order", [(3, 2, 1, 0), (1, 0, 2, 3), (1, 2, 3, 0)], ids=str)
@pytest.mark.parametrize("keypoints", ["gt", "cpn_ft_h36m_dbb"])
def test_cameras_in_another_order_are_refused(folder, keypoints, order):
    read_takes("h36m", folder, "val", keypoints=keypoints)
    with edit(folder / f"data_2d_h36m_{keypoints}.npz") as content:
        for action, views in content["positions_2d"]["S8"].items():
            content["positions_2d"]["S8"][action] = [views[i] for i in order]
    with pytest.raises(InputError, match=rf"{keypoints}\.npz: S8: .*cameras in another order"):
        read_takes("h36m", folder, "val", keypoints=keypoints)


def test_2d_that_is_already_normalised_is_refused(folder):
    with edit(folder / "data_2d_h36m_gt.npz") as content:
        for views in content["positions_2d"]["S8"].values():
            for view in views:
                view[:] = view / 500 - 1
    with pytest.raises(InputError, match=r"S8: .*camera 54138969.*already normalised"):
        read_takes("h36m", folder, "val")


def test_3d_of_nobody_is_refused(folder):
    with edit(folder / "data_3d_h36m.npz") as content:
        content["positions_3d"]["S8"]["Directions"][:] = 0
    with pytest.raises(InputError, match=r"data_3d_h36m\.npz: S8 Directions: .* 0 m from end"):
        read_takes("h36m", folder, "val")


def test_one_bad_take_of_many_is_not_taken_for_other_cameras(tmp_path):
    write_h36m(tmp_path, frames=FRAMES)
    with edit(tmp_path / "data_2d_h36m_gt.npz") as content:
        for view in content["positions_2d"]["S8"]["Directions"]:
            view += 300
    assert len(read_takes("h36m", tmp_path, "val").takes) == 12


def test_2d_of_another_layout_is_refused(folder):
    with edit(folder / "data_2d_h36m_gt.npz") as content:
        content["metadata"]["keypoints_symmetry"] = [[1, 3, 5, 7, 9], [2, 4, 6, 8, 10]]
    with pytest.raises(InputError, match="other left and right joints"):
        read_takes("h36m", folder, "val")
    with edit(folder / "data_2d_h36m_gt.npz") as content:
        content["metadata"]["keypoints_symmetry"] = [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]]
        content["positions_2d"]["S8"]["Directions"][0] = np.zeros((FRAMES, 16, 2), np.float32)
    with pytest.raises(InputError, match=r"2D of shape \(12, 16, 2\)"):
        read_takes("h36m", folder, "val")
