"""What people really have, a line each: made on the spot, read, compared frame by frame."""

from __future__ import annotations

import logging
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.video.clip_times import ClipRange
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
    quadrants,
    sound,
)

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "12")
HDR = "setparams=color_trc={}:color_primaries=bt2020:colorspace=bt2020nc"
DEEP = ("-pix_fmt", "yuv420p10le")

# Name, ffmpeg's options, greatest error of a frame's mean level.
TABLE = {
    "B-frames": ("a.mp4", (*X264, "-bf", "3", "-b_strategy", "0", "-g", "30"), 1),
    "B-frames between closed groups": ("a.mkv", (*X264, "-bf", "3", "-g", "5"), 1),
    "HEVC": (
        "a.mp4",
        ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=0"),
        1,
    ),
    "AV1": ("a.mkv", ("-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime"), 1),
    "VP8": ("a.webm", ("-c:v", "libvpx", "-deadline", "realtime", "-b:v", "1M"), 2),
    "VP9": ("a.webm", ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"), 2),
    "GIF": ("a.gif", (), 1),
    "ProRes": ("a.mov", ("-c:v", "prores_ks", "-profile:v", "0"), 1),
    "10 bits": ("a.mp4", (*X264, *DEEP), 2),
    "4:4:4": ("a.mp4", (*X264, "-pix_fmt", "yuv444p"), 1),
    "full range": ("a.mp4", (*X264, "-vf", "scale=out_range=pc", "-color_range", "pc"), 1),
    "odd sizes": ("a.mkv", ("-vf", "crop=61:45", "-c:v", "ffv1", "-pix_fmt", "bgr0"), 0),
    "not square": ("a.mp4", ("-vf", "setsar=4/3", *X264), 1),
    "alpha": ("a.mov", ("-c:v", "qtrle", "-pix_fmt", "argb"), 0),
    "alpha, ProRes": ("a.mov", ("-c:v", "prores_ks", "-pix_fmt", "yuva444p10le"), 2),
    "fragments": ("a.mp4", (*X264, "-g", "5", "-movflags", "frag_keyframe+empty_moov"), 1),
    "transport stream": ("a.m2ts", (*X264, "-bf", "2"), 1),
    "camcorder": ("a.mpg", ("-c:v", "mpeg2video", "-bf", "2", "-q:v", "2"), 2),
    "Windows Media": ("a.wmv", ("-c:v", "wmv2", "-q:v", "2"), 2),
    "Flash": ("a.flv", (*X264, "-bf", "2"), 1),
    "phone of old": ("a.3gp", ("-c:v", "mpeg4", "-q:v", "2"), 2),
}


@pytest.mark.parametrize("kind", TABLE)
def test_every_frame_once_and_in_order(tmp_path: Path, kind: str) -> None:
    name, options, error = TABLE[kind]
    shown = counting(20)
    reader = VideoReader(encode(tmp_path / name, shown, 25, *options))
    frames = list(reader)
    assert reader.info.fps == 25
    assert len(frames) == 20
    assert not reader.truncated
    levels = np.mean(frames, axis=(1, 2, 3))
    assert np.abs(levels - shown.mean(axis=(1, 2, 3))).max() <= error + 0.1


@pytest.mark.parametrize("kind", ["GIF", "VP9", "HEVC", "10 bits"])
def test_one_frame(tmp_path: Path, kind: str) -> None:
    name, options, _ = TABLE[kind]
    (frame,) = VideoReader(encode(tmp_path / name, quadrants(count=1), 25, *options))
    assert corners(frame) == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize(
    ("options", "seen"),
    [
        ((), [RED, GREEN, BLUE, WHITE]),
        (("-display_rotation", "90"), [GREEN, WHITE, RED, BLUE]),
        (("-display_rotation", "180"), [WHITE, BLUE, GREEN, RED]),
        (("-display_rotation", "270"), [BLUE, RED, WHITE, GREEN]),
        (("-display_hflip",), [GREEN, RED, WHITE, BLUE]),
        (("-display_vflip",), [BLUE, WHITE, RED, GREEN]),
        (("-display_rotation", "90", "-display_hflip"), [WHITE, GREEN, BLUE, RED]),
        (("-display_rotation", "270", "-display_hflip"), [RED, BLUE, GREEN, WHITE]),
    ],
    ids=["as it is", "90", "180", "270", "mirrored", "upside down", "90 mirrored", "270 mirrored"],
)
@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
def test_turned_and_mirrored(
    tmp_path: Path, suffix: str, options: tuple[str, ...], seen: list[tuple[int, int, int]]
) -> None:
    plain = encode(tmp_path / "plain.mp4", quadrants(), 25, *X264)
    turned = tmp_path / f"turned.{suffix}"
    ffmpeg(*options, "-i", plain, "-c", "copy", turned)
    assert corners(next(iter(VideoReader(turned)))) == seen


@pytest.mark.parametrize("codec", [X264, ("-c:v", "libx264", "-bf", "2", "-g", "10")])
def test_what_an_edit_list_hides_is_not_shown(tmp_path: Path, codec: tuple[str, ...]) -> None:
    # Cut without encoding anew, as phones do: the file holds the frames from the last key frame
    # on, its edit list says that the clip begins later.
    whole = encode(tmp_path / "whole.mp4", counting(40), 25, *codec)
    cut = tmp_path / "cut.mp4"
    ffmpeg("-ss", "0.6", "-i", whole, "-c", "copy", cut)
    expected = np.stack(list(VideoReader(whole)))[15:]
    frames = np.stack(list(VideoReader(cut)))
    assert np.array_equal(frames, expected)


def test_hidden_sound_and_pictures_stay_in_step(tmp_path: Path) -> None:
    frames = np.full((40, 48, 64, 3), 30, np.uint8)
    frames[30] = 220
    click = ("-f", "lavfi", "-i", "aevalsrc=between(t\\,1.2\\,1.22)*sin(9000*t):s=48000:d=1.6")
    whole = encode(tmp_path / "whole.mp4", frames, 25, *click, *X264, "-c:a", "aac")
    cut = tmp_path / "cut.mp4"
    ffmpeg("-ss", "0.6", "-i", whole, "-c", "copy", cut)
    reader = VideoReader(cut)
    with VideoWriter(tmp_path / "out.mp4", reader.info.fps, (64, 48), reader.info) as writer:
        levels = []
        for frame in reader:
            writer.write(frame)
            levels.append(frame.mean())
    heard = np.flatnonzero(np.abs(sound(tmp_path / "out.mp4")) > 0.25)[0] / 8000
    assert np.flatnonzero(np.array(levels) > 120).tolist() == [15]
    assert heard == pytest.approx(0.6, abs=0.02)


# High dynamic range -------------------------------------------------------------------------------


def perceptual_quantizer(nits: float) -> float:
    """Code value 0..1 of a brightness (SMPTE ST 2084)."""
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
    power = (nits / 10_000) ** m1
    return float(((c1 + c2 * power) / (1 + c3 * power)) ** m2)


def hybrid_log_gamma(share: float) -> float:
    """Code value 0..1 of scene light 0..1 (ARIB STD-B67)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return float(np.sqrt(3 * share) if share <= 1 / 12 else a * np.log(12 * share - b) + c)


def grey_of(tmp_path: Path, transfer: str, code: float) -> float:
    """Level 0..255 at which a grey of a code value is read."""
    frames = np.full((2, 48, 64, 3), round(255 * code), np.uint8)
    options = ("-vf", HDR.format(transfer), *X264, *DEEP)
    clip = encode(tmp_path / f"{transfer}{code}.mp4", frames, 25, *options)
    assert probe(clip).transfer == transfer
    frame = next(iter(VideoReader(clip)))
    assert np.ptp(frame[20:30, 20:40].mean(axis=(0, 1))) <= 3
    return float(frame[20:30, 20:40].mean())


def test_hdr_looks_as_bright_as_ordinary_video(tmp_path: Path) -> None:
    nits = (0.0, 2.0, 36.5, 203.0, 1000.0)  # black, shadow, middle grey, white paper, a lamp
    levels = [grey_of(tmp_path, "smpte2084", perceptual_quantizer(n)) for n in nits]
    assert np.all(np.diff(levels) > 5)
    black, shadow, grey, white, lamp = levels
    assert black <= 3
    assert 10 <= shadow <= 45
    assert grey == pytest.approx(255 * 0.18 ** (1 / 2.2), abs=15)
    assert white > 190
    assert lamp > 240


def test_hlg_looks_as_bright_as_ordinary_video(tmp_path: Path) -> None:
    codes = (0.0, hybrid_log_gamma(0.2 * 0.18), 0.75, 1.0)  # 0.75 is white paper (BT.2408)
    black, grey, white, lamp = (grey_of(tmp_path, "arib-std-b67", code) for code in codes)
    assert black <= 3
    assert 60 <= grey <= 150
    assert 185 <= white < lamp
    assert lamp > 230


def test_hdr_colours_stay_what_they_are(tmp_path: Path) -> None:
    frames = (quadrants().astype(float) * perceptual_quantizer(203)).astype(np.uint8)
    bt2020 = "scale=out_color_matrix=bt2020," + HDR.format("smpte2084")
    clip = encode(tmp_path / "a.mp4", frames, 25, "-vf", bt2020, *X264, *DEEP)
    assert corners(next(iter(VideoReader(clip)))) == [RED, GREEN, BLUE, WHITE]


# Transparent, interlaced, large -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.mov", ("-c:v", "qtrle")), ("a.gif", ()), ("a.mkv", ("-c:v", "png"))],
)
def test_what_is_transparent_is_black(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    hole = "format=rgba,geq=r='r(X\\,Y)':g='g(X\\,Y)':b='b(X\\,Y)':a='255*gt(X\\,31)'"
    palette = ",split[a][b];[a]palettegen=reserve_transparent=1[p];[b][p]paletteuse"
    graph = hole + (palette if name == "a.gif" else "")
    clip = encode(tmp_path / name, quadrants(), 25, "-vf", graph, *options)
    assert probe(clip).alpha
    frame = next(iter(VideoReader(clip)))
    assert frame[:, :30].max() == 0
    assert corners(frame)[1::2] == [GREEN, WHITE]


@pytest.mark.parametrize("codec", [("-c:v", "mpeg2video", "-q:v", "2"), X264])
def test_fields_are_joined_without_combs(tmp_path: Path, codec: tuple[str, ...]) -> None:
    # A white bar moves 4 pixels a field: woven into a frame its edges are combs.
    fields = np.full((40, 96, 128, 3), 20, np.uint8)
    for k, field in enumerate(fields):
        field[:, 8 + 2 * k : 32 + 2 * k] = 220
    woven = ("-vf", "tinterlace=interleave_top:flags=vlpf,setfield=tff", "-flags", "+ildct+ilme")
    extra = ("-x264-params", "tff=1:weightp=0") if codec is X264 else ()
    clip = encode(tmp_path / "a.mkv", fields, 50, *woven, *codec, *extra)
    reader = VideoReader(clip)
    frames = np.stack(list(reader)).astype(int)
    assert reader.info.interlaced
    assert reader.info.fps == 25
    assert len(frames) == 20
    combs = np.abs(frames[5:15, 1:-1] - (frames[5:15, :-2] + frames[5:15, 2:]) / 2)
    assert combs[:, 5:-5].max() < 60


def test_eight_thousand_pixels(tmp_path: Path) -> None:
    clip = tmp_path / "8k.mp4"
    picture = ("-f", "lavfi", "-i", "color=red:size=7680x4320:rate=25:duration=0.04")
    ffmpeg(*picture, "-c:v", "mjpeg", "-q:v", "20", "-pix_fmt", "yuvj420p", clip)
    (frame,) = VideoReader(clip)
    assert frame.shape == (4320, 7680, 3)
    assert frame[::4319, ::7679, 0].min() > 245


def test_subtitles_and_timecode_are_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text("1\n00:00:00,000 --> 00:00:00,500\nHello\n")
    plain = encode(tmp_path / "plain.mp4", counting(20), 25, *X264)
    clip = tmp_path / "a.mov"
    told = ("-map", "0", "-map", "1", "-c:v", "copy", "-c:s", "mov_text")
    ffmpeg("-i", plain, "-i", tmp_path / "a.srt", *told, "-timecode", "01:00:00:00", clip)
    reader = VideoReader(clip)
    assert len(list(reader)) == 20
    assert reader.info.fps == Fraction(25)
    assert not reader.info.has_audio


# More than one stream of pictures -----------------------------------------------------------------

SMALL, LARGE = (64, 48), (96, 72)
FEW = ("-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p")


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "mov", "avi", "ts"])
@pytest.mark.parametrize(
    ("streams", "taken", "moving"),
    [
        ([(LARGE, 1), (SMALL, 20)], 1, 1),  # a still that is not marked as one
        ([(SMALL, 20), (LARGE, 1)], 0, 1),
        ([(SMALL, 20), (LARGE, 20)], 1, 2),
        ([(LARGE, 20), (SMALL, 20)], 0, 2),
        ([(LARGE, 1), (LARGE, 20), (SMALL, 20)], 1, 2),
    ],
)
def test_the_largest_stream_that_moves_is_taken(
    tmp_path: Path,
    suffix: str,
    streams: list[tuple[tuple[int, int], int]],
    taken: int,
    moving: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    if suffix == "ts" and moving < len(streams):
        pytest.skip("a transport stream of one picture has no time")
    codec = ("-c:v", "mpeg2video", "-q:v", "2") if suffix == "ts" else FEW
    inputs: list[str | Path] = []
    maps: list[str | Path] = []
    for k, ((width, height), count) in enumerate(streams):
        shown = counting(count + 3 * k, width, height)[3 * k :]
        inputs += ["-i", encode(tmp_path / f"{k}.{suffix}", shown, 25, *codec)]
        maps += ["-map", f"{k}"]
    clip = tmp_path / f"a.{suffix}"
    ffmpeg(*inputs, *maps, "-c", "copy", clip)
    with caplog.at_level(logging.WARNING):
        reader = VideoReader(clip, ClipRange(0.2))
        frames = list(reader)
        assert len(list(VideoReader(clip))) == 20
    width, height = streams[taken][0]
    assert {frame.shape for frame in frames} == {(height, width, 3)}
    assert frames[0].mean() == pytest.approx(40 + 2 * (5 + 3 * taken), abs=2)
    assert [record.getMessage() for record in caplog.records] == [
        f"{clip}: has {len(streams)} streams of pictures, of which {moving} move; the one of "
        f"{width}x{height} is taken"
    ]
