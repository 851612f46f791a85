from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glagcn_cli.keypoints import cache, provenance, stage
from glagcn_cli.keypoints.cache import CachedClip, cache_key, detections_folder, make_room
from glagcn_cli.keypoints.clip import ClipDetections
from glagcn_cli.keypoints.source import KeypointsUse
from glagcn_cli.pipeline.process_video import process_video
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.pipeline.video_lifter import VideoLifter
from glagcn_cli.poses import FrameDetections
from glagcn_cli.skeleton import COCO17
from glagcn_cli.video.probing import VideoInfo
from glagcn_cli.video.source import Source
from tests.helpers.fake_detection import FakeDetector, clip, random_lifter, use_detector
from tests.helpers.kept_detections import assert_same, kept, video

CACHE = KeypointsUse(cache=True)
MADE_BY = {"models": "some"}


@pytest.fixture
def info(tmp_path: Path) -> VideoInfo:
    (tmp_path / "in.mp4").write_bytes(b"a video" * 100)
    return video(tmp_path / "in.mp4", None, Fraction(10))


def found(frames: int) -> ClipDetections:
    return kept([1, 2, 0, 1] * (frames // 4), fps=Fraction(10))


def stored(cache_folder: Path) -> list[str]:
    return sorted(file.name for file in (cache_folder / "detections").glob("*/*"))


def feed(cached: CachedClip, frames: list[FrameDetections], batch: int = 8) -> None:
    for start in range(0, len(frames), batch):
        cached.append(frames[start : start + batch], COCO17)


def same(some: Any, other: Any) -> None:
    for one, two in zip(some, other, strict=True):
        assert_same(one, two)


# Keys --------------------------------------------------------------------------------------------


def test_the_name_of_a_video_does_not_matter_and_all_else_does(
    tmp_path: Path, info: VideoInfo
) -> None:
    key = cache_key(info, MADE_BY)
    (tmp_path / "other").mkdir()
    copy = tmp_path / "other" / "copy.mov"
    copy.write_bytes(info.path.read_bytes())
    os.utime(copy, (1, 1))
    assert cache_key(replace(info, source=Source.of(copy)), MADE_BY) == key
    content = bytearray(copy.read_bytes())
    content[350] ^= 1
    copy.write_bytes(content)
    others = [
        cache_key(replace(info, source=Source.of(copy)), MADE_BY),
        cache_key(replace(info, fps=Fraction(25)), MADE_BY),
        cache_key(replace(info, width=1), MADE_BY),
        cache_key(replace(info, part=replace(info.part, every=2)), MADE_BY),
        cache_key(info, {"models": "others"}),
    ]
    assert len({key, *others}) == 6


def test_models_are_known_by_their_content(tmp_path: Path) -> None:
    both = [tmp_path / name for name in ("config.py", "weights.pth")]
    for file in both:
        file.write_text("model = dict(type='A')")
    default = provenance.made_by(Settings())
    named = Settings(pose=",".join(map(str, both)))
    first = provenance.made_by(named)
    assert first["detector"] == default["detector"] and first["pose"] != default["pose"]
    both[1].write_text("model = dict(type='B')")
    assert provenance.made_by(named)["pose"] != first["pose"]
    json.dumps(first)


# One video ---------------------------------------------------------------------------------------


def test_what_was_found_is_found_again(cache_folder: Path, info: VideoInfo) -> None:
    cached, clip_ = CachedClip(info, MADE_BY), found(248)
    assert cached.whole() is None and cached.kept == []
    feed(cached, list(clip_.frames))
    # Segments of 10 seconds: 100 frames, at the end of a batch of 8.
    assert stored(cache_folder) == ["segment000000000.npz", "segment000000104.npz"]
    cached.finish(replace(clip_, clip={"camera": np.arange(3)}))
    assert stored(cache_folder) == ["whole.npz"]
    again = CachedClip(info, MADE_BY).whole()
    assert again is not None
    same(again.frames, clip_.frames)
    assert again.clip["camera"].tolist() == [0, 1, 2]
    assert CachedClip(info, {"models": "others"}).whole() is None
    assert CachedClip(info, None).whole() is None


def test_a_run_that_was_stopped_goes_on(cache_folder: Path, info: VideoInfo) -> None:
    frames = list(found(400).frames)
    for until in (120, 290, 400):
        cached = CachedClip(info, MADE_BY)
        assert cached.whole() is None
        same(cached.kept, frames[: len(cached.kept)])
        assert len(cached.kept) == {120: 0, 290: 104, 400: 208}[until]
        feed(cached, frames[:until])
    cached.finish(found(400))
    whole = CachedClip(info, MADE_BY).whole()
    assert whole is not None
    same(whole.frames, frames)


@pytest.mark.parametrize("damage", ["cut", "noise", "empty", "gone"])
def test_a_damaged_segment_is_found_anew(cache_folder: Path, info: VideoInfo, damage: str) -> None:
    frames = list(found(400).frames)
    feed(CachedClip(info, MADE_BY), frames)
    (second,) = cache_folder.glob("detections/*/segment000000104.npz")
    content = second.read_bytes()
    second.unlink()
    if damage != "gone":
        bad = {"cut": content[:2000], "noise": os.urandom(5000), "empty": b""}[damage]
        second.write_bytes(bad)
    cached = CachedClip(info, MADE_BY)
    assert cached.whole() is None
    same(cached.kept, frames[:104])
    feed(cached, frames)
    cached.finish(found(400))
    whole = CachedClip(info, MADE_BY).whole()
    assert whole is not None
    same(whole.frames, frames)


def test_a_damaged_whole_is_removed(cache_folder: Path, info: VideoInfo) -> None:
    CachedClip(info, MADE_BY).finish(found(40))
    (file,) = cache_folder.glob("detections/*/whole.npz")
    file.write_bytes(file.read_bytes()[:500])
    assert CachedClip(info, MADE_BY).whole() is None
    assert stored(cache_folder) == []


def test_a_video_that_changes_while_it_is_read_is_not_kept(
    cache_folder: Path, info: VideoInfo
) -> None:
    cached = CachedClip(info, MADE_BY)
    feed(cached, list(found(200).frames))
    assert stored(cache_folder)
    info.path.write_bytes(b"another video, recorded over the first")
    cached.finish(found(200))
    assert stored(cache_folder) == []


# The folder --------------------------------------------------------------------------------------


def test_the_oldest_goes_first(
    cache_folder: Path, info: VideoInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for age, models in enumerate("abcd"):
        CachedClip(info, {"models": models}).finish(found(40))
        (newest,) = (
            f for f in cache_folder.glob("detections/*/*") if f.stat().st_mtime > 1_000_000
        )
        os.utime(newest, (age, age))
    size = newest.stat().st_size
    assert CachedClip(info, {"models": "a"}).whole() is not None  # now the newest
    monkeypatch.setattr(cache, "LARGEST_CACHE", int(3.5 * size))
    CachedClip(info, {"models": "e"}).finish(found(40))
    left = [m for m in "abcde" if CachedClip(info, {"models": m}).whole() is not None]
    assert left == ["a", "d", "e"]
    monkeypatch.setattr(cache, "LARGEST_CACHE", 0)
    keep = detections_folder() / cache_key(info, {"models": "d"})
    make_room(keep)
    assert list(detections_folder().iterdir()) == [keep]


def test_room_is_made_while_another_process_makes_it(
    cache_folder: Path, info: VideoInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for models in "abc":
        CachedClip(info, {"models": models}).finish(found(40))
    keep, gone, other = (detections_folder() / cache_key(info, {"models": m}) for m in "abc")
    iterdir = Path.iterdir

    def vanishes(path: Path) -> Iterator[Path]:
        files = [*iterdir(path)]
        if path == gone:
            shutil.rmtree(gone)
        return iter(files)

    monkeypatch.setattr(Path, "iterdir", vanishes)
    monkeypatch.setattr(cache, "LARGEST_CACHE", 0)
    make_room(keep)
    assert keep.exists() and not gone.exists() and not other.exists()


def _read_only(folder: Path, _: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)


def _a_file(folder: Path, _: pytest.MonkeyPatch) -> None:
    folder.write_text("no folder")


def _full_disk(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("glagcn_cli.keypoints.files.np.savez", full)


def _hash_fails(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Path) -> str:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(cache, "remembered_sha256", fail)


def _out_of_memory(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(cache, "_store", fail)


@pytest.mark.parametrize("spoil", [_read_only, _a_file, _full_disk, _hash_fails, _out_of_memory])
def test_a_cache_that_cannot_be_used_costs_nothing(
    cache_folder: Path, info: VideoInfo, monkeypatch: pytest.MonkeyPatch, spoil: Any, caplog: Any
) -> None:
    caplog.set_level("DEBUG")
    spoil(cache_folder, monkeypatch)
    cached = CachedClip(info, MADE_BY)
    assert cached.whole() is None
    feed(cached, list(found(240).frames))
    cached.finish(found(240))
    told = [record for record in caplog.records if "cache" in record.getMessage()]
    if os.geteuid() != 0 or spoil is not _read_only:  # the administrator may write anywhere
        assert told and {record.levelname for record in told} == {"DEBUG"}


# Runs --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lifter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_lifter(tmp_path_factory.mktemp("lifter") / "random.pth")


def test_a_second_run_with_other_3d_options_has_no_2d_stage(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, out: Path, lifter: Path, caplog: Any
) -> None:
    caplog.set_level("INFO")
    source = clip(tmp_path / "in.mp4", 30)
    plain = Settings(lifter=str(lifter), device="cpu", people="all")
    use_detector(monkeypatch, FakeDetector(people=2))
    process_video(VideoLifter(plain), source, [out / "a.npz"], use=CACHE)
    assert caplog.text == ""

    def loaded(*_: Any) -> None:
        raise AssertionError("the 2D stage was loaded")

    monkeypatch.setattr(stage, "load_people_detector", loaded)
    process_video(VideoLifter(plain), source, [out / "b.npz"], use=CACHE)
    assert "its 2D was found by an earlier run" in caplog.text
    with np.load(out / "a.npz") as first, np.load(out / "b.npz") as second:
        for key in ("joints_3d", "keypoints_2d", "scores", "valid"):
            np.testing.assert_array_equal(first[key], second[key])
    others = replace(plain, smoothing=0.0, height=1.5, people=2)
    process_video(VideoLifter(others), source, [out / "c.mp4"], use=CACHE)
    report = json.loads((out / "c.run.json").read_text(encoding="utf-8"))
    assert report["keypoints_from"] == "cache" and "detection" not in report["stages"]
    for use, settings in ((KeypointsUse(), plain), (CACHE, replace(plain, every=2))):
        with pytest.raises(AssertionError, match="was loaded"):
            process_video(VideoLifter(settings), source, [out / "d.npz"], use=use)


_KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from tests.helpers.fake_detection import FakeDetector
from glagcn_cli.keypoints import cache
from glagcn_cli.keypoints import stage
from glagcn_cli.keypoints.source import KeypointsUse
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.pipeline.video_lifter import VideoLifter
from glagcn_cli.video.source import Source
from glagcn_cli.pipeline.process_video import process_video

def stop(done):
    if done >= 64:
        os.kill(os.getpid(), signal.SIGKILL)

cache.SEGMENT_SECONDS = 1
stage.load_people_detector = lambda *_: FakeDetector(before_batch=stop)
models = VideoLifter(Settings(lifter={lifter!r}, device="cpu"))
process_video(models, Path({source!r}), [Path({output!r})], use=KeypointsUse(cache=True))
"""


def test_a_killed_run_resumes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, out: Path, lifter: Path, cache_folder: Path
) -> None:
    source = clip(tmp_path / "in.mp4", 100)
    code = _KILLED.format(
        tests=str(Path(__file__).parents[2]), lifter=str(lifter), source=str(source),
        output=str(out / "a.npy"),
    )  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL
    # At 25 frames a second: 32 frames are the first whole batches of a second, then 64.
    assert stored(cache_folder) == ["segment000000000.npz", "segment000000032.npz"]
    detector = use_detector(monkeypatch, FakeDetector())
    detector.done = 64  # it goes on where the other was
    models = VideoLifter(Settings(lifter=str(lifter), device="cpu"))
    process_video(models, source, [out / "a.npy"], use=CACHE)
    assert detector.done == 100
    use_detector(monkeypatch, FakeDetector())
    models = VideoLifter(Settings(lifter=str(lifter), device="cpu"))
    process_video(models, source, [out / "b.npy"])
    np.testing.assert_array_equal(np.load(out / "a.npy"), np.load(out / "b.npy"))
    assert stored(cache_folder) == ["whole.npz"]
