from __future__ import annotations

import dataclasses
import json
import pickle
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glagcn_cli.errors import InputError, OutputError, UsageError
from glagcn_cli.keypoints import stage
from glagcn_cli.keypoints.clip import ClipDetections
from glagcn_cli.keypoints.files import for_video, keypoints_path, read_keypoints, save_keypoints
from glagcn_cli.keypoints.source import KeypointsUse
from glagcn_cli.pipeline.process_video import process_video
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.pipeline.video_lifter import VideoLifter
from glagcn_cli.skeleton import COCO17, HALPE26, JointSet
from glagcn_cli.video.clip_times import ClipRange
from tests.helpers.fake_detection import FakeDetector, clip, random_lifter, use_detector
from tests.helpers.kept_detections import NTSC, assert_same, detections, kept, video


def own(path: Path) -> ClipDetections:
    read = read_keypoints(path)
    assert isinstance(read, ClipDetections)
    return read


def never() -> int:
    raise AssertionError("the frames were counted")


# Our own files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("joint_set", [COCO17, HALPE26])
@pytest.mark.parametrize("counts", [[1], [0], [0, 2, 0, 1, 3, 0], [0, 0]])
def test_everything_comes_back(tmp_path: Path, joint_set: JointSet, counts: list[int]) -> None:
    given = dataclasses.replace(
        kept(counts, joint_set),
        truncated=True,
        starts_at=Fraction(1001, 30000),
        clip={"camera": np.arange(6.0).reshape(3, 2)},
    )
    save_keypoints(tmp_path / "a.keypoints.npz", given)
    back = own(tmp_path / "a.keypoints.npz")
    for some, other in zip(given.frames, back.frames, strict=True):
        assert_same(some, other)
    np.testing.assert_array_equal(back.clip["camera"], given.clip["camera"])
    plain = {"frames": [], "clip": {}}
    for one in (given, back):
        assert dataclasses.asdict(one) | plain == dataclasses.asdict(given) | plain


def test_a_file_stands_beside_the_first_output(tmp_path: Path) -> None:
    assert keypoints_path(Path("x/walk.3d.mp4")) == Path("x/walk.3d.keypoints.npz")
    save_keypoints(tmp_path / "a.npz", kept([1]))
    with pytest.raises(OutputError, match="exists already"):
        save_keypoints(tmp_path / "a.npz", kept([1]))


def test_numpy_reads_what_the_documentation_names(tmp_path: Path) -> None:
    save_keypoints(tmp_path / "a.npz", kept([2, 0, 1]))
    with np.load(tmp_path / "a.npz") as stored:
        assert stored["people_per_frame"].tolist() == [2, 0, 1]
        assert stored["detections.keypoints"].shape == (3, 17, 2)
        assert stored["fps_fraction"].tolist() == [30000, 1001]
        assert stored["image_size"].tolist() == [640, 480]
        assert int(stored["format_version"]) == 1
    documented = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    with np.load(tmp_path / "a.npz") as stored:
        assert [name for name in stored.files if f"`{name}`" not in documented] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": np.array("other")}, "no 2D keypoints"),
        ({"format_version": np.array(2)}, "newer than this program"),
        ({"joint_set": np.array("lobster")}, "expected one of coco17, coco25, halpe26"),
        ({"joint_names": np.array(["tail"] * 17)}, "not those of coco17"),
        ({"fps_fraction": np.array([30, 0])}, "no number"),
        ({"fps_fraction": np.array([-30, 1])}, "frames a second"),
        ({"fps_fraction": np.array([10**9, 1])}, "frames a second"),
        ({"image_size": np.array([0, 480])}, "image size"),
        ({"people_per_frame": np.array([2, -1, 1])}, "people_per_frame"),
        ({"people_per_frame": np.array([2.0, 0, 1])}, "people_per_frame"),
        ({"people_per_frame": np.array([2, 0, 2])}, "expected 4 rows"),
        ({"people_per_frame": np.array([], int)}, "expected 0 rows"),
        ({"detections.keypoints": np.full((3, 17, 2), np.nan)}, "NaN"),
        ({"detections.keypoints": np.full((3, 17, 2), 1e30)}, "far beyond"),
        ({"detections.keypoints": np.zeros((3, 16, 2))}, "shape"),
        ({"detections.scores": np.full((3, 17), 1.5)}, "outside 0..1"),
        ({"detections.boxes": np.full((3, 4), "left")}, "no numbers"),
        ({"detections.scores": None}, "detections.scores is missing"),
        ({"image_size": None}, "expected an array 'image_size', found"),
        ({"joint_set": None}, "expected an array 'joint_set', found"),
        ({"clip.camera": np.array("moves")}, "clip.camera holds no numbers"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    arrays = {**kept([2, 0, 1]).arrays(), **change}
    arrays = {name: array for name, array in arrays.items() if array is not None}
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(InputError, match=r"bad\.npz: holds no 2D") as caught:
        read_keypoints(tmp_path / "bad.npz")
    assert said in str(caught.value)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.99])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, share: float) -> None:
    path = tmp_path / "cut.npz"
    save_keypoints(path, kept([1] * 20))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match=r"cut\.npz"):
        read_keypoints(path)


