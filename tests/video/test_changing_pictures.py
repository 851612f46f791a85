"""Streams whose pictures change midway in size, shape, pixel format or range of colours."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.video.clip_times import ClipRange
from glagcn_cli.video.fetching import as_file
from glagcn_cli.video.reader import VideoReader
from tests.helpers.clips import corners, encode, ffmpeg, quadrants
from tests.helpers.numbered import HEIGHT, WIDTH, number_of, numbered

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "10", "-bf", "2")
VP8 = ("-c:v", "libvpx", "-deadline", "realtime", "-b:v", "1M")
JPEG = ("-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p")

FIELDS = (*X264, "-bf", "0", "-flags", "+ildct+ilme", "-x264-params", "tff=1:weightp=0")
FULL = ("-vf", "scale=out_range=pc", "-color_range", "pc")
SMALLER, DOUBLE = ("-s", "64x48"), ("-s", f"{2 * WIDTH}x{2 * HEIGHT}")

# Suffix, codec, options of what comes first and of what follows.
CHANGES = {
    "smaller, WebRTC": ("webm", VP8, DOUBLE, ()),
    "larger, WebRTC": ("webm", VP8, (), DOUBLE),
    "smaller, broadcast": ("ts", X264, (), SMALLER),
    "larger, broadcast": ("ts", X264, (), DOUBLE),
    "pixel format, broadcast": ("ts", X264, (), ("-pix_fmt", "yuv444p")),
    # Without B-frames, for decoders say of those before the change that they are as those after.
    "range, broadcast": ("ts", (*X264, "-bf", "0"), (), FULL),
    "fields": ("ts", FIELDS, (), DOUBLE),
    "smaller, Matroska": ("mkv", JPEG, (), SMALLER),
    "smaller, AVI": ("avi", JPEG, (), SMALLER),
}


def joined(path: Path, kind: str) -> Path:
    """Write 20 frames one way and 25 another, as one stream."""
    suffix, codec, before, after = CHANGES[kind]
    frames, parts = numbered(45), []
    for part, options in ((frames[:20], before), (frames[20:], after)):
        name = path / f"{len(parts)}.{suffix}"
        parts.append(encode(name, part, 25, *("-pix_fmt", "yuv420p"), *codec, *options))
    listed = path / "list.txt"
    listed.write_text("".join(f"file '{part}'\n" for part in parts))
    ffmpeg("-f", "concat", "-safe", "0", "-i", listed, "-c", "copy", path / f"a.{suffix}")
    return path / f"a.{suffix}"


@pytest.mark.parametrize("kind", CHANGES)
def test_what_follows_is_fitted_to_the_first(
    tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    clip = joined(tmp_path, kind)
    reader = VideoReader(clip)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            frames = list(reader)
            assert [number_of(frame) for frame in frames] == [*range(45)]
    assert reader.changed
    assert [record.getMessage() for record in caplog.records] == [
        f"{clip}: the size or the colours of its picture change midway; it is fitted to the first"
    ]
    for side in (np.less, np.greater):  # dark squares and bright ones are as they were
        assert np.ptp([np.median(frame[side(frame, 125)]) for frame in frames[1:]]) <= 6


def test_a_part_begins_after_the_change(tmp_path: Path) -> None:
    clip = joined(tmp_path, "smaller, WebRTC")
    shown = [number_of(frame) for frame in VideoReader(clip, ClipRange(1.0, every=3))]
    assert shown == [*range(25, 45, 3)]


def test_pictures_of_another_shape_keep_it_between_bars(tmp_path: Path) -> None:
    for k, (width, height) in enumerate([(96, 72)] * 3 + [(72, 96)] * 2):
        encode(tmp_path / f"{k}.png", np.full((1, height, width, 3), 200, np.uint8), 25)
    with as_file(tmp_path / "%d.png") as file:
        frames = list(VideoReader(file))
    assert len(frames) == 5
    assert frames[0].min() > 190
    for frame in frames[3:]:
        assert frame[:, 24:72].min() > 190
        assert frame[:, :19].max() < 10
        assert frame[:, -19:].max() < 10


def test_a_stream_that_stays_as_it_is_says_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reader = VideoReader(encode(tmp_path / "a.ts", numbered(30), 25, *X264))
    with caplog.at_level(logging.WARNING):
        assert [number_of(frame) for frame in reader] == [*range(30)]
    assert not reader.changed
    assert not caplog.records


TURNS = {
    "90": ("-display_rotation", "90"),
    "180": ("-display_rotation", "180"),
    "270": ("-display_rotation", "270"),
    "mirrored": ("-display_hflip",),
    "upside down": ("-display_vflip",),
    "90 mirrored": ("-display_rotation", "90", "-display_hflip"),
}


@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS)
@pytest.mark.parametrize("after", [(96, 72), (32, 24), (48, 64)], ids=["larger", "smaller", "tall"])
def test_turned_pictures_that_change_stay_turned(
    tmp_path: Path, turn: tuple[str, ...], after: tuple[int, int]
) -> None:
    parts = []
    for k, (width, height) in enumerate([(64, 48), after]):
        shown = quadrants(width, height, count=20)
        parts.append(encode(tmp_path / f"{k}.mkv", shown, 25, *JPEG))
    listed = tmp_path / "list.txt"
    listed.write_text("".join(f"file '{part}'\n" for part in parts))
    plain, clip = tmp_path / "plain.mkv", tmp_path / "turned.mkv"
    ffmpeg("-f", "concat", "-safe", "0", "-i", listed, "-c", "copy", plain)
    ffmpeg(*turn, "-i", plain, "-c", "copy", clip)
    ffmpeg(*turn, "-i", parts[0], "-c", "copy", tmp_path / "first.mkv")
    (upright, *_) = VideoReader(tmp_path / "first.mkv")
    reader = VideoReader(clip)
    frames = list(reader)
    assert reader.changed
    assert len(frames) == 40
    for frame in frames:
        assert frame.shape == upright.shape
        middle = frame if after[0] > after[1] else frame[6:-6, 6:-6]
        assert corners(middle) == corners(upright)
