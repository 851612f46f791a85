from __future__ import annotations

import json
import pickle
import zipfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.errors import InputError, UsageError
from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.export.readers.saved_poses import READABLE_SUFFIXES, read_poses
from glagcn_cli.skeleton import H36M17
from tests.helpers.moving_figure import sequence, walking

NTSC = Fraction(30000, 1001)
ALONE = (".trc", ".npy")  # formats of one person a file
NAME = "Über den Hof 2"


def walker(frames=40, person=1, fps=NTSC, seen=None):
    """Walks with gaps at the start, in the middle and at the end."""
    numbers = np.arange(frames)
    valid = (numbers > 2) & (numbers < 36) & (numbers // 6 != 2) if seen is None else seen
    figure = sequence(walking(frames).joints + person, valid=valid, fps=fps, person=person)
    return replace(
        figure,
        scores=np.where(valid[:, None], figure.scores, np.float32(0)),
        uncertainty=np.where(valid[:, None], 0.02 + figure.scores / 9, 0).astype(np.float32),
        contacts=valid[:, None] & (np.add.outer(numbers, [0, 1]) % 3 > 0),
    )


def write(path, people, **context):
    return list(writer_for(path)(path, people, ExportContext(**context)))


def saved(path, people, **context):
    write(path, people, **context)
    return read_poses(path)


@pytest.mark.parametrize("suffix", READABLE_SUFFIXES)
def test_a_round_trip_keeps_poses_gaps_rate_and_bones(tmp_path, suffix):
    person = walker()
    (back,) = saved(tmp_path / f"{NAME}{suffix}", [person]).sequences
    assert np.array_equal(back.valid, person.valid)
    moved = np.abs(back.joints - person.joints)[person.valid].max()
    assert moved < 1e-5  # metres
    assert back.fps == (NTSC if suffix != ".npy" else 30)
    assert (back.frame, back.joint_set, back.person) == ("scene", H36M17, 1)
    parents, children = np.array(H36M17.bone_indices).T
    bones = back.joints[person.valid].astype(np.float64)
    lengths = np.linalg.norm(bones[:, children] - bones[:, parents], axis=-1)
    assert lengths.std(axis=0).max() < 1e-5


# By how much each may be off, None where a format does not hold it.
CARRIED = {
    ".npz": {"scores": 0, "uncertainty": 0, "keypoints": 0, "contacts": 0},
    ".json": {"scores": 1e-4, "uncertainty": 1e-4, "keypoints": 0.01, "contacts": 0},
    ".csv": {"scores": 1e-4, "uncertainty": 1e-5, "keypoints": None, "contacts": 0},
    ".trc": dict.fromkeys(("scores", "uncertainty", "keypoints", "contacts")),
    ".c3d": dict.fromkeys(("scores", "uncertainty", "keypoints", "contacts")),
    ".npy": dict.fromkeys(("scores", "uncertainty", "keypoints", "contacts")),
}


@pytest.mark.parametrize("suffix", READABLE_SUFFIXES)
def test_what_a_format_does_not_hold_gets_its_documented_default(tmp_path, suffix):
    person = walker()
    everything = saved(tmp_path / f"out{suffix}", [person])
    (back,), seen = everything.sequences, person.valid
    for name, off in CARRIED[suffix].items():
        if off is not None:
            given, got = (getattr(one, name)[seen].astype(float) for one in (person, back))
            assert np.abs(got - given).max() <= off, name
    if CARRIED[suffix]["scores"] is None:
        assert np.array_equal(back.scores, np.repeat(seen[:, None], 17, axis=1))
        assert back.uncertainty is None and back.contacts is None
    assert everything.has_keypoints == (CARRIED[suffix]["keypoints"] is not None)
    if not everything.has_keypoints:
        assert np.isnan(back.keypoints).all()


@pytest.mark.parametrize("suffix", [s for s in READABLE_SUFFIXES if s not in ALONE])
def test_two_people_of_whom_one_appears_for_five_frames(tmp_path, suffix):
    glimpse = walker(person=3, seen=np.isin(np.arange(40), range(20, 25)))
    people = [glimpse, walker(person=2)]
    back = saved(tmp_path / f"out{suffix}", people).sequences
    assert [person.person for person in back] == [3, 2]
    for given, got in zip(people, back, strict=True):
        assert np.array_equal(got.valid, given.valid)
        assert np.abs(got.joints - given.joints)[given.valid].max() < 1e-5


@pytest.mark.parametrize("suffix", ALONE)
def test_the_file_of_another_person_says_who_that_is(tmp_path, suffix):
    main, other = write(tmp_path / f"{NAME}{suffix}", [walker(), walker(person=12)])
    assert read_poses(main).sequences[0].person == 1
    assert other.name == f"{NAME}.person12{suffix}"
    assert read_poses(other).sequences[0].person == 12


@pytest.mark.parametrize("suffix", READABLE_SUFFIXES)
@pytest.mark.parametrize(("frames", "only"), [(1, 0), (60, 0), (60, 59), (60, 31)])
def test_one_valid_frame(tmp_path, suffix, frames, only):
    person = walker(frames, seen=np.arange(frames) == only)
    (back,) = saved(tmp_path / f"out{suffix}", [person]).sequences
    assert np.array_equal(back.valid, person.valid)
    assert np.abs(back.joints - person.joints)[only].max() < 1e-5
    unknown = suffix == ".npy" or (suffix == ".csv" and frames == 1)  # one time is no rate
    assert back.fps == (30 if unknown else NTSC)


@pytest.mark.parametrize("rate", ["24000/1001", "25", "29.97", "7", "1000/3", "18.3271", "240"])
@pytest.mark.parametrize("suffix", [".npz", ".json", ".csv", ".trc", ".c3d"])
def test_rates_come_back(tmp_path, suffix, rate):
    fps = Fraction(rate)
    (back,) = saved(tmp_path / f"out{suffix}", [walker(40, fps=fps)]).sequences
    if suffix in (".npz", ".json"):
        assert back.fps == fps
    else:
        # 29.97 is nobody's rate but a rounded 30000/1001; others are as near as a float can say.
        assert float(back.fps) == pytest.approx(float(fps), rel=2e-6)
        assert back.fps == fps or rate in ("29.97", "1000/3", "18.3271")


@pytest.mark.parametrize("suffix", [".npz", ".json"])
def test_settings_and_the_video_come_back(tmp_path, suffix):
    settings = {"lifter": "lifter-27", "fov": 60.0, "turn": None, "input": "Größe.mp4"}
    context = {"settings": settings, "source": Path("x/Größe.mp4"), "image_size": (1768, 994)}
    back = saved(tmp_path / f"out{suffix}", [walker()], **context)
    assert back.settings == settings
    assert (back.source, back.image_size) == (Path("Größe.mp4"), (1768, 994))
    nothing = saved(tmp_path / f"bare{suffix}", [walker()])
    assert (nothing.settings, nothing.source, nothing.image_size) == ({}, None, None)


@pytest.mark.parametrize("suffix", [".json", ".csv", ".trc"])
def test_text_that_is_read_and_written_again_is_the_same(tmp_path, suffix):
    first, second = tmp_path / "a" / f"out{suffix}", tmp_path / "b" / f"out{suffix}"
    for path in (first, second):
        path.parent.mkdir()
    back = saved(first, [walker()])
    write(second, back.sequences, settings=back.settings)
    assert second.read_bytes() == first.read_bytes()


def test_npz_of_an_older_version_is_read(tmp_path):
    new = saved(tmp_path / "new.npz", [walker(), walker(person=5)])
    with np.load(tmp_path / "new.npz") as stored:
        kept = ("joints_3d", "valid", "joint_names", "fps")
        np.savez(tmp_path / "old.npz", **{name: stored[name] for name in kept})
    old = read_poses(tmp_path / "old.npz")
    for got, given in zip(old.sequences, new.sequences, strict=True):
        assert np.array_equal(got.joints, given.joints) and got.fps == NTSC
        assert got.uncertainty is None and got.contacts is None
        assert np.array_equal(got.scores, np.repeat(got.valid[:, None], 17, axis=1))
    assert [person.person for person in old.sequences] == [1, 2]


@pytest.mark.parametrize("suffix", READABLE_SUFFIXES)
@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.85])
def test_a_file_that_was_cut_off_is_refused_by_name(tmp_path, suffix, share):
    path = tmp_path / f"{NAME}{suffix}"
    write(path, [walker()])
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match=NAME):
        read_poses(path)