class _Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_no_code_of_a_file_runs(tmp_path: Path) -> None:
    trap = np.array([_Trap(tmp_path / "sprung")], dtype=object)
    np.savez(tmp_path / "a.npz", **{**kept([1]).arrays(), "source": trap})
    (tmp_path / "b.npz").write_bytes(pickle.dumps(trap))
    (tmp_path / "c.json").write_bytes(pickle.dumps(trap))
    with zipfile.ZipFile(tmp_path / "d.npz", "w") as archive:
        archive.writestr("format.npy", pickle.dumps(trap))
    for name in ("a.npz", "b.npz", "c.json", "d.npz"):
        with pytest.raises(InputError, match=name):
            read_keypoints(tmp_path / name)
    assert not (tmp_path / "sprung").exists()


def test_a_file_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path, monkeypatch: Any) -> None:
    save_keypoints(tmp_path / "a.npz", kept([1]))
    monkeypatch.setattr("glagcn_cli.keypoints.files.LARGEST", 1000)
    with pytest.raises(InputError, match="more than any clip needs"):
        read_keypoints(tmp_path / "a.npz")


def test_what_is_there_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_keypoints(tmp_path / "missing.npz")
    (tmp_path / "a.txt").touch()
    with pytest.raises(UsageError, match=r"\.json"):
        read_keypoints(tmp_path / "a.txt")
    with pytest.raises(InputError, match=r"no \.json file in this folder"):
        read_keypoints(tmp_path)


# Files and videos --------------------------------------------------------------------------------


def test_a_file_of_another_video_is_refused(tmp_path: Path) -> None:
    saved = kept([1] * 50)
    same = video(tmp_path / "in.mp4", 51)  # announced lengths are off by a frame at times
    assert for_video(saved, tmp_path / "a.npz", same, never) is saved
    for other in (
        dataclasses.replace(same, width=320),
        dataclasses.replace(same, fps=Fraction(25)),
        dataclasses.replace(same, frames=80),
    ):
        count = never if other.frames == 51 else lambda: 80
        with pytest.raises(InputError, match=r"a\.npz: is of 50 frames, 640x480, 29\.97 a second"):
            for_video(saved, tmp_path / "a.npz", other, count)


@pytest.mark.parametrize("announced", [1, 900_000])
def test_frames_are_counted_where_a_video_announces_others(tmp_path: Path, announced: int) -> None:
    saved = kept([1] * 50)
    info = video(tmp_path / "in.mp4", announced)
    assert for_video(saved, tmp_path / "a.npz", info, lambda: 50) is saved


