from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest
import torch

from glagcn_cli.errors import InputError, NobodyFoundError, OutputError, UsageError
from glagcn_cli.export import bvh, npz
from glagcn_cli.export.formats import BY_SUFFIX, SUFFIXES, ExportContext, writer_for
from glagcn_cli.files.checksums import sha256
from glagcn_cli.keypoints import detecting
from glagcn_cli.pipeline import video_lifter
from glagcn_cli.pipeline.process_video import lift_video, process_video
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.pipeline.video_lifter import VideoLifter
from glagcn_cli.progress.stages import Stages
from glagcn_cli.video import ffmpeg
from glagcn_cli.video.decoding import PixelFormat
from glagcn_cli.video.reader import VideoReader
from tests.helpers.clips import Frames, encode, opencv_frames, sound
from tests.helpers.fake_detection import (
    HEIGHT,
    WIDTH,
    X264,
    FakeDetector,
    clip,
    cut_off,
    random_lifter,
    use_detector,
    walker,
)

ALL_FORMATS = ("walk.mp4", "walk.npy", "walk.npz", "walk.bvh")


@pytest.fixture(scope="session")
def lifter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_lifter(tmp_path_factory.mktemp("lifter") / "random.pth")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return clip(tmp_path / "in.mp4")


def models(
    monkeypatch: pytest.MonkeyPatch, lifter: Path, detector: FakeDetector, **choices: Any
) -> VideoLifter:
    use_detector(monkeypatch, detector)
    return VideoLifter(Settings(lifter=str(lifter), device="cpu", **choices))


def report_of(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# One frame out for each frame in -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("frames", "fps"), [(1, 25), (2, 25), (12, Fraction(30000, 1001)), (61, 60)]
)
def test_every_format_has_each_frame_of_the_input(
    monkeypatch, tmp_path, out, lifter, frames, fps
) -> None:
    source = clip(tmp_path / "in.mp4", frames, fps)
    outputs = [out / name for name in ALL_FORMATS]
    written = process_video(models(monkeypatch, lifter, FakeDetector()), source, outputs)
    assert written == [*outputs, out / "walk.run.json"]
    assert len(opencv_frames(out / "walk.mp4")) == frames
    assert np.load(out / "walk.npy").shape == (frames, 17, 3)
    arrays = np.load(out / "walk.npz")
    assert arrays["joints_3d"].shape == (1, frames, 17, 3)
    assert Fraction(*arrays["fps_fraction"].tolist()) == fps
    assert f"Frames: {frames}\n" in (out / "walk.bvh").read_text()
    assert VideoReader(out / "walk.mp4").info.fps == fps


def test_strange_names(monkeypatch, tmp_path, lifter) -> None:
    source = clip(tmp_path / "in.mp4").rename(tmp_path / "w%03d ü 'x';.mp4")
    outputs = [tmp_path / name for name in ("-a %d é.MP4", "-a %d é.BVH", "b.c.npy")]
    written = process_video(models(monkeypatch, lifter, FakeDetector()), source, outputs)
    reports = [tmp_path / "-a %d é.run.json", tmp_path / "b.c.run.json"]
    assert written == [*outputs, *reports]
    assert len(opencv_frames(outputs[0])) == 12
    assert report_of(reports[1])["input"]["path"] == str(source)


def test_the_sound_comes_along(monkeypatch, tmp_path, out, lifter) -> None:
    source = clip(tmp_path / "in.mp4", 50, sound=True)
    process_video(models(monkeypatch, lifter, FakeDetector()), source, [out / "walk.mp4"])
    before, after = sound(source), sound(out / "walk.mp4")
    assert len(after) == pytest.approx(len(before), abs=0.05 * 8000)
    length = min(len(before), len(after))
    assert np.corrcoef(before[:length], after[:length])[0, 1] > 0.99


