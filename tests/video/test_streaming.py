"""Which streams of pictures and of sound are kept of an address and of standard input."""

from __future__ import annotations

import logging
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.video.clip_times import WHOLE, ClipRange
from glagcn_cli.video.fetching import as_file
from glagcn_cli.video.probing import probe
from glagcn_cli.video.reader import VideoReader
from glagcn_cli.video.source import Source
from glagcn_cli.video.writer import VideoWriter
from tests.helpers.clips import counting, encode, ffmpeg, sound
from tests.helpers.numbered import HEIGHT, WIDTH, number_of, numbered

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-crf", "12")
JPEG = ("-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p")
MPEG2 = ("-c:v", "mpeg2video", "-q:v", "2")
SMALL, LARGE = (64, 48), (128, 96)

PARTS = [WHOLE, ClipRange(max_frames=5, every=2), ClipRange(0.2, 0.6)]
PART_IDS = ["whole", "five frames", "0.2 to 0.6 s"]

WAYS = ["address", "pipe"]


@contextmanager
def kept(clip: Path, way: str, server: str, part: ClipRange) -> Iterator[Source]:
    """Name a file by an address, or pipe it in."""
    if way == "address":
        with as_file(f"{server}/{clip.name}", part) as source:
            yield source
        return
    with (
        subprocess.Popen(["cat", clip], stdout=subprocess.PIPE) as cat,
        as_file("-", part, stdin=cat.stdout) as source,
    ):
        assert cat.stdout is not None
        cat.stdout.close()
        yield source


def together(clip: Path, streams: list[tuple[tuple[int, int], int, int]], *codec: str) -> Path:
    """Join clips of (size, frames, rate) to one file; the level of stream k begins at 40 + 10 k."""
    inputs: list[str | Path] = []
    maps: list[str | Path] = []
    for k, ((width, height), count, rate) in enumerate(streams):
        shown = counting(count + 5 * k, width, height)[5 * k :]
        inputs += ["-i", encode(clip.with_name(f"{k}{clip.suffix}"), shown, rate, *codec)]
        maps += ["-map", f"{k}"]
    ffmpeg(*inputs, *maps, "-c", "copy", clip)
    return clip


