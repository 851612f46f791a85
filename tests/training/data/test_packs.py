"""Motion packs, the registry of data sets, and the reading of pickled npz files."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from glagcn_cli.errors import InputError, UsageError
from glagcn_cli.skeleton import H36M17
from glagcn_training.data import pickled_npz
from glagcn_training.data.packs import read_pack, read_packs
from glagcn_training.data.registry import DATASETS, find_reader, read_splits, read_takes
from glagcn_training.metrics.scores import AVERAGES
from tests.helpers.small_datasets import write_3dhp, write_h36m
from tests.helpers.synthetic_motion import walking, write_pack


def change_pack(path, **arrays):
    """Write a pack again with other arrays; None leaves an array out."""
    with np.load(path) as archive:
        content = {name: archive[name] for name in archive.files} | arrays
    np.savez(path, **{name: array for name, array in content.items() if array is not None})


def test_a_pack_is_read_back_to_a_tenth_of_a_millimetre(tmp_path):
    write_pack(tmp_path / "a.npz", ("train", "val"))
    takes = read_packs(tmp_path / "a.npz", "train")
    (take,) = takes.takes
    np.testing.assert_allclose(take.joints, walking(60, 0.6), atol=1e-4)
    assert (takes.dataset, takes.joint_set, takes.fps) == ("mocap", H36M17, 50)
    assert not takes.filmed
    assert takes.source == "a.npz"


def test_a_folder_gives_the_clips_of_all_its_packs(tmp_path):
    write_pack(tmp_path / "a.npz", ("train", "val"))
    write_pack(tmp_path / "b.npz", ("train", "train"))
    assert [take.name for take in read_packs(tmp_path, "train").takes] == [
        "a clip 0", "b clip 0", "b clip 1",
    ]  # fmt: skip
    val = read_packs(tmp_path, "val")
    assert (len(val.takes), val.source) == (1, "a.npz")


def test_clips_are_cut_where_the_offsets_say(tmp_path):
    write_pack(tmp_path / "a.npz", ("train", "train", "val"), frames=40)
    change_pack(tmp_path / "a.npz", offsets=np.array([0, 15, 85, 120]))
    first, second = read_packs(tmp_path, "train").takes
    (third,) = read_packs(tmp_path, "val").takes
    assert [len(take) for take in (first, second, third)] == [15, 70, 35]
    np.testing.assert_allclose(third.joints, walking(40, 1.2)[5:], atol=1e-4)


def test_subjects_and_descriptions_name_the_takes(tmp_path):
    write_pack(tmp_path / "a.npz", ("train", "val"))
    names = {"subject": np.array([6, 17]), "description": np.array(["walk", "jump"])}
    change_pack(tmp_path / "a.npz", **names)
    (take,) = read_packs(tmp_path, "val").takes
    assert (take.subject, take.action, take.camera) == ("17", "jump", "")


def test_each_file_is_read_once_for_all_splits(tmp_path, monkeypatch):
    write_pack(tmp_path / "a.npz", ("train", "val"))
    write_h36m(tmp_path / "h36m", frames=3, actions=("Walking",))
    write_3dhp(tmp_path / "3dhp", frames=3)
    opened = []
    load = np.load
    monkeypatch.setattr(np, "load", lambda path, **kw: opened.append(path.name) or load(path, **kw))
    read_splits("mocap", tmp_path, ("train", "val"))
    read_splits("h36m", tmp_path / "h36m", ("train", "val", "test"))
    read_splits("mpi_inf_3dhp", tmp_path / "3dhp", ("train", "val", "test"))
    assert len(opened) == len(set(opened)) == 5


def test_what_is_no_pack_is_named(tmp_path):
    with pytest.raises(InputError, match="no motion pack here"):
        read_packs(tmp_path, "train")
    np.savez(tmp_path / "other.npz", poses=np.zeros(3))
    with pytest.raises(InputError, match=r"other\.npz is no motion pack.*lacks rel.*has poses"):
        read_packs(tmp_path, "train")
    (tmp_path / "text.npz").write_text("not an archive")
    with pytest.raises(InputError, match=r"text\.npz"):
        read_pack(tmp_path / "text.npz")
    with pytest.raises(InputError, match="no motion pack here"):
        read_packs(tmp_path / "nowhere", "train")


def test_raw_motion_capture_is_pointed_to_its_converter(tmp_path):
    (tmp_path / "06").mkdir()
    (tmp_path / "06" / "06_01.AMC").write_text("")
    with pytest.raises(InputError, match=r"06_01\.AMC.*glagcn-data convert"):
        read_packs(tmp_path, "train")


def test_a_pack_cut_short_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    write_pack(path, ("train",))
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(InputError, match=r"a\.npz is no motion pack"):
        read_packs(tmp_path, "train")


def test_a_pickle_inside_a_pack_is_not_loaded(tmp_path):
    write_pack(tmp_path / "a.npz", ("train",))
    change_pack(tmp_path / "a.npz", split=np.array(["train"], dtype=object))
    with pytest.raises(InputError, match="allow_pickle"):
        read_packs(tmp_path, "train")


def test_nan_in_a_pack_is_refused_with_subject_and_action(tmp_path):
    write_pack(tmp_path / "a.npz", ("train", "train"))
    with np.load(tmp_path / "a.npz") as archive:
        root = archive["root"]
    root[63] = np.nan
    change_pack(tmp_path / "a.npz", root=root)
    with pytest.raises(InputError, match=r"a\.npz: .*subject a, clip 1.*NaN"):
        read_packs(tmp_path, "train")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"fps": np.int16(60)}, "at 60"),
        ({"rel": np.zeros((60, 20, 3), np.int16)}, r"\(20, 3\)"),
        ({"root": np.zeros((59, 3))}, r"root of shape \(59, 3\)"),
        ({"offsets": np.array([0, 59])}, "offsets do not cut"),
        ({"offsets": np.array([0, 60, 60])}, "offsets do not cut"),
        ({"split": np.array(["train", "val"])}, "2 entries of split for 1 clips"),
        ({"root": None}, "lacks root"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path, arrays, message):
    write_pack(tmp_path / "a.npz", ("train",))
    change_pack(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError, match=message):
        read_packs(tmp_path, "train")


def test_a_split_without_clips_is_refused_with_those_there_are(tmp_path):
    write_pack(tmp_path / "a.npz", ("train", "val"))
    with pytest.raises(InputError, match=r"'test'; they have train, val$"):
        read_takes("mocap", tmp_path, "test")
    write_pack(tmp_path / "a.npz", ("train",))
    with pytest.raises(InputError, match=r"'val'; they have train\. .*--set data\.holdout=none"):
        read_takes("mocap", tmp_path, "val")


def test_free_motion_has_no_2d_and_no_subject_to_hold_out(tmp_path):
    write_pack(tmp_path / "a.npz", ("train", "val"))
    assert len(read_takes("mocap", tmp_path, "train", holdout=None).takes) == 1
    assert len(read_takes("mocap", tmp_path, "train", keypoints="").takes) == 1
    with pytest.raises(UsageError, match="seen by virtual cameras"):
        read_takes("mocap", tmp_path, "train", keypoints="gt")
    with pytest.raises(UsageError, match="cannot hold out 6"):
        read_takes("mocap", tmp_path, "train", holdout="6")


def test_names_that_do_not_exist_are_answered_with_those_that_do(tmp_path):
    with pytest.raises(UsageError, match="h36m, humaneva, mpi_inf_3dhp, mocap"):
        read_takes("coco", tmp_path, "train")
    with pytest.raises(UsageError, match="train, val, test"):
        read_takes("h36m", tmp_path, "validation")
    with pytest.raises(UsageError, match="it has gt, cpn_ft_h36m_dbb"):
        read_takes("h36m", tmp_path, "train", keypoints="detectron_pt_coco")


@pytest.mark.parametrize("dataset", ["h36m", "humaneva"])
def test_one_message_names_every_missing_file_its_origin_and_the_licence(tmp_path, dataset):
    reader = DATASETS[dataset]
    with pytest.raises(InputError) as caught:
        read_takes(dataset, tmp_path, "train")
    message = str(caught.value)
    positions, keypoints, _ = reader.files
    for file in (positions, keypoints):
        assert f"{file.name}: get it from {file.origin}" in message
    assert reader.licence in message
    with pytest.raises(InputError, match="is no folder"):
        read_takes(dataset, tmp_path / "nowhere", "train")


def test_every_data_set_holds_out_one_of_its_training_subjects():
    for reader in DATASETS.values():
        if reader.training_subjects:
            assert reader.held_out in reader.training_subjects
            assert set(reader.subjects("train")).isdisjoint(reader.subjects("val"))
            assert reader.keypoints[0] == "gt"


def test_each_data_set_averages_as_its_tables_do():
    means = {name: reader.mean_over for name, reader in DATASETS.items()}
    assert means == {
        "h36m": "actions", "humaneva": "subjects and actions", "mpi_inf_3dhp": "frames",
        "mocap": "frames",
    }  # fmt: skip
    assert set(means.values()) <= set(AVERAGES)
    with pytest.raises(UsageError, match="no data set"):
        find_reader("coco")


def test_other_keys_are_named_with_the_one_expected(tmp_path):
    write_h36m(tmp_path, frames=3, actions=("Walking",))
    (tmp_path / "data_2d_h36m_gt.npz").replace(tmp_path / "data_3d_h36m.npz")
    write_h36m(tmp_path / "again", frames=3, actions=("Walking",))
    (tmp_path / "again" / "data_2d_h36m_gt.npz").replace(tmp_path / "data_2d_h36m_gt.npz")
    with pytest.raises(InputError, match=r"keys positions_2d, metadata; expected 'positions_3d'"):
        read_takes("h36m", tmp_path, "val")


@pytest.mark.parametrize("share", [0.0, 0.5, 0.999])
def test_a_damaged_pickle_file_is_refused(tmp_path, share):
    write_h36m(tmp_path, frames=3, actions=("Walking",))
    path = tmp_path / "data_3d_h36m.npz"
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match=r"data_3d_h36m\.npz is damaged"):
        read_takes("h36m", tmp_path, "val")


def test_bytes_overwritten_inside_a_pickle_file_are_noticed(tmp_path):
    write_h36m(tmp_path, frames=3, actions=("Walking",))
    path = tmp_path / "data_3d_h36m.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 64] = bytes(64)
    path.write_bytes(content)
    with pytest.raises(InputError, match="is damaged"):
        read_takes("h36m", tmp_path, "val")


def test_a_key_that_holds_no_dictionary_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", data=np.zeros(3))
    with pytest.raises(InputError, match="'data' holds ndarray, expected a dictionary"):
        pickled_npz.read_pickled(tmp_path / "a.npz", "data")


def test_the_registry_imports_no_torch():
    code = "import sys, glagcn_training.data.registry; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