@pytest.mark.parametrize("codec", [("aac",), ("libmp3lame",), ("pcm_s16le",)])
def test_a_flash_and_a_click_stay_together(monkeypatch, tmp_path, out, lifter, codec) -> None:
    """Within 20 ms, after the whole way through the program."""
    pictures = np.zeros((50, HEIGHT, WIDTH, 3), np.uint8)
    pictures[25] = 255  # at 1 s
    click = ("-f", "lavfi", "-i", "aevalsrc=between(t\\,1\\,1.01)*sin(9000*t):s=48000:d=2")
    source = encode(tmp_path / "in.mov", pictures, 25, *click, *X264, "-c:a", *codec)
    process_video(models(monkeypatch, lifter, FakeDetector()), source, [out / "walk.mp4"])
    brightness = [
        frame[:, : frame.shape[1] // 3].mean() for frame in opencv_frames(out / "walk.mp4")
    ]
    heard = np.flatnonzero(np.abs(sound(out / "walk.mp4", 48000)) > 0.3)[0] / 48000
    assert heard == pytest.approx(np.argmax(brightness) / 25, abs=0.02)


def test_lift_video_gives_what_the_files_hold(monkeypatch, source, out, lifter) -> None:
    use_detector(monkeypatch, FakeDetector())
    settings = Settings(lifter=str(lifter), device="cpu")
    (sequence,) = lift_video(source, settings)
    use_detector(monkeypatch, FakeDetector())
    process_video(VideoLifter(settings), source, [out / "walk.npy"])
    np.testing.assert_array_equal(np.load(out / "walk.npy"), sequence.joints)
    assert sequence.frame == "scene"


def test_the_2d_that_is_lifted_is_what_was_detected(monkeypatch, source, lifter) -> None:
    lifted = models(monkeypatch, lifter, FakeDetector()).lift(source)
    np.testing.assert_allclose(lifted.keypoints[0].keypoints, walker(12), atol=1e-4)


@pytest.mark.parametrize("variant", ["paper", "released"])
def test_both_variants_of_the_network_run(monkeypatch, tmp_path, source, out, variant) -> None:
    lifter = random_lifter(tmp_path / "other.pth", variant)
    process_video(models(monkeypatch, lifter, FakeDetector()), source, [out / "walk.npy"])
    assert np.isfinite(np.load(out / "walk.npy")).all()


# People ------------------------------------------------------------------------------------------


def test_all_people_get_files_that_are_told_of(monkeypatch, source, out, lifter) -> None:
    three = models(monkeypatch, lifter, FakeDetector(people=3), people="all")
    written = process_video(three, source, [out / name for name in ALL_FORMATS])
    assert [path.name for path in written] == [
        "walk.mp4",
        *("walk.npy", "walk.person2.npy", "walk.person3.npy"),
        "walk.npz",
        *("walk.bvh", "walk.person2.bvh", "walk.person3.bvh"),
        "walk.run.json",
    ]
    assert sorted(path.name for path in written) == names(out)
    report = report_of(out / "walk.run.json")
    assert [Path(row["path"]) for row in report["outputs"]] == written[:-1]
    assert [row["person"] for row in report["people"]] == [1, 2, 3]
    assert np.load(out / "walk.npz")["joints_3d"].shape[0] == 3


def test_another_person_can_be_chosen(monkeypatch, source, out, lifter) -> None:
    second = models(monkeypatch, lifter, FakeDetector(people=2), people=2)
    process_video(second, source, [out / "walk.npy"])
    report = report_of(out / "walk.run.json")
    (person,) = report["people"]
    assert (person["person"], person["frames_with_a_pose"]) == (2, 12)
    assert person["sudden_turns"] == []
    assert set(person["contacts"]) == {
        "share", "rests", "skate", "penetration", "floating", "jerk",
    }  # fmt: skip
    assert report["people_found"] == 2


def test_a_person_who_is_not_there(monkeypatch, source, out, lifter) -> None:
    told = r"in\.mp4: there is no person 5; 2 people were found"
    fifth = models(monkeypatch, lifter, FakeDetector(people=2), people=5)
    with pytest.raises(UsageError, match=told):
        process_video(fifth, source, [out / name for name in ALL_FORMATS])
    assert names(out) == []


@pytest.mark.parametrize("frame", [0, 5, 11])
def test_a_person_in_one_frame_only(monkeypatch, source, out, lifter, frame) -> None:
    outputs = [out / name for name in ALL_FORMATS]
    process_video(models(monkeypatch, lifter, FakeDetector(seen={frame})), source, outputs)
    joints = np.load(out / "walk.npy")
    assert np.isfinite(joints).all(axis=(1, 2)).tolist() == [i == frame for i in range(12)]
    assert np.isnan(joints[np.arange(12) != frame]).all()
    assert np.load(out / "walk.npz")["valid"].tolist() == [[i == frame for i in range(12)]]
    # A rig cannot vanish: it stands still in the only pose there is.
    lines = (out / "walk.bvh").read_text().split("Frame Time")[1].splitlines()[1:]
    motion = np.array([line.split() for line in lines], float)
    assert len(motion) == 12
    np.testing.assert_allclose(motion, motion[[0] * 12], atol=1e-3)
    assert len(opencv_frames(out / "walk.mp4")) == 12


def test_nobody_gives_a_video_without_skeleton_and_nothing_else(
    monkeypatch, source, out, lifter
) -> None:
    nobody = models(monkeypatch, lifter, FakeDetector(people=0))
    told: list[Path] = []
    with pytest.raises(NobodyFoundError) as caught:
        outputs = [out / name for name in ALL_FORMATS]
        process_video(nobody, source, outputs, on_written=told.append)
    message = str(caught.value)
    assert "in.mp4: no person was found in any of its 12 frames" in message
    assert "walk.mp4 was written without a skeleton" in message
    assert names(out) == ["walk.mp4", "walk.run.json"]
    assert [path.name for path in told] == ["walk.mp4", "walk.run.json"]
    # The left of the picture is the video and nothing on it: each frame is of one grey.
    shown = opencv_frames(out / "walk.mp4")
    assert len(shown) == 12
    assert shown[3][200:700, 200:900].std() < 2
    report = report_of(out / "walk.run.json")
    assert report["people"] == []
    assert [Path(row["path"]).suffix for row in report["not_written"]] == [".npy", ".npz", ".bvh"]


def test_nobody_and_no_video_asked_for_writes_nothing(monkeypatch, source, out, lifter) -> None:
    nobody = models(monkeypatch, lifter, FakeDetector(people=0))
    with pytest.raises(NobodyFoundError, match="nothing was written"):
        process_video(nobody, source, [out / "walk.npy", out / "walk.bvh"])
    assert names(out) == []


# Outputs that fail -------------------------------------------------------------------------------


def full_disk(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def test_one_output_that_fails_costs_that_one_only(monkeypatch, source, out, lifter) -> None:
    monkeypatch.setattr(npz.np, "savez_compressed", full_disk)
    outputs = [out / name for name in ALL_FORMATS]
    told: list[Path] = []
    with pytest.raises(OutputError, match=r"walk\.npz: cannot be written \(No space left"):
        process_video(
            models(monkeypatch, lifter, FakeDetector()), source, outputs, on_written=told.append
        )
    assert names(out) == ["walk.bvh", "walk.mp4", "walk.npy", "walk.run.json"]
    assert sorted(path.name for path in told) == names(out)
    assert len(opencv_frames(out / "walk.mp4")) == 12
    assert np.load(out / "walk.npy").shape == (12, 17, 3)
    report = report_of(out / "walk.run.json")
    assert [Path(row["path"]).name for row in report["outputs"]] == [
        "walk.mp4",
        "walk.npy",
        "walk.bvh",
    ]
    (missing,) = report["not_written"]
    assert Path(missing["path"]) == out / "walk.npz"
    assert "No space left" in missing["why"]


def test_two_that_fail_are_both_told(monkeypatch, source, out, lifter) -> None:
    monkeypatch.setattr(npz.np, "savez_compressed", full_disk)
    monkeypatch.setattr(bvh, "write_motion", full_disk)
    with pytest.raises(OutputError) as caught:
        outputs = [out / "walk.npz", out / "walk.bvh"]
        process_video(models(monkeypatch, lifter, FakeDetector()), source, outputs)
    assert [
        "walk.npz" in line or "walk.bvh" in line for line in str(caught.value).splitlines()
    ] == [
        True,
        True,
    ]
    assert names(out) == []


def test_a_full_disk_while_encoding(monkeypatch, source, out, lifter) -> None:
    def encode_to_full(arguments: list[str], feed: bool) -> ffmpeg.FfmpegProcess:
        target = "/dev/full" if feed else arguments[-1]
        container = ["-f", "mp4"] if feed else []
        return real([*arguments[:-1], *container, target], feed)

    real = ffmpeg.FfmpegProcess
    monkeypatch.setattr(ffmpeg, "FfmpegProcess", encode_to_full)
    with pytest.raises(OutputError, match=r"walk\.mp4: cannot be written \(.*No space left"):
        process_video(
            models(monkeypatch, lifter, FakeDetector()), source, [out / "walk.mp4", out / "a.npy"]
        )
    assert names(out) == ["a.npy", "a.run.json"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_an_interruption_keeps_what_is_whole_and_reports_it(
    monkeypatch, source, out, lifter, error
) -> None:
    def interrupt(*_: object) -> None:
        assert any(".part" in name for name in names(out)), "nothing was being written"
        raise error

    monkeypatch.setattr(bvh, "write_motion", interrupt)
    (out / "walk.run.json").write_text("of an earlier run")
    outputs = [out / "walk.npy", out / "walk.bvh", out / "walk.mp4"]
    with pytest.raises(error):
        process_video(models(monkeypatch, lifter, FakeDetector()), source, outputs)
    assert names(out) == ["walk.npy", "walk.run.json"]
    report = report_of(out / "walk.run.json")
    assert [Path(row["path"]).name for row in report["outputs"]] == ["walk.npy"]
    why = {Path(row["path"]).name: row["why"] for row in report["not_written"]}
    assert why == {
        "walk.bvh": "RuntimeError()" if error is RuntimeError else "interrupted",
        "walk.mp4": "not reached",
    }


@pytest.mark.parametrize("stage", ["detection", "drawing", "lifting"])
def test_ctrl_c_in_any_stage_leaves_nothing(monkeypatch, source, out, lifter, stage) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    detector = FakeDetector(before_batch=interrupt if stage == "detection" else lambda done: None)
    loaded = models(monkeypatch, lifter, detector)
    if stage == "lifting":
        monkeypatch.setattr(loaded.lifter, "lift", interrupt)
    if stage == "drawing":
        monkeypatch.setattr("glagcn_cli.rendering.SideBySideRenderer.render", interrupt)
    with pytest.raises(KeyboardInterrupt):
        process_video(loaded, source, [out / "walk.mp4", out / "walk.npy"])
    assert names(out) == []


def test_what_stood_there_stays_when_the_run_fails(monkeypatch, source, out, lifter) -> None:
    (out / "walk.npz").write_text("old")
    monkeypatch.setattr(npz.np, "savez_compressed", full_disk)
    with pytest.raises(OutputError):
        process_video(
            models(monkeypatch, lifter, FakeDetector()), source, [out / "walk.npz"], overwrite=True
        )
    assert (out / "walk.npz").read_text() == "old"


def test_a_video_that_changes_between_the_two_passes(monkeypatch, source, out, lifter) -> None:
    loaded = models(monkeypatch, lifter, FakeDetector())
    lift = loaded.lift

    def lift_then_replace(*arguments: Any) -> video_lifter.LiftedVideo:
        lifted = lift(*arguments)
        clip(source, 7)
        return lifted

    monkeypatch.setattr(loaded, "lift", lift_then_replace)
    with pytest.raises((InputError, OutputError), match=r"in\.mp4: has changed while it was read"):
        process_video(loaded, source, [out / "walk.mp4"])
    assert names(out) == []


# The report --------------------------------------------------------------------------------------


def test_the_report_says_what_ran(monkeypatch, tmp_path, out, lifter) -> None:
    source = clip(tmp_path / "in.mp4", 12, Fraction(30000, 1001), sound=True)
    loaded = models(monkeypatch, lifter, FakeDetector(), turn=20.0)
    stages = Stages()
    process_video(loaded, source, [out / name for name in ALL_FORMATS], stages=stages)
    report = report_of(out / "walk.run.json")
    assert report["settings"]["device"] == "cpu"
    assert report["settings"]["turn"] == 20.0
    assert report["settings"]["threads"] == torch.get_num_threads()
    assert report["settings"]["input"] == str(source)
    assert report["input"]["fps"] == "30000/1001"
    assert report["input"]["has_audio"] is True
    assert report["frames"] == 12
    assert report["truncated"] is False
    assert report["versions"]["ffmpeg"] == imageio_ffmpeg.get_ffmpeg_version()
    assert {"glagcn", "torch", "mmpose", "python"} <= set(report["versions"])
    assert [Path(row["path"]) for row in report["outputs"]] == [out / n for n in ALL_FORMATS]
    assert all(row["holds"] for row in report["outputs"])
    assert report["not_written"] == []


def test_the_report_names_models_by_their_checksums(monkeypatch, source, out, lifter) -> None:
    process_video(models(monkeypatch, lifter, FakeDetector()), source, [out / "walk.npy"])
    told = report_of(out / "walk.run.json")["models"]
    assert told["lifter"]["sha256"] == sha256(lifter)
    assert told["lifter"]["name"] == str(lifter)
    assert told["lifter"]["architecture"]["window"] == 27
    assert told["detector"]["name"] == "rtmdet-nano"
    assert told["pose"]["name"] == "movenet-thunder"
    assert len({told[kind]["sha256"] for kind in told}) == 3
    assert all(len(told[kind]["sha256"]) == 64 for kind in told)


def test_the_device_that_auto_chose_is_told(monkeypatch, source, out, lifter) -> None:
    use_detector(monkeypatch, FakeDetector())
    process_video(VideoLifter(Settings(lifter=str(lifter))), source, [out / "walk.npy"])
    device = report_of(out / "walk.run.json")["settings"]["device"]
    assert device == ("cuda:0" if torch.cuda.is_available() else "cpu")


def test_the_report_tells_stages_apart(monkeypatch, source, out, lifter) -> None:
    outputs = [out / "walk.mp4", out / "walk.npy"]
    process_video(models(monkeypatch, lifter, FakeDetector()), source, outputs)
    stages = report_of(out / "walk.run.json")["stages"]
    assert list(stages) == [
        "loading", "detection", "tracking", "lifting", "scene", "rendering", "export",
    ]  # fmt: skip
    for stage, parts in {
        "detection": {"decoding", "models", "camera"},
        "rendering": {"decoding", "drawing", "encoding"},
    }.items():
        assert stages[stage]["frames"] == 12
        assert set(stages[stage]["parts"]) == parts
        # Not their sum: rendering's parts overlap.
        assert max(stages[stage]["parts"].values()) <= stages[stage]["seconds"] + 0.01


def test_outputs_of_several_stems_get_a_report_each(monkeypatch, source, out, lifter) -> None:
    outputs = [out / "a.npy", out / "b.npz", out / "a.bvh"]
    process_video(models(monkeypatch, lifter, FakeDetector()), source, outputs)
    assert names(out) == ["a.bvh", "a.npy", "a.run.json", "b.npz", "b.run.json"]
    assert report_of(out / "a.run.json") == report_of(out / "b.run.json")


def test_a_cut_off_video_is_done_as_far_as_it_goes(
    monkeypatch, tmp_path, out, lifter, caplog
) -> None:
    whole = tmp_path / "in.mkv"
    source = cut_off(clip(whole, 120), 0.6)
    process_video(
        models(monkeypatch, lifter, FakeDetector()), source, [out / "a.mp4", out / "a.npy"]
    )
    report = report_of(out / "a.run.json")
    assert 30 < report["frames"] < 115
    assert report["truncated"] is True
    assert len(opencv_frames(out / "a.mp4")) == len(np.load(out / "a.npy")) == report["frames"]
    warnings = [record for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "in.mkv: damaged or cut off" in warnings[0].getMessage()


# Memory ------------------------------------------------------------------------------------------


def test_frames_are_streamed_in_both_passes(monkeypatch, tmp_path, out, lifter) -> None:
    source = clip(tmp_path / "in.mp4", 60)
    alive: list[weakref.ref[Frames]] = []
    most = 0
    read = VideoReader._decoded

    def watched(self: VideoReader, pixels: PixelFormat) -> Iterator[Frames]:
        nonlocal most
        for frame in read(self, pixels):
            alive.append(weakref.ref(frame))
            most = max(most, sum(1 for ref in alive if ref() is not None))
            yield frame

    monkeypatch.setattr(VideoReader, "_decoded", watched)
    gc.collect()
    process_video(models(monkeypatch, lifter, FakeDetector()), source, [out / "walk.mp4"])
    assert len(alive) == 120
    # In one batch people are looked for, in the one before the camera; others wait, and the thread
    # that decodes holds one.
    assert most <= 2 * FakeDetector.frames_at_once + detecting.MOST_AHEAD + 2


# Tables that must agree with the writers ---------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_formats_of_one_person_are_known_as_such(monkeypatch, source, out, lifter, suffix) -> None:
    two = models(monkeypatch, lifter, FakeDetector(people=2), people="all").lift(source)
    target = out / f"a{suffix}"
    files = list(writer_for(target)(target, two.sequences, ExportContext()))
    own = [file for file in files if file.suffix == suffix]
    assert (len(own) == 2) == BY_SUFFIX[suffix].one_person
    assert len(files) == len(own) * (1 + len(BY_SUFFIX[suffix].beside))