@pytest.mark.parametrize("suffix", READABLE_SUFFIXES)
def test_what_is_no_poses_is_refused(tmp_path, suffix):
    other = ".npy" if suffix == ".npz" else ".npz"
    write(tmp_path / f"real{other}", [walker()])
    draws = np.random.default_rng(0)
    for content in (
        (tmp_path / f"real{other}").read_bytes(),
        draws.bytes(5000),
        b"",
        b"\n\n\n",
        b"{}",
        b"[" * 100_000,
        pickle.dumps([1, 2]),
    ):
        path = tmp_path / f"false{suffix}"
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"false\."):
            read_poses(path)


class _Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_no_code_of_a_file_runs(tmp_path):
    trap = np.array([_Trap(tmp_path / "sprung")], dtype=object)
    write(tmp_path / "good.npz", [walker()])
    with np.load(tmp_path / "good.npz") as stored:
        np.savez(tmp_path / "bad.npz", **{**stored, "settings": trap})
    np.save(tmp_path / "bad.npy", trap)
    (tmp_path / "pickle.npy").write_bytes(pickle.dumps(trap))
    with zipfile.ZipFile(tmp_path / "pickle.npz", "w") as archive:
        archive.writestr("joints_3d.npy", pickle.dumps(trap))
    for name in ("bad.npz", "bad.npy", "pickle.npy", "pickle.npz"):
        with pytest.raises(InputError, match=name):
            read_poses(tmp_path / name)
    assert not (tmp_path / "sprung").exists()


