from __future__ import annotations

import gc
import logging
import os
import subprocess
import sys
import textwrap
import threading
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from glagcn_cli.errors import OutputError
from glagcn_cli.files import atomic
from glagcn_cli.video import sound as sound_module
from glagcn_cli.video.probing import probe
from glagcn_cli.video.reader import VideoReader
from glagcn_cli.video.writer import VideoWriter
from tests.helpers.clips import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    corners,
    counting,
    encode,
    ffmpeg,
    opencv_frames,
    quadrants,
    sound,
)
from tests.helpers.waiting import until

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "12")
LOSSLESS = ("-c:v", "libx264rgb", "-preset", "ultrafast", "-qp", "0")
UPRIGHT = [RED, GREEN, BLUE, WHITE]


def copy_video(source: Path, target: Path, with_sound: bool = True) -> int:
    """Read everything and write it again, as the tool does; the number of frames."""
    reader = VideoReader(source)
    size = (reader.info.width, reader.info.height)
    with VideoWriter(target, reader.info.fps, size, source if with_sound else None) as writer:
        for frame in reader:
            writer.write(frame)
    return reader.frames_read


# Reading ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fps", "count", "options"),
    [
        ("pal.mp4", "25", 30, X264),
        ("ntsc.mp4", "30000/1001", 30, X264),
        ("film.mkv", "24000/1001", 30, X264),
        ("fast.mp4", "50", 30, X264),
        ("slow.mp4", "15", 30, X264),
        ("web.webm", "60000/1001", 30, ("-c:v", "libvpx", "-deadline", "realtime")),
        ("ten_bit.mkv", "25", 10, (*X264, "-pix_fmt", "yuv420p10le")),
        ("one.mp4", "25", 1, X264),
        ("one.gif", "25", 1, ()),
        ("pal.gif", "25", 30, ()),
        ("old.avi", "25", 30, ("-c:v", "mjpeg", "-q:v", "2")),
        ("broadcast.ts", "25", 30, ("-c:v", "mpeg2video", "-bf", "2", "-q:v", "2")),
    ],
)
def test_every_frame_is_read_once_in_order(
    tmp_path: Path, name: str, fps: str, count: int, options: tuple[str, ...]
) -> None:
    shown = counting(count)
    clip = encode(tmp_path / name, shown, Fraction(fps), *options)
    reader = VideoReader(clip)
    read = np.stack(list(reader))
    assert read.dtype == np.uint8
    assert read.shape == shown.shape
    assert reader.info.fps == Fraction(fps)
    assert reader.frames_read == count == reader.info.frames
    assert not reader.truncated
    # The levels differ by 2 from frame to frame, so a frame out of place shows.
    levels, expected = read.mean(axis=(1, 2, 3)), shown.mean(axis=(1, 2, 3))
    assert np.abs(levels - expected).max() <= (2 if name == "ten_bit.mkv" else 1)


def test_colours_are_rgb(tmp_path: Path) -> None:
    clip = encode(tmp_path / "clip.mkv", quadrants(), 25, *LOSSLESS)
    assert corners(next(iter(VideoReader(clip)))) == UPRIGHT


@pytest.mark.parametrize("size", [(65, 49), (64, 49), (65, 48), (1, 1), (2, 2)])
def test_odd_sizes_are_read_to_the_last_pixel(tmp_path: Path, size: tuple[int, int]) -> None:
    width, height = size
    noise = np.random.default_rng(0).integers(0, 256, (3, height, width, 3), np.uint8)
    clip = encode(tmp_path / "clip.mkv", noise, 25, "-c:v", "ffv1", "-pix_fmt", "bgr0")
    assert np.array_equal(np.stack(list(VideoReader(clip))), noise)