def test_a_part_is_taken_out_of_the_whole(tmp_path: Path) -> None:
    saved = kept([1] * 60, fps=Fraction(30))
    whole = video(tmp_path / "in.mp4", 60, Fraction(30))
    part = ClipRange(start=0.5, end=1.5, every=3)
    info = dataclasses.replace(
        whole, part=part, fps=Fraction(10), frames=10, starts_at=Fraction(1, 2)
    )
    saved = dataclasses.replace(saved, clip={"moves": np.array(1), "path": np.zeros((60, 2))})
    taken = for_video(saved, tmp_path / "a.npz", info, never)
    assert [id(frame) for frame in taken.frames] == [id(f) for f in saved.frames[15:45:3]]
    assert (taken.fps, taken.starts_at, [*taken.clip]) == (10, Fraction(1, 2), ["moves"])
    assert for_video(taken, tmp_path / "a.npz", info, never) is taken
    with pytest.raises(InputError, match=r"10 frames from 0\.5 s on"):
        for_video(taken, tmp_path / "a.npz", whole, never)


# Runs --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lifter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_lifter(tmp_path_factory.mktemp("lifter") / "random.pth")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return clip(tmp_path / "in.mp4", 40)


def models(lifter: Path, **choices: Any) -> VideoLifter:
    return VideoLifter(Settings(lifter=str(lifter), device="cpu", **choices))


def no_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    def loaded(*_: Any) -> None:
        raise AssertionError("the 2D stage was loaded")

    monkeypatch.setattr(stage, "load_people_detector", loaded)


def test_kept_2d_gives_the_same_poses_without_the_2d_stage(
    monkeypatch: pytest.MonkeyPatch, source: Path, out: Path, lifter: Path
) -> None:
    use_detector(monkeypatch, FakeDetector(people=2, seen=range(3, 30)))
    everybody = models(lifter, people="all")
    written = process_video(everybody, source, [out / "a.npz"], use=KeypointsUse(save_2d=True))
    assert [path.name for path in written] == ["a.keypoints.npz", "a.npz", "a.run.json"]
    no_detector(monkeypatch)
    again = KeypointsUse(from_2d=out / "a.keypoints.npz")
    process_video(models(lifter, people="all"), source, [out / "b.npz"], use=again)
    process_video(models(lifter, people="all"), None, [out / "c.npz", out / "c.mp4"], use=again)
    with np.load(out / "a.npz") as first:
        for name in ("b.npz", "c.npz"):
            with np.load(out / name) as second:
                for key in ("joints_3d", "keypoints_2d", "scores", "valid", "fps_fraction"):
                    np.testing.assert_array_equal(first[key], second[key], f"{name} {key}")
    report = json.loads((out / "b.run.json").read_text(encoding="utf-8"))
    assert report["keypoints_from"] == str(out / "a.keypoints.npz")
    assert "detection" not in report["stages"]
    assert list(report["models"]) == ["lifter"]


def test_files_of_others_need_the_video(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: Path, out: Path, lifter: Path
) -> None:
    no_detector(monkeypatch)
    person = {
        "image_id": 7, "category_id": 1, "score": 0.9,
        "keypoints": np.insert(detections(1).keypoints[0] / 8, 2, 0.8, axis=1).ravel().tolist(),
    }  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps([person]))
    use = KeypointsUse(from_2d=tmp_path / "a.json")
    process_video(models(lifter), source, [out / "a.npy"], use=use)
    assert np.isfinite(np.load(out / "a.npy")).all(axis=(1, 2)).nonzero()[0].tolist() == [7]
    with pytest.raises(UsageError, match=r"a\.json: says neither the size nor the rate"):
        process_video(models(lifter), None, [out / "b.npy"], use=use)


def test_outputs_that_would_be_lost_are_refused(
    monkeypatch: pytest.MonkeyPatch, source: Path, out: Path, lifter: Path
) -> None:
    no_detector(monkeypatch)
    save_keypoints(out / "a.keypoints.npz", kept([1], fps=NTSC))
    keep = KeypointsUse(save_2d=True)
    with pytest.raises(OutputError, match=r"a\.keypoints\.npz: exists already"):
        process_video(models(lifter), source, [out / "a.npy"], use=keep)
    outputs = [out / "b.npy", out / "b.keypoints.npz"]
    with pytest.raises(UsageError, match="is where --save-2d writes"):
        process_video(models(lifter), source, outputs, use=keep)
    itself = KeypointsUse(from_2d=out / "a.keypoints.npz")
    with pytest.raises(UsageError, match="is the input itself"):
        process_video(models(lifter), source, [out / "a.keypoints.npz"], use=itself, overwrite=True)