STREAMS = {
    "a still first": ("mkv", JPEG, [(LARGE, 1, 25), (SMALL, 60, 25)], 1),
    "the small one first": ("mkv", JPEG, [(SMALL, 60, 25), (LARGE, 60, 25)], 1),
    "the large one first": ("mp4", JPEG, [(LARGE, 60, 25), (SMALL, 60, 25)], 0),
    "a still behind": ("mov", JPEG, [(SMALL, 60, 25), (LARGE, 1, 25)], 0),
    "a small one of twice the rate": ("mkv", JPEG, [(SMALL, 120, 50), (LARGE, 60, 25)], 1),
    "broadcast": ("ts", MPEG2, [(SMALL, 60, 25), (LARGE, 60, 25)], 1),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("part", PARTS, ids=PART_IDS)
@pytest.mark.parametrize("kind", STREAMS)
def test_the_largest_stream_that_moves_is_kept(
    tmp_path: Path,
    server: str,
    kind: str,
    part: ClipRange,
    way: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    suffix, codec, streams, taken = STREAMS[kind]
    clip = together(tmp_path / f"a.{suffix}", streams, *codec)
    with kept(clip, way, server, part) as source, caplog.at_level(logging.WARNING):
        frames = list(VideoReader(source, part))
    (width, height), count, _ = streams[taken]
    assert {frame.shape for frame in frames} == {(height, width, 3)}
    numbers = range(count)[part.first(25) : part.stop(25) : part.every]
    shown = [float(frame.mean()) for frame in frames]
    assert shown == pytest.approx([40 + 10 * taken + 2 * n for n in numbers], abs=2)
    told = [record.getMessage() for record in caplog.records]
    assert sum(f"the one of {width}x{height} is taken" in line for line in told) == 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("part", PARTS[1:], ids=PART_IDS[1:])
@pytest.mark.parametrize("flags", [(), ("-movflags", "faststart")], ids=["index last", "first"])
def test_a_part_of_a_phone_video(
    tmp_path: Path, server: str, way: str, part: ClipRange, flags: tuple[str, ...]
) -> None:
    clip = encode(tmp_path / "a.mp4", numbered(200), 25, *X264, *flags)
    with kept(clip, way, server, part) as source:
        shown = [number_of(frame) for frame in VideoReader(source, part)]
    assert shown == list(range(part.first(25), part.stop(25) or 0, part.every))


def test_no_more_of_a_pipe_is_kept_than_the_part_needs(tmp_path: Path) -> None:
    clip = encode(tmp_path / "a.ts", numbered(2000), 25, "-c:v", "mpeg2video", "-q:v", "2")
    sizes = []
    for _ in range(2):
        with kept(clip, "pipe", "", ClipRange(max_frames=200)) as source:
            sizes.append(source.path.stat().st_size)
    assert sizes[0] == sizes[1]  # for kept 2D is known by the file's bytes
    assert clip.stat().st_size / 10 < sizes[0] < clip.stat().st_size / 4


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("part", PARTS, ids=PART_IDS)
def test_the_sound_that_can_be_decoded_is_kept(
    tmp_path: Path, server: str, way: str, part: ClipRange
) -> None:
    tones = [("-f", "lavfi", "-i", f"sine=frequency={f}:duration=2") for f in (440, 880)]
    maps = ("-map", "0:v", "-map", "1:a", "-map", "2:a", "-shortest", "-c:a", "libopus")
    clip = encode(tmp_path / "in.mp4", numbered(50), 25, *tones[0], *tones[1], *X264, *maps)
    clip.write_bytes(clip.read_bytes().replace(b"Opus", b"apac", 1))
    with kept(clip, way, server, part) as source:
        reader = VideoReader(source, part)
        with VideoWriter(tmp_path / "o.mp4", reader.info.fps, (WIDTH, HEIGHT), reader.info) as new:
            for frame in reader:
                new.write(frame)
    samples = sound(tmp_path / "o.mp4")
    power = np.abs(np.fft.rfft(samples, 8000))
    assert np.argmax(power) == pytest.approx(880, abs=5)


@pytest.mark.parametrize("way", [*WAYS, "file"])
def test_the_sound_of_a_channel_stays_with_its_pictures(
    tmp_path: Path, server: str, way: str
) -> None:
    """A broadcast has several channels in one stream, each a program."""
    clip = two_channels(tmp_path)
    if way == "file":
        source = Source.of(clip)
        heard_of(source, tmp_path / "o.mp4")
    else:
        with kept(clip, way, server, WHOLE) as source:
            heard_of(source, tmp_path / "o.mp4")
    power = np.abs(np.fft.rfft(sound(tmp_path / "o.mp4"), 8000))
    assert np.argmax(power) == pytest.approx(880, abs=5)


def two_channels(folder: Path) -> Path:
    """Write a small channel that sounds at 440 Hz, and a large one at 880."""
    parts: list[str | Path] = []
    for k, (width, height) in enumerate([SMALL, LARGE]):
        tone = ("-f", "lavfi", "-i", f"sine=frequency={440 * (k + 1)}:duration=2")
        name = folder / f"{k}.ts"
        parts += ["-i", encode(name, counting(50, width, height), 25, *tone, *MPEG2, "-c:a", "mp2")]
    streams = ("-map", "0:a", "-map", "0:v", "-map", "1:a", "-map", "1:v", "-c", "copy")
    programs = ("-program", "st=0:st=1", "-program", "st=2:st=3")
    ffmpeg(*parts, *streams, *programs, folder / "a.ts")
    return folder / "a.ts"


def heard_of(source: Source, target: Path) -> None:
    """Write a video anew, with its sound."""
    reader = VideoReader(source)
    assert (reader.info.width, reader.info.height) == LARGE
    with VideoWriter(target, reader.info.fps, LARGE, reader.info) as new:
        for frame in reader:
            new.write(frame)


def test_of_a_playlist_the_best_quality_is_taken(tmp_path: Path, server: str) -> None:
    lines = ["#EXTM3U"]
    for k, (width, height) in enumerate([SMALL, LARGE]):
        tone = ("-f", "lavfi", "-i", f"sine=frequency={440 * (k + 1)}:duration=2")
        codecs = (*X264, "-c:a", "aac", "-hls_list_size", "0")
        encode(tmp_path / f"q{k}.m3u8", numbered(50, width, height), 25, *tone, *codecs)
        lines += [f"#EXT-X-STREAM-INF:BANDWIDTH={k + 1}00000,RESOLUTION={width}x{height}"]
        lines += [f"q{k}.m3u8"]
    (tmp_path / "a.m3u8").write_text("\n".join(lines) + "\n")
    with as_file(f"{server}/a.m3u8") as source:
        assert (probe(source).width, probe(source).height) == LARGE
        assert [number_of(frame) for frame in VideoReader(source)] == [*range(50)]
        heard_of(source, tmp_path / "o.mp4")
    power = np.abs(np.fft.rfft(sound(tmp_path / "o.mp4"), 8000))
    assert np.argmax(power) == pytest.approx(880, abs=5)
    shutil.rmtree(tmp_path, ignore_errors=True)
