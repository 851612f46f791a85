from __future__ import annotations

import logging
import struct
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from glagcn_cli.errors import InputError, NoVideoStreamError
from glagcn_cli.video import ffmpeg as ffmpeg_module
from glagcn_cli.video import sound as sound_module
from glagcn_cli.video.frame_rates import choose_rate
from glagcn_cli.video.probing import probe
from glagcn_cli.video.reader import VideoReader
from glagcn_cli.video.sound import probe_audio
from glagcn_cli.video.source import Source
from tests.helpers.clips import counting, encode, ffmpeg


@pytest.mark.parametrize(
    "fps", ["25", "30000/1001", "24000/1001", "60000/1001", "50", "15", "100/7", "1"]
)
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_the_rate_is_exact(tmp_path: Path, fps: str, suffix: str) -> None:
    clip = encode(tmp_path / f"clip.{suffix}", counting(20), Fraction(fps), "-c:v", "mpeg4")
    info = probe(clip)
    assert info.fps == Fraction(fps)
    assert info.frames == 20
    assert info.variable_rate is False


@pytest.mark.parametrize(
    ("tick_rate", "average", "expected"),
    [
        ("30000/1001", 29.97, "30000/1001"),
        ("2997/100", 29.97, "30000/1001"),  # a container that rounded the rate
        ("50", 25.0, "25"),  # interlaced: two fields a frame
        ("60000/1001", 29.97, "30000/1001"),
        ("60", 30.0, "30"),
        ("30", 22.3, "30"),  # a phone in the dark drops frames of its 30
        ("120", 29.5, "30000/1001"),
        ("90000", 24.9, "25"),  # times of any value
        ("30", 33.33, "30"),
        ("25", 12.76, "25"),  # half the frames were left out, the rest keep their times
        ("25", None, "25"),
        ("1000", 733.0, "1000"),
    ],
)
def test_which_rate_is_chosen(tick_rate: str, average: float | None, expected: str) -> None:
    assert choose_rate(Fraction(tick_rate), average).fps == Fraction(expected)


@pytest.mark.parametrize(
    ("tick_rate", "duration", "expected"),
    [
        ("1125000/44839", 2.0, "25"),  # 25.09 over 50 frames: a sixth of a frame
        ("1125000/44839", 20.0, "1125000/44839"),
        ("30000/1001", 2.0, "30000/1001"),
        ("100/7", 2.0, "100/7"),
    ],
)
def test_a_standard_rate_is_preferred_where_it_moves_no_frame(
    tick_rate: str, duration: float, expected: str
) -> None:
    rate = Fraction(tick_rate)
    assert choose_rate(rate, round(float(rate), 2), duration).fps == Fraction(expected)


JITTER = [Fraction(k, 25) + Fraction((37 * k) % 11 - 5, 500) for k in range(100)]


@pytest.mark.parametrize(
    ("tick_rate", "average", "times", "expected", "variable"),
    [
        ("60", 29.83, [Fraction(k + (k > 50) / 2) / 30 for k in range(100)], "30", False),
        ("60000/1001", 29.8, [Fraction(1001 * k, 30000) for k in range(100)], "30000/1001", False),
        ("25", 25.0, [Fraction(k, 30) for k in range(100)], "30", True),
        ("25", 25.0, [Fraction(1001 * k, 24000) for k in range(500)], "24000/1001", True),
        ("15", 15.0, [Fraction(min(2 * k, k + 24), 30) for k in range(100)], "30", True),
        ("90000", 24.9, JITTER, "25", False),
        ("60", 52.0, [Fraction(k, 60) for k in range(200) if k % 9], "60", True),
        ("30", 0.5, [Fraction(2 * k) for k in range(20)], "30", True),  # slides keep their clock
        ("30", 30.0, [Fraction(0)] * 20, "30", False),
    ],
)
def test_the_rate_is_corrected_by_times(
    tick_rate: str, average: float, times: list[Fraction], expected: str, variable: bool
) -> None:
    rate = choose_rate(Fraction(tick_rate), average, None, times)
    assert (rate.fps, rate.variable) == (Fraction(expected), variable)


def test_a_browser_recording_tells_no_rate(tmp_path: Path) -> None:
    # Times in uneven milliseconds, no duration, and no frame duration in the header.
    uneven = "settb=1/1000,setpts='floor(N*1000/30+15*random(0))'"
    options = ["-vf", uneven, "-fps_mode", "passthrough", "-enc_time_base", "1:1000"]
    live = ["-c:v", "libvpx", "-deadline", "realtime", "-live", "1"]
    clip = encode(tmp_path / "clip.webm", counting(90), 30, *options, *live)
    data = clip.read_bytes()
    place = data.index(b"\x23\xe3\x83\x84")  # DefaultDuration, 4 bytes
    clip.write_bytes(data[:place] + b"\xec\x86" + bytes(6) + data[place + 8 :])  # Void
    info = probe(clip)
    assert info.duration is None
    assert info.frames is None
    assert info.fps in (Fraction(30), Fraction(30000, 1001))