def _json(change):
    def apply(path):
        document = json.loads(path.read_text(encoding="utf-8"))
        change(document)
        path.write_text(json.dumps(document), encoding="utf-8")

    return apply


def _npz(**arrays):
    def apply(path):
        with np.load(path) as stored:
            np.savez(path, **{**stored, **arrays})

    return apply


def _text(old, new):
    def apply(path):
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return apply


WRONG = [
    (".json", _json(lambda d: d.update(version=2)), "newer"),
    (".json", _json(lambda d: d.update(fps_fraction=[30, 0])), "out.json"),
    (".json", _json(lambda d: d.update(fps_fraction=[-30, 1])), "rate"),
    (".json", _json(lambda d: d.pop("people")), "people"),
    (".json", _json(lambda d: d["people"].append(d["people"][0])), "share a number"),
    (".json", _json(lambda d: d["people"][0]["frames"].pop()), "frames"),
    (".json", _json(lambda d: d["people"][0]["frames"][4]["joints"].pop()), "frame 4"),
    (".json", _json(lambda d: d["people"][0]["frames"][4]["joints"].append("x")), "out.json"),
    (".json", _json(lambda d: d["joint_names"].insert(0, "tail")), "joints"),
    (".json", _text('"joints": [[', '"joints": [[NaN, '), "NaN"),
    (".json", _text("glagcn-poses", "other"), "schema"),
    (".npz", _npz(format_version=np.array(2)), "newer"),
    (".npz", _npz(frame=np.array("camera")), "camera"),
    (".npz", _npz(joints_3d=np.full((2, 40, 17, 3), np.nan)), "NaN"),
    (".npz", _npz(joints_3d=np.zeros((2, 40, 16, 3))), "joints_3d"),
    (".npz", _npz(valid=np.zeros((2, 40), bool)), "nobody"),
    (".npz", _npz(fps_fraction=np.array([1, 0])), "out.npz"),
    (".npz", _npz(fps_fraction=np.array([10**9, 1])), "rate"),
    (".npz", _npz(scores=np.array("high")), "scores"),
    (".npz", _npz(settings=np.array("[1]")), "settings"),
    (".npz", _npz(joint_names=np.array([f"marker{i}" for i in range(17)])), "marker0"),
    (".csv", _text("frame,time", "frames,time"), "frame"),
    (".csv", _text("\n4,", "\n4000000000000,"), "far beyond"),
    (".csv", _text("\n4,", "\n-4,"), "below 0"),
    (".csv", _text("\n4,", "\n4.5,"), "not whole"),
    (".csv", _text("hip,", "hop,"), "joints"),
    (".csv", _text(",", ";"), "columns"),
    (".trc", _text("\tmm\t", "\tinch\t"), "inch"),
    (".trc", _text("thorax", "chest"), "joints"),
    (".trc", _text("\t40\t", "\t41\t"), "41"),
    (".trc", _text("29.97002997002997", "0"), "rate"),
]  # fmt: skip


@pytest.mark.parametrize(("suffix", "damage", "said"), WRONG)
def test_what_is_wrong_with_a_file_is_said(tmp_path, suffix, damage, said):
    path = tmp_path / f"out{suffix}"
    write(path, [walker()] if suffix in ALONE else [walker(), walker(person=2)])
    damage(path)
    with pytest.raises(InputError, match=r"out\.") as caught:
        read_poses(path)
    assert said in str(caught.value)


def test_what_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_poses(tmp_path / "missing.npz")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="not a file"):
        read_poses(tmp_path / "folder.csv")
    with pytest.raises(UsageError, match=r"\.npz"):
        read_poses(tmp_path / "walk.bvh")


def test_the_report_of_a_run_is_not_taken_for_poses(tmp_path):
    (tmp_path / "walk.run.json").write_text('{"report_version": 1}', encoding="utf-8")
    with pytest.raises(InputError, match="report of a run"):
        read_poses(tmp_path / "walk.run.json")


def test_csv_may_lack_rows_and_columns_and_be_sorted_otherwise(tmp_path):
    person = walker()
    write(tmp_path / "all.csv", [person])
    head, *rows = (tmp_path / "all.csv").read_text().splitlines()
    with_a_pose = [",".join(row.split(",")[:7]) for row in rows if ",," not in row]
    head = ",".join(head.split(",")[:7])
    few = tmp_path / "few.csv"
    few.write_text("\r\n".join([head, *reversed(with_a_pose), ""]), encoding="utf-8-sig")
    (back,) = read_poses(few).sequences
    last = int(np.flatnonzero(person.valid)[-1])  # frames after the last row are not known of
    assert np.array_equal(back.valid, person.valid[: last + 1])
    assert np.abs(back.joints - person.joints[: last + 1])[back.valid].max() < 1e-5
    assert back.fps == NTSC
