"""Every picture at its time: frames that bear their number, at uneven times, in many containers."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import pytest

from glagcn_cli.video.clip_times import ClipRange
from glagcn_cli.video.own_frames import own_frames
from glagcn_cli.video.reader import VideoReader
from tests.helpers.clips import ffmpeg
from tests.helpers.numbered import encode_at, number_of, wrong_frames

COUNT = 50
YUV = ("-pix_fmt", "yuv420p")


def x264(bframes: int, *more: str) -> tuple[str, ...]:
    """Options for H.264 with so many B-frames in a row."""
    order = ("-bf", f"{bframes}", "-b_strategy", "0")
    return ("-c:v", "libx264", "-preset", "veryfast", "-crf", "16", *order, *YUV, *more)


OPEN = ("-x264-params", "open-gop=1:keyint=12:min-keyint=12")
HEVC = (
    "-c:v",
    "libx265",
    "-preset",
    "ultrafast",
    "-x265-params",
    "log-level=0:bframes=4:open-gop=1",
)
QUICK = ("-deadline", "realtime", "-cpu-used", "8", "-b:v", "1M")

FILES = {
    "H.264": ("a.mp4", x264(0)),
    "a B-frame": ("a.mp4", x264(1)),
    "two B-frames": ("a.mov", x264(2)),
    "three, open groups": ("a.mp4", x264(3, *OPEN)),
    "four that refer to each other": ("a.mp4", x264(4, "-refs", "4")),
    "B-frames in fragments": ("a.mp4", x264(3, "-movflags", "frag_keyframe+empty_moov")),
    "HEVC": ("a.mp4", (*HEVC, *YUV)),
    "MPEG-4": ("a.mov", ("-c:v", "mpeg4", "-q:v", "2", "-bf", "2")),
    "Matroska": ("a.mkv", x264(3)),
    "VP8": ("a.webm", ("-c:v", "libvpx", *QUICK)),
    "VP9": ("a.webm", ("-c:v", "libvpx-vp9", *QUICK)),
    "transport stream": ("a.ts", x264(3)),
    "Flash": ("a.flv", x264(2)),
    "AVI": ("a.avi", ("-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p")),
}
TICK = {"a.mkv": 0.001, "a.webm": 0.001, "a.flv": 0.001}
"""Seconds to which a container rounds times."""


def paused(seconds: float, before: int = 25) -> list[float]:
    """30 pictures a second, and a pause before one of them."""
    return [k / 30 + (seconds if k >= before else 0) for k in range(COUNT)]


def dropped(share: float) -> list[float]:
    """30 pictures a second of which a share was left out."""
    draw = random.Random(0)
    kept = [k for k in range(3 * COUNT) if k == 0 or draw.random() >= share]
    return [k / 30 for k in kept[:COUNT]]


def changing(first: int, then: int) -> list[float]:
    """Pictures at one rate, and after half of them at another."""
    half = COUNT // 2
    return [min(k, half) / first + max(k - half, 0) / then for k in range(COUNT)]


TIMES = {
    "even": paused(0.0),
    "pause of 0.1 s": paused(0.1),
    "pause of 1 s": paused(1.0),
    "pause of 5 s": paused(5.0),
    "pause after the first": paused(1.0, 1),
    "pause before the last": paused(1.0, COUNT - 1),
    "pause before the last but two": paused(1.0, COUNT - 3),
    "2 % left out": dropped(0.02),
    "10 % left out": dropped(0.1),
    "30 % left out": dropped(0.3),
    "30, then 15": changing(30, 15),
    "15, then 30": changing(15, 30),
    "late": [1.0 + time for time in paused(1.0)],
}
CASES = [
    (file, times)
    for k, file in enumerate(FILES)
    for j, times in enumerate(TIMES)
    # Every second pairing, in turn; an AVI has no time before its first picture.
    if (k + j) % 2 == 0 and (file, times) != ("AVI", "late")
]


@pytest.mark.parametrize(("file", "kind"), CASES)
def test_every_picture_is_shown_at_its_time(tmp_path: Path, file: str, kind: str) -> None:
    (name, options), times = FILES[file], TIMES[kind]
    clip = encode_at(tmp_path / name, times, *options)
    reader = VideoReader(clip)
    shown = [number_of(frame) for frame in reader]
    assert reader.info.fps == 30
    assert sorted({*shown}) == [*range(COUNT)]
    assert not wrong_frames(shown, times, Fraction(30), TICK.get(name, 0.0)).size
    assert len(shown) == round((times[-1] - times[0]) * 30) + 1
    assert [number_of(frame) for frame in reader] == shown


@pytest.mark.parametrize("bframes", [0, 2, 3])
@pytest.mark.parametrize(
    "part", [ClipRange(0.5), ClipRange(1.0, 2.2), ClipRange(0.3, every=4), ClipRange(max_frames=41)]
)
def test_a_part_across_a_pause_is_of_the_whole(
    tmp_path: Path, bframes: int, part: ClipRange
) -> None:
    clip = encode_at(tmp_path / "a.mp4", TIMES["pause of 1 s"], *x264(bframes))
    whole = [number_of(frame) for frame in VideoReader(clip)]
    stop = part.stop(Fraction(30))
    expected = whole[part.first(Fraction(30)) : stop : part.every]
    assert [number_of(frame) for frame in VideoReader(clip, part)] == expected


@pytest.mark.parametrize("options", [x264(0), x264(3), x264(3, *OPEN)])
def test_a_pause_behind_an_edit_list(tmp_path: Path, options: tuple[str, ...]) -> None:
    # Cut without encoding anew: the file holds the pictures from a key frame on, of which its edit
    # list hides the first.
    times = paused(1.0, 35)
    whole = encode_at(tmp_path / "whole.mp4", times, *options)
    ffmpeg("-ss", "0.6", "-i", whole, "-c", "copy", tmp_path / "cut.mp4")
    shown = [number_of(frame) for frame in VideoReader(tmp_path / "cut.mp4")]
    kept = times[shown[0] :]
    assert shown[0] in (17, 18)
    assert not wrong_frames([k - shown[0] for k in shown], kept, Fraction(30)).size
    assert len(shown) == round((kept[-1] - kept[0]) * 30) + 1


HALF_STEPS = {
    "one longer": [k / 30 + (k >= 20) / 60 for k in range(COUNT)],
    "one shorter": [k / 30 - (k >= 20) / 60 for k in range(COUNT)],
    "half a second at 60": [k / 30 if k < 20 else 20 / 30 + (k - 20) / 60 for k in range(COUNT)],
}


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
@pytest.mark.parametrize(("kind", "fps"), [*zip(HALF_STEPS, (30, 30, 60), strict=True)])
def test_the_rate_is_what_most_steps_say(tmp_path: Path, name: str, kind: str, fps: int) -> None:
    times = HALF_STEPS[kind]
    reader = VideoReader(encode_at(tmp_path / name, times, *x264(2)))
    shown = [number_of(frame) for frame in reader]
    assert reader.info.fps == fps
    assert len({*shown}) >= COUNT - 1
    assert len(shown) == pytest.approx(times[-1] * fps + 1, abs=0.6)
    # A picture that comes between two steps may be shown on either.
    assert not wrong_frames(shown, times, Fraction(fps), 0.26 / fps).size


@pytest.mark.parametrize(("said", "real"), [(25, 30), (30, 24), (60, 30), (15, 50)])
def test_a_header_that_says_another_rate(tmp_path: Path, said: int, real: int) -> None:
    times = [k / real for k in range(COUNT)]
    reader = VideoReader(encode_at(tmp_path / "a.mkv", times, *x264(0), said=said))
    assert [number_of(frame) for frame in reader] == [*range(COUNT)]
    assert reader.info.fps == real


def test_own_pictures_of_frames(tmp_path: Path) -> None:
    clip = encode_at(tmp_path / "a.mp4", TIMES["pause of 1 s"], *x264(3))
    reader = VideoReader(clip, ClipRange(0.5, every=2))
    shown = own_frames(reader.info)
    assert shown == [number_of(frame) for frame in VideoReader(clip)]
    assert shown[15::2] == [number_of(frame) for frame in reader]