@pytest.mark.parametrize(
    ("counterclockwise", "clockwise", "shape", "seen"),
    [
        (90, 270, (64, 48), [GREEN, WHITE, RED, BLUE]),
        (180, 180, (48, 64), [WHITE, BLUE, GREEN, RED]),
        (270, 90, (64, 48), [BLUE, RED, WHITE, GREEN]),
        (-90, 90, (64, 48), [BLUE, RED, WHITE, GREEN]),
    ],
)
def test_phone_videos_are_turned_upright(
    tmp_path: Path,
    counterclockwise: int,
    clockwise: int,
    shape: tuple[int, int],
    seen: list[tuple[int, int, int]],
) -> None:
    plain = encode(tmp_path / "plain.mp4", quadrants(), 25, *X264)
    turned = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", str(counterclockwise), "-i", plain, "-c", "copy", turned)
    reader = VideoReader(turned)
    frame = next(iter(reader))
    assert (reader.info.height, reader.info.width) == frame.shape[:2] == shape
    assert reader.info.rotation == clockwise
    assert corners(frame) == seen == corners(opencv_frames(turned)[0])


@pytest.mark.parametrize(
    ("stored", "aspect", "shown"),
    [((72, 58), "64/45", (102, 58)), ((72, 48), "8/9", (64, 48)), ((64, 48), "1", (64, 48))],
)
def test_pixels_become_square(
    tmp_path: Path, stored: tuple[int, int], aspect: str, shown: tuple[int, int]
) -> None:
    clip = encode(tmp_path / "dv.mkv", quadrants(*stored), 25, "-vf", f"setsar={aspect}", *X264)
    reader = VideoReader(clip)
    frame = next(iter(reader))
    assert (reader.info.width, reader.info.height) == (frame.shape[1], frame.shape[0]) == shown
    assert corners(frame) == UPRIGHT


def test_turned_and_not_square_at_once(tmp_path: Path) -> None:
    wide = encode(tmp_path / "wide.mp4", quadrants(48, 48), 25, "-vf", "setsar=2", *X264)
    turned = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", "90", "-i", wide, "-c", "copy", turned)
    info = probe(turned)
    # 96x48 as shown lying, 48x96 standing.
    assert info.width / info.height == 0.5
    assert next(iter(VideoReader(turned))).shape == (info.height, info.width, 3)


def test_a_variable_rate_becomes_constant_and_keeps_time(tmp_path: Path) -> None:
    # Frames 0..24 all, then every third: 25 + 25 frames, the last of them number 97.
    keep = "select='lt(n,25)+not(mod(n-25,3))'"
    options = ("-vf", keep, "-fps_mode", "vfr", "-bf", "0", *X264)
    clip = encode(tmp_path / "vfr.mp4", counting(100), 25, *options)
    assert len(opencv_frames(clip)) == 50
    reader = VideoReader(clip)
    levels = np.stack(list(reader)).mean(axis=(1, 2, 3))
    assert reader.info.variable_rate is True
    assert reader.info.fps == 25
    assert len(levels) == 98
    number = np.round((levels - 40) / 2).astype(int)
    late = np.arange(len(number)) - number
    assert late.min() >= -1
    assert late.max() <= 3


def test_jitter_of_the_clock_neither_drops_nor_repeats(tmp_path: Path) -> None:
    jitter = "settb=1/90000,setpts='N*3600+1200*sin(N*7)'"
    options = ("-vf", jitter, "-fps_mode", "passthrough", "-enc_time_base", "1:90000", "-bf", "0")
    clip = encode(tmp_path / "jitter.mp4", counting(50), 25, *options, *X264)
    reader = VideoReader(clip)
    levels = np.stack(list(reader)).mean(axis=(1, 2, 3))
    assert reader.info.fps == 25
    assert len(levels) == pytest.approx(50, abs=1)
    assert np.diff(levels[:50]).min() >= 1


def test_pictures_that_start_after_the_sound(tmp_path: Path) -> None:
    plain = encode(tmp_path / "plain.mkv", counting(20), 25, *X264)
    late = tmp_path / "late.mkv"
    tone = ["-f", "lavfi", "-i", "sine=duration=1.5"]
    ffmpeg("-itsoffset", "0.6", "-i", plain, *tone, "-map", "0", "-map", "1", "-c:v", "copy", late)
    levels = np.stack(list(VideoReader(late))).mean(axis=(1, 2, 3))
    assert len(levels) == 20
    assert np.diff(levels).min() >= 1