@pytest.mark.parametrize(
    ("said", "read", "words"),
    [
        (1_000_000, 30, "says 1000000 pictures a second, as hardly a camera takes; they are read "),
        (1, 1, "says 1 pictures a second, as hardly a camera takes; they are read as 1 a second"),
        (30, 30, ""),
    ],
)
def test_a_header_that_no_camera_has_is_doubted(
    tmp_path: Path, said: int, read: int, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    clip = encode(tmp_path / "a.avi", counting(12), 30, "-c:v", "mjpeg", "-q:v", "3")
    data = bytearray(clip.read_bytes())
    scale = data.index(b"strh") + 8 + 20
    data[scale : scale + 8] = struct.pack("<II", 1, said)
    clip.write_bytes(data)
    with caplog.at_level(logging.WARNING):
        reader = VideoReader(clip)
        assert len(list(reader)) == len(list(VideoReader(clip))) == 12
    assert reader.info.fps == read
    assert [record.getMessage().count(words) for record in caplog.records] == [1] * bool(words)
    told = VideoReader(replace(Source.of(clip), rate=Fraction(50)))
    assert (len(list(told)), told.info.fps) == (12, 50)


def test_facts_of_a_clip_with_sound(tmp_path: Path) -> None:
    tone = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=22050:duration=1"]
    clip = encode(tmp_path / "clip.mp4", counting(25), 25, *tone, "-c:v", "mpeg4", "-c:a", "aac")
    info = probe(clip)
    assert (info.width, info.height, info.codec) == (64, 48, "mpeg4")
    assert info.duration == pytest.approx(1.0, abs=0.06)
    assert info.rotation == 0
    assert info.has_audio
    audio = probe_audio(clip)
    assert audio is not None
    assert (audio.codec, audio.rate, audio.skip) == ("aac", 22050, 0.0)


def test_a_silent_clip_has_no_sound(tmp_path: Path) -> None:
    clip = encode(tmp_path / "clip.mp4", counting(2), 25)
    assert not probe(clip).has_audio
    assert probe_audio(clip) is None


def test_strange_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    clip = encode(tmp_path / "plain.mp4", counting(2), 25)
    for name in ("-y.mp4", "http:clip.mp4", "with space %d.mp4", "юникод.mp4"):
        clip.rename(name)
        clip = Path(name)
        assert probe(clip).width == 64


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.mp4: no such file"):
        probe(tmp_path / "gone.mp4")


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        probe(tmp_path)


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(InputError, match=r"empty\.mp4: is empty \(0 bytes\)"):
        probe(tmp_path / "empty.mp4")


@pytest.mark.parametrize("name", ["text.mp4", "text.txt", "text"])
def test_text_is_no_video(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("once upon a time\n" * 50)
    with pytest.raises(InputError, match=r"is not a video that ffmpeg can read|is a text file"):
        probe(tmp_path / name)


def test_sound_only(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", tmp_path / "tone.m4a")
    with pytest.raises(NoVideoStreamError, match=r"tone\.m4a: has no video stream"):
        probe(tmp_path / "tone.m4a")
    audio = probe_audio(tmp_path / "tone.m4a")
    assert audio is not None
    assert audio.codec == "aac"


def test_cover_art_is_no_video(tmp_path: Path) -> None:
    cover = encode(tmp_path / "cover.png", counting(1), 25)
    tone = ["-f", "lavfi", "-i", "sine=duration=1", "-i", str(cover), "-map", "0", "-map", "1"]
    ffmpeg(*tone, "-c:v", "copy", "-disposition:v", "attached_pic", tmp_path / "song.mp3")
    with pytest.raises(NoVideoStreamError):
        probe(tmp_path / "song.mp3")


def test_an_index_without_its_frames(tmp_path: Path) -> None:
    clip = encode(tmp_path / "clip.mp4", counting(5), 25, "-movflags", "+faststart")
    data = clip.read_bytes()
    clip.write_bytes(data[: data.index(b"mdat") + 8])
    with pytest.raises(InputError, match=r"clip\.mp4: .*check that .* complete"):
        probe(clip)


def test_ffmpeg_is_asked_once_about_a_file_that_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    run = ffmpeg_module.run
    monkeypatch.setattr(ffmpeg_module, "run", lambda what: asked.append(what) or run(what))
    clip = encode(tmp_path / "a.mp4", counting(3), 25)
    first = probe(clip)
    assert probe(clip) == first == probe(str(clip))
    assert len(asked) == 2  # the first frame, and the times of those that follow
    encode(clip, counting(3, width=32), 25)
    assert probe(clip).width == 32
    assert len(asked) == 4


def test_sound_of_a_container_of_one_clock_is_not_asked_where_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def jumping(*_: object) -> float:
        raise AssertionError("asked")

    tone = ("-f", "lavfi", "-i", "sine=duration=1", "-shortest")
    clips = {
        name: encode(tmp_path / name, counting(25), 25, *tone)
        for name in ("a.mp4", "a.mkv", "a.ts")
    }
    monkeypatch.setattr(sound_module, "_own_start", jumping)
    for name in ("a.mp4", "a.mkv"):
        audio = probe_audio(clips[name])
        assert audio is not None
        assert audio.delay == 0
    with pytest.raises(AssertionError, match="asked"):
        probe_audio(clips["a.ts"])
