"""Parts of clips, read and written: the right frames, and sound that keeps in step with them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from glagcn_cli.errors import UsageError
from glagcn_cli.video import decoding
from glagcn_cli.video.clip_times import ClipRange
from glagcn_cli.video.reader import VideoReader
from glagcn_cli.video.writer import VideoWriter
from tests.helpers.clips import counting, encode, ffmpeg, opencv_frames, sound

LOSSLESS = ("-c:v", "libx264rgb", "-preset", "ultrafast", "-qp", "0")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "12")


def numbers(reader: VideoReader) -> list[int]:
    """Numbers of the frames of `counting` that a reader gives."""
    return [round((float(frame.mean()) - 40) / 2) for frame in reader]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    return encode(folder / "clip.mp4", counting(50), 25, *LOSSLESS, "-bf", "2", "-g", "20")


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (ClipRange(0.4), range(10, 50)),
        (ClipRange(0.419), range(10, 50)),
        (ClipRange(0.421), range(11, 50)),
        (ClipRange(end=0.4), range(10)),
        (ClipRange(0.4, 0.8), range(10, 20)),
        (ClipRange(1.91, 99.0), range(48, 50)),
        (ClipRange(max_frames=1), range(1)),
        (ClipRange(0.4, max_frames=3), range(10, 13)),
        (ClipRange(every=7), range(0, 50, 7)),
        (ClipRange(0.4, 1.2, every=3), range(10, 30, 3)),
        (ClipRange(0.4, 1.2, 4, 3), range(10, 22, 3)),
        (ClipRange(1.96), range(49, 50)),
    ],
)
def test_a_part_is_these_frames(clip: Path, part: ClipRange, expected: range) -> None:
    reader = VideoReader(clip, part)
    for _ in range(2):
        assert numbers(reader) == [*expected]
    assert reader.info.frames == reader.frames_read == len(expected)
    assert reader.info.fps == Fraction(25, part.every)
    assert reader.info.starts_at == Fraction(expected[0], 25)
    assert not reader.truncated
    assert numbers(VideoReader(reader.info)) == [*expected]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "webm", "avi", "ts", "gif"])
@pytest.mark.parametrize("fps", ["25", "30000/1001"])
def test_what_lies_late_is_sought_and_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, fps: str
) -> None:
    if suffix == "gif" and fps != "25":
        pytest.skip("a GIF counts hundredths of a second")
    codec = {"webm": ("-c:v", "libvpx", "-deadline", "realtime"), "gif": ()}.get(suffix, X264)
    tone = () if suffix == "gif" else ("-f", "lavfi", "-i", "sine=duration=4", "-shortest")
    clip = encode(tmp_path / f"a.{suffix}", counting(90), Fraction(fps), *tone, *codec, "-g", "12")
    part = ClipRange(2.2, every=2)
    monkeypatch.setattr(decoding, "SOUGHT_FROM", 99)
    expected = np.stack(list(VideoReader(clip, part)))
    monkeypatch.setattr(decoding, "SOUGHT_FROM", 1)
    monkeypatch.setattr(decoding, "_MARGIN", 0.3)
    reader = VideoReader(clip, part)
    assert ("-ss" in decoding.decoding(reader.info)) == (suffix in ("mp4", "mkv", "webm"))
    assert np.array_equal(np.stack(list(reader)), expected)


def test_a_clip_of_uneven_times_is_not_sought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = ("-vf", "select='lt(n,25)+not(mod(n-25,3))'", "-fps_mode", "vfr")
    clip = encode(tmp_path / "vfr.mp4", counting(100), 25, *keep, *X264)
    whole = list(VideoReader(clip))
    monkeypatch.setattr(decoding, "SOUGHT_FROM", 1)
    for part in (ClipRange(1.4), ClipRange(1.4, 3.0, every=4)):
        expected = whole[35 : part.stop(Fraction(25)) : part.every]
        assert np.array_equal(list(VideoReader(clip, part)), expected)


@pytest.mark.parametrize("announced", [True, False])
def test_a_start_beyond_the_end(tmp_path: Path, announced: bool) -> None:
    live = () if announced else ("-live", "1")
    clip = encode(tmp_path / "clip.webm", counting(30), 25, "-c:v", "libvpx", *live)
    with pytest.raises(UsageError, match=r"clip\.webm: --start 1:15 is beyond .* lasts 1\.2 s"):
        list(VideoReader(clip, ClipRange(75.0)))
    with pytest.raises(UsageError, match="is beyond"):
        list(VideoReader(clip, ClipRange(1.2)))
    assert numbers(VideoReader(clip, ClipRange(1.16))) == numbers(VideoReader(clip))[29:]


# Sound --------------------------------------------------------------------------------------------

FLASHES = (0.4, 1.2, 1.68)  # seconds; frames 10, 30 and 42


def flashing(path: Path, *options: str | Path, count: int = 50, delay: float = 0.0) -> Path:
    """A dark clip that flashes for a frame and clicks at the same times."""
    frames = np.full((count, 48, 64, 3), 30, np.uint8)
    clicks = []
    for time in FLASHES:
        frames[round(time * 25)] = 220
        clicks.append(f"between(t\\,{time}\\,{time + 0.02})")
    heard = ("-f", "lavfi", "-i", f"aevalsrc=({'+'.join(clicks)})*sin(9000*t):s=48000:d=2")
    return encode(path, frames, 25, *heard, *X264, *options)


def clicks(samples: NDArray[np.float32], rate: int = 8000) -> NDArray[np.float64]:
    """Seconds at which clicks begin."""
    loud = np.flatnonzero(np.abs(samples) > 0.25)
    first = np.diff(loud, prepend=-rate) > 0.1 * rate
    return loud[first] / rate


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "aac"),
        ("a.mkv", "libopus"),
        ("a.mov", "pcm_s16le"),
        ("a.ts", "aac"),
        ("a.avi", "pcm_s16le"),
        ("a.flv", "aac"),
    ],
)
@pytest.mark.parametrize(
    "part",
    [ClipRange(), ClipRange(0.6, 1.5), ClipRange(0.2, every=2)],
    ids=["all", "part", "every other"],
)
def test_flash_and_click_stay_together(
    tmp_path: Path, name: str, codec: str, part: ClipRange
) -> None:
    # An AVI has no times of its own: frames out of order would come late in any player.
    source = flashing(tmp_path / name, "-c:a", codec, "-bf", "0" if name == "a.avi" else "2")
    reader = VideoReader(source, part)
    target = tmp_path / "out.mp4"
    with VideoWriter(target, reader.info.fps, (64, 48), reader.info) as writer:
        for frame in reader:
            writer.write(frame)
    assert len(opencv_frames(target)) == reader.frames_read
    bright = [k for k, frame in enumerate(opencv_frames(target)) if frame.mean() > 120]
    seen = np.array(bright) / float(reader.info.fps)
    heard = clicks(sound(target))
    ends = part.end or 2.0
    expected = [t - part.start for t in FLASHES if part.start <= t < ends]
    if part.every == 1:
        assert seen == pytest.approx(expected)
    assert heard == pytest.approx(expected, abs=0.01)


def test_sound_of_a_part_ends_with_its_pictures(tmp_path: Path) -> None:
    source = flashing(tmp_path / "in.mp4", "-c:a", "aac")
    reader = VideoReader(source, ClipRange(0.5, 1.3))
    target = tmp_path / "out.mp4"
    with VideoWriter(target, reader.info.fps, (64, 48), reader.info) as writer:
        for frame in reader:
            writer.write(frame)
    assert "Duration: 00:00:00.80" in ffmpeg("-i", target, "-f", "null", "-")
    assert len(sound(target)) / 8000 == pytest.approx(0.8, abs=0.025)