def test_untagged_high_definition_is_bt709(tmp_path: Path) -> None:
    matrix = "scale=out_color_matrix=bt709,format=yuv420p,setparams=colorspace=unknown"
    picture = np.full((1, 720, 1280, 3), RED, np.uint8)
    clip = encode(tmp_path / "hd.mp4", picture, 25, "-vf", matrix, *X264)
    info = probe(clip)
    assert not info.tagged_colours
    red, green, blue = next(iter(VideoReader(clip)))[360, 640]
    assert red > 250
    assert max(green, blue) < 5


def test_each_frame_belongs_to_the_caller(tmp_path: Path) -> None:
    clip = encode(tmp_path / "clip.mkv", counting(3), 25, *LOSSLESS)
    frames = []
    for frame in VideoReader(clip):
        frames.append(frame)
        frame += 1
    assert [int(frame[0, 0, 0]) for frame in frames] == [41, 43, 45]


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "mpeg4"), ("a.mkv", "mpeg4"), ("a.avi", "mjpeg"), ("a.flv", "flv1")],
)
def test_a_file_cut_off_gives_what_it_has(
    tmp_path: Path, name: str, codec: str, caplog: pytest.LogCaptureFixture
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 48, 64, 3), np.uint8)
    options = ("-c:v", codec, "-q:v", "3", "-movflags", "+faststart")
    clip = encode(tmp_path / name, noise, 25, *options)
    data = clip.read_bytes()
    clip.write_bytes(data[: len(data) // 2 + 77])
    with caplog.at_level(logging.WARNING):
        reader = VideoReader(clip)
        for _ in range(2):
            assert 15 <= len(list(reader)) <= 23
    assert reader.truncated
    assert len(caplog.records) == 1
    assert f"{name}: damaged or cut off" in caplog.text


def test_a_second_pass_starts_again(tmp_path: Path) -> None:
    clip = encode(tmp_path / "clip.mkv", counting(5), 25, *LOSSLESS)
    with VideoReader(clip) as reader:
        next(iter(reader))
        assert [int(frame[0, 0, 0]) for frame in reader] == [40, 42, 44, 46, 48]
        assert reader.frames_read == 5


def ffmpeg_children() -> set[int]:
    """Process ids of our children that are ffmpeg, zombies included."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            facts = dict(line.split(":\t", 1) for line in status.read_text().splitlines())
        except (OSError, ValueError):
            continue
        if int(facts.get("PPid", 0)) == os.getpid() and "ffmpeg" in facts["Name"]:
            found.add(int(facts["Pid"]))
    return found


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_leaving_midway_leaves_no_process(tmp_path: Path) -> None:
    clip = encode(tmp_path / "clip.mp4", counting(200, 320, 240), 25, *X264)
    with VideoReader(clip) as reader:
        frames = iter(reader)
        next(frames)
        assert ffmpeg_children()
    assert not ffmpeg_children()
    assert list(frames) == []
    for _ in VideoReader(clip):
        break
    gc.collect()
    assert not ffmpeg_children()


def test_a_reader_that_waits_for_a_frame_is_closed_from_another_thread(tmp_path, monkeypatch):
    path = encode(tmp_path / "clip.mp4", counting(5), 25, *X264)
    slow = ["-re", "-f", "lavfi", "-i", "color=black:s=64x48:r=0.01"]  # a frame every 100 s
    raw = ["-pix_fmt", "rgb24", "-f", "rawvideo", "-"]
    monkeypatch.setattr("glagcn_cli.video.reader.decoding", lambda *_: [*slow, *raw])
    reader, ends = VideoReader(path), []

    def read() -> None:
        try:
            ends.append(list(reader))
        except Exception as error:
            ends.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    until(lambda: reader._process is not None)
    reader.close()
    thread.join()
    assert not reader.truncated
    (frames,) = ends
    assert isinstance(frames, list) and len(frames) <= 1  # the first is there at once, or too late


# Writing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fps", ["25", "30000/1001", "24000/1001", "60", "15", "100/7"])
def test_one_frame_out_for_each_frame_in(tmp_path: Path, fps: str) -> None:
    target = tmp_path / "out.mp4"
    with VideoWriter(target, Fraction(fps), (64, 48)) as writer:
        for frame in counting(37):
            writer.write(frame)
    told = ffmpeg("-i", target, "-map", "0:v", "-f", "null", "-")
    assert "frame=   37" in told
    seen = opencv_frames(target)
    assert len(seen) == 37
    assert np.diff([frame.mean() for frame in seen]).min() > 0.5
    capture = cv2.VideoCapture(str(target))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(float(Fraction(fps)), rel=1e-6)
    info = probe(target)
    assert info.fps == Fraction(fps)
    assert announced_seconds(target) == pytest.approx(37 / Fraction(fps), abs=0.001)


def test_browsers_can_play_it(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    with VideoWriter(target, Fraction(25), (64, 48)) as writer:
        for frame in quadrants(count=5):
            writer.write(frame)
    told = ffmpeg("-i", target, "-f", "null", "-")
    assert "Video: h264 (High)" in told
    assert "yuv420p(tv, bt709, progressive), 64x48" in told
    boxes = top_level_boxes(target)
    assert boxes.index("moov") < boxes.index("mdat")


def top_level_boxes(path: Path) -> list[str]:
    data, place, kinds = path.read_bytes(), 0, []
    while place < len(data):
        kinds.append(data[place + 4 : place + 8].decode())
        place += int.from_bytes(data[place : place + 4], "big")
    return kinds


@pytest.mark.parametrize(
    "colour", [RED, GREEN, BLUE, (0, 0, 0), WHITE, (200, 120, 40), (30, 90, 160)]
)
def test_colours_come_back(tmp_path: Path, colour: tuple[int, int, int]) -> None:
    target = tmp_path / "out.mp4"
    with VideoWriter(target, Fraction(25), (64, 48)) as writer:
        writer.write(np.full((48, 64, 3), colour, np.uint8))
    (frame,) = VideoReader(target)
    assert np.abs(frame.astype(int) - colour).max() <= 4


@pytest.mark.parametrize("size", [(65, 49), (64, 49), (65, 48), (1, 1)])
def test_odd_sizes_get_their_edge_repeated(tmp_path: Path, size: tuple[int, int]) -> None:
    width, height = size
    target = tmp_path / "out.mp4"
    frame = np.full((height, width, 3), 60, np.uint8)
    frame[-1], frame[:, -1] = 200, 200
    with VideoWriter(target, Fraction(25), size, crf=5) as writer:
        writer.write(frame)
    (seen,) = opencv_frames(target)
    assert seen.shape[:2] == (height + height % 2, width + width % 2)
    assert np.abs(seen[:height, :width].astype(int) - frame).max() < 12
    assert np.abs(seen[-1].astype(int) - 200).max() < 12
    assert np.abs(seen[:, -1].astype(int) - 200).max() < 12


@pytest.mark.parametrize(
    ("suffix", "codec", "becomes"),
    [
        ("mp4", ("aac", "-ar", "44100"), "aac"),
        ("mp4", ("aac", "-ar", "16000"), "aac"),
        ("mkv", ("libmp3lame",), "mp3"),
        ("mkv", ("libopus",), "opus"),
        ("mkv", ("flac",), "aac"),
        ("mov", ("pcm_s16le",), "aac"),
        ("mkv", ("ac3",), "aac"),
        ("mkv", ("libvorbis",), "aac"),
    ],
)
def test_the_sound_comes_along(
    tmp_path: Path, suffix: str, codec: tuple[str, ...], becomes: str
) -> None:
    tone = ("-f", "lavfi", "-i", "sine=frequency=440:duration=2", "-shortest")
    source = tmp_path / f"in.{suffix}"
    encode(source, counting(50), 25, *tone, *X264, "-c:a", codec[0], *codec[1:])
    target = tmp_path / "out.mp4"
    assert copy_video(source, target) == 50
    assert len(opencv_frames(target)) == 50
    assert f"Audio: {becomes}" in ffmpeg("-i", target, "-f", "null", "-")
    before, after = sound(source), sound(target)
    assert len(after) / 8000 == pytest.approx(len(before) / 8000, abs=0.05)
    middle = slice(4000, 12000)
    power = np.abs(np.fft.rfft(after[middle]))
    assert np.argmax(power) == pytest.approx(440, abs=2)
    assert probe(target).duration == pytest.approx(2.0, abs=0.04)
    boxes = top_level_boxes(target)
    assert boxes.index("moov") < boxes.index("mdat")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([source.name, "out.mp4"])


@pytest.mark.parametrize("seconds", [0.3, 5.0])
@pytest.mark.parametrize("codec", ["aac", "libmp3lame", "libopus", "pcm_s16le"])
def test_sound_changes_neither_frames_nor_duration(
    tmp_path: Path, seconds: float, codec: str
) -> None:
    other = tmp_path / "sound.mkv"
    ffmpeg("-f", "lavfi", "-i", f"sine=duration={seconds}", "-c:a", codec, other)
    target = tmp_path / "out.mp4"
    # A packet of any of these codecs lasts longer than a frame at this rate.
    with VideoWriter(target, Fraction(120), (64, 48), other) as writer:
        for frame in counting(180):
            writer.write(frame)
    assert len(opencv_frames(target)) == 180
    assert probe(target).has_audio
    assert announced_seconds(target) == pytest.approx(1.5, abs=1 / 120)


def announced_seconds(path: Path) -> float:
    """Duration in the movie header, where players look for it."""
    data = path.read_bytes()
    header = data.index(b"mvhd") + 4
    assert data[header] == 0, "version 1 has other offsets"
    scale, duration = (
        int.from_bytes(data[header + at : header + at + 4], "big") for at in (12, 16)
    )
    return duration / scale


def test_copied_sound_is_the_same_to_the_bit(tmp_path: Path) -> None:
    tone = ("-f", "lavfi", "-i", "sine=frequency=440:duration=2", "-shortest")
    source = encode(tmp_path / "in.mp4", counting(50), 25, *tone, *X264, "-c:a", "aac")
    target = tmp_path / "out.mp4"
    copy_video(source, target)
    for clip in (source, target):
        ffmpeg("-i", clip, "-map", "0:a", "-c", "copy", clip.with_suffix(".aac"))
    before, after = (clip.with_suffix(".aac").read_bytes() for clip in (source, target))
    assert len(after) > 10_000
    assert before.startswith(after)


@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
@pytest.mark.parametrize("codec", ["aac", "pcm_s16le"])
def test_sound_stays_in_step_with_late_pictures(tmp_path: Path, suffix: str, codec: str) -> None:
    # Silence, then a tone at 1.6 s; pictures from 0.6 s on: in the output the tone is at 1.0 s.
    plain = encode(tmp_path / "plain.mkv", counting(50), 25, *X264)
    tone = ("-f", "lavfi", "-i", "aevalsrc=gte(t\\,1.6)*sin(2000*t):d=2.6")
    late = tmp_path / f"late.{suffix}"
    streams = ("-map", "0", "-map", "1", "-c:v", "copy", "-c:a", codec, "-strict", "-2")
    ffmpeg("-itsoffset", "0.6", "-i", plain, *tone, *streams, late)
    target = tmp_path / "out.mp4"
    assert copy_video(late, target) == 50
    heard = np.flatnonzero(np.abs(sound(target)) > 0.3)[0] / 8000
    assert heard == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("codec", ["aac", "ac3"])
@pytest.mark.parametrize("first", [("picture", "-0.4"), ("sound", "0.4")], ids=lambda f: f[0])
def test_sound_stays_in_step_in_a_transport_stream(
    tmp_path: Path, codec: str, first: tuple[str, str]
) -> None:
    # In MPEG-TS ffmpeg lets each stream that is read alone begin at 0. The first picture is at
    # 0.4 s when the sound begins (or the other way), and the tone begins 1.2 s after the picture.
    lead = float(first[1])
    tone = f"aevalsrc=gte(t\\,{1.2 + lead})*sin(2000*t):s=48000:d={2.4 + lead}"
    plain = encode(tmp_path / "plain.mkv", counting(50), 25, *X264)
    source = tmp_path / "in.ts"
    streams = ("-map", "0", "-map", "1", "-c:v", "copy", "-c:a", codec)
    ffmpeg("-itsoffset", first[1], "-i", plain, "-f", "lavfi", "-i", tone, *streams, source)
    target = tmp_path / "out.mp4"
    assert copy_video(source, target) == 50
    samples = sound(target)
    assert np.flatnonzero(np.abs(samples) > 0.3)[0] / 8000 == pytest.approx(1.2, abs=0.03)
    assert len(samples) / 8000 == pytest.approx(2.0, abs=0.05)


def test_a_silent_source_gives_a_silent_video(tmp_path: Path) -> None:
    source = encode(tmp_path / "in.mp4", counting(3), 25, *X264)
    copy_video(source, tmp_path / "out.mp4")
    assert not probe(tmp_path / "out.mp4").has_audio


@pytest.mark.parametrize(
    ("suffix", "codec", "mark", "unknown"),
    [
        ("mp4", "libopus", b"Opus", b"apac"),  # what phones write beside the sound that all play
        ("mov", "pcm_s16le", b"sowt", b"xxxx"),
        ("mkv", "libopus", b"A_OPUS", b"A_XXXX"),
    ],
)
def test_the_first_sound_that_can_be_decoded_is_taken(
    tmp_path: Path,
    suffix: str,
    codec: str,
    mark: bytes,
    unknown: bytes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    tones = [("-f", "lavfi", "-i", f"sine=frequency={f}:duration=2") for f in (440, 880)]
    maps = ("-map", "0:v", "-map", "1:a", "-map", "2:a", "-shortest", "-c:a", codec)
    source = tmp_path / f"in.{suffix}"
    encode(source, counting(50), 25, *tones[0], *tones[1], *X264, *maps)
    data = source.read_bytes()
    assert data.count(mark) >= 2
    source.write_bytes(data.replace(mark, unknown, 1))
    target = tmp_path / "out.mp4"
    copy_video(source, target)
    samples = sound(target)
    assert len(samples) / 8000 == pytest.approx(2.0, abs=0.05)
    power = np.abs(np.fft.rfft(samples[4000:12000]))
    assert np.argmax(power) == pytest.approx(880, abs=2)
    told = [r.getMessage() for r in caplog.records]
    assert told == [f"{source}: its first sound cannot be decoded; sound 2 is taken"]


def test_broken_sound_costs_the_sound_not_the_video(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", tmp_path / "tone.m4a")
    target = tmp_path / "out.mp4"
    monkeypatch.setattr(sound_module, "_AAC", ("-c:a", "nosuchencoder"))
    with VideoWriter(target, Fraction(25), (64, 48), tmp_path / "tone.m4a") as writer:
        writer.write(counting(1)[0])
        (tmp_path / "tone.m4a").unlink()
    assert len(opencv_frames(target)) == 1
    assert "without the sound" in caplog.text


# What goes wrong ----------------------------------------------------------------------------------


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    with pytest.raises(KeyboardInterrupt), VideoWriter(target, Fraction(25), (64, 48)) as writer:
        for frame in counting(30):
            writer.write(frame)
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_real_interrupt_leaves_nothing(tmp_path: Path) -> None:
    source = encode(tmp_path / "in.mp4", counting(5), 25, *X264)
    script = textwrap.dedent(
        """
        import os, signal, sys
        from fractions import Fraction
        import numpy as np
        from glagcn_cli.video.writer import VideoWriter
        # A shell starts what runs in its background with interrupts ignored, tests too.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with VideoWriter(sys.argv[1], Fraction(25), (64, 48), sys.argv[2]) as writer:
            for _ in range(50):
                writer.write(np.zeros((48, 64, 3), np.uint8))
            os.killpg(0, signal.SIGINT)  # as the terminal does: the whole group gets it
            signal.pause()
        """
    )
    command = [sys.executable, "-c", script, str(tmp_path / "out.mp4"), str(source)]
    done = subprocess.run(
        command, cwd=Path.cwd(), start_new_session=True, capture_output=True, check=False
    )
    assert b"KeyboardInterrupt" in done.stderr
    assert list(tmp_path.iterdir()) == [source]


def test_no_frame_is_no_video(tmp_path: Path) -> None:
    writing = VideoWriter(tmp_path / "out.mp4", Fraction(25), (64, 48))
    with pytest.raises(OutputError, match="no frame was written"), writing:
        pass
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    target.write_text("mine")
    writing = VideoWriter(target, Fraction(25), (64, 48))
    with pytest.raises(OutputError, match="exists already"), writing:
        pass
    assert target.read_text() == "mine"
    with VideoWriter(target, Fraction(25), (64, 48), overwrite=True) as writer:
        writer.write(counting(1)[0])
    assert len(opencv_frames(target)) == 1


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    target = tmp_path / "new" / "out.mp4"
    with VideoWriter(target, Fraction(25), (64, 48)) as writer:
        writer.write(counting(1)[0])
    assert len(opencv_frames(target)) == 1


def test_an_unknown_suffix_is_told_in_ffmpegs_words(tmp_path: Path) -> None:
    writing = VideoWriter(tmp_path / "out.nosuch", Fraction(25), (64, 48))
    with (
        pytest.raises(OutputError, match=r"out\.nosuch: cannot be written \(.*format"),
        writing as writer,
    ):
        for frame in counting(100):
            writer.write(frame)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("frames", [1, 200])
@pytest.mark.parametrize("with_sound", [False, True])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frames: int, with_sound: bool
) -> None:
    source = tmp_path / "tone.m4a"
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", source)
    full = tmp_path / "full.part.mp4"
    full.symlink_to("/dev/full")
    monkeypatch.setattr(atomic, "_temporary_beside", lambda target: full)
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    with pytest.raises(OutputError, match=r"out\.mp4: cannot be written \(.*No space left"):
        audio = source if with_sound else None
        with VideoWriter(tmp_path / "out.mp4", Fraction(25), (320, 240), audio) as writer:
            for _ in range(frames):
                writer.write(noise)
    assert list(tmp_path.iterdir()) == [source]


def test_ffmpeg_dying_midway(tmp_path: Path) -> None:
    writing = VideoWriter(tmp_path / "out.mp4", Fraction(25), (640, 480))
    with pytest.raises(OutputError, match=r"out\.mp4: cannot be written"), writing as writer:
        for number, frame in enumerate(counting(30, 640, 480)):
            writer.write(frame)
            if number == 5:
                os.kill(writer._process.pid, 9)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((64, 48, 3), np.uint8),
        np.zeros((48, 64, 4), np.uint8),
        np.zeros((48, 64, 3), np.float32),
    ],
)
def test_a_frame_of_another_shape_or_type_is_refused(tmp_path: Path, frame: np.ndarray) -> None:
    writing = VideoWriter(tmp_path / "out.mp4", Fraction(25), (64, 48))
    with pytest.raises(ValueError, match="the writer takes uint8"), writing as writer:
        writer.write(frame)
    assert list(tmp_path.iterdir()) == []


def test_views_that_are_not_contiguous_are_written_right(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    with VideoWriter(target, Fraction(25), (64, 48), crf=5) as writer:
        writer.write(quadrants()[0][:, ::-1])
    assert corners(opencv_frames(target)[0]) == [GREEN, RED, WHITE, BLUE]
