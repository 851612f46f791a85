"""Files of kinds that few programs write: each picture is read once, in order, in its colours."""

from __future__ import annotations

import logging
import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.video.reader import VideoReader
from tests.helpers.clips import BLUE, GREEN, RED, WHITE, corners, encode, ffmpeg, quadrants
from tests.helpers.numbered import number_of, numbered

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "10", "-bf", "2")
X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=0")
VP8 = ("-c:v", "libvpx", "-deadline", "realtime", "-b:v", "1M")
VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8")
AV1 = ("-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime")
MPEG2 = ("-c:v", "mpeg2video", "-q:v", "2")
PAL = ("-s", "720x576", "-pix_fmt", "yuv420p")

CONTAINERS = {
    "APNG": ("a.apng", ("-plays", "0")),
    "APNG called PNG": ("a.png", ("-f", "apng")),
    "animated WebP": ("a.webp", ("-c:v", "libwebp_anim", "-lossless", "1")),
    "animated AVIF": ("a.avif", AV1),
    "VP9 in IVF": ("a.ivf", VP9),
    "Y4M": ("a.y4m", ("-pix_fmt", "yuv420p")),
    "Y4M, 4:4:4 of 10 bits": ("a.y4m", ("-pix_fmt", "yuv444p10", "-strict", "-1")),
    "DV": ("a.dv", (*PAL, "-target", "pal-dv")),
    "MXF": ("a.mxf", MPEG2),
    "GXF": ("a.gxf", (*MPEG2, "-s", "720x576")),
    "Ogg": ("a.ogv", ("-c:v", "libtheora", "-q:v", "8")),
    "DVD": ("a.vob", MPEG2),
    "RealMedia": ("a.rm", ("-c:v", "rv20")),
    "NUT": ("a.nut", ("-c:v", "mpeg4", "-q:v", "2")),
    "raw AVI": ("a.avi", ("-c:v", "rawvideo", "-pix_fmt", "bgr24")),
    "Shockwave": ("a.swf", ("-c:v", "flv1", "-q:v", "2")),
    "ASF": ("a.asf", ("-c:v", "msmpeg4", "-q:v", "2")),
    "MJPEG of a web camera": ("a.mpjpeg", ("-c:v", "mjpeg", "-q:v", "2", "-f", "mpjpeg")),
}


@pytest.mark.parametrize("kind", CONTAINERS)
def test_containers(tmp_path: Path, kind: str) -> None:
    name, options = CONTAINERS[kind]
    reader = VideoReader(encode(tmp_path / name, numbered(30), 25, *options))
    assert [number_of(frame) for frame in reader] == [*range(30)]
    assert reader.info.fps == 25
    assert not reader.truncated


BARE = {
    "H.264": ("a.h264", X264),
    "HEVC": ("a.hevc", X265),
    "MPEG-1": ("a.m1v", ("-c:v", "mpeg1video", "-q:v", "2")),
    "MPEG-2": ("a.m2v", MPEG2),
}


@pytest.mark.parametrize("rate", ["24", "25", "30000/1001", "30", "50", "60"])
@pytest.mark.parametrize("kind", BARE)
def test_bare_streams_have_the_rate_of_their_codec(
    tmp_path: Path, kind: str, rate: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Ffmpeg announces 25 pictures a second for all of them."""
    name, options = BARE[kind]
    clip = encode(tmp_path / name, numbered(30), Fraction(rate), *options)
    with caplog.at_level(logging.INFO):
        reader = VideoReader(clip)
        assert [number_of(frame) for frame in reader] == [*range(30)]
    assert reader.info.fps == Fraction(rate)
    assert reader.info.frames is None
    assert "--fps says another" in caplog.text


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("mkv", X264), ("webm", VP8), ("ts", X264), ("avi", ("-c:v", "mpeg4", "-q:v", "2")),
        ("mpg", MPEG2), ("h264", X264), ("gif", ()),
    ],
)  # fmt: skip
def test_recordings_that_were_joined_byte_by_byte(
    tmp_path: Path, suffix: str, options: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    frames, parts = numbered(60), []
    for k, part in enumerate((frames[:30], frames[30:])):
        parts.append(encode(tmp_path / f"{k}.{suffix}", part, 25, *options).read_bytes())
    (tmp_path / f"a.{suffix}").write_bytes(b"".join(parts))
    reader = VideoReader(tmp_path / f"a.{suffix}")
    with caplog.at_level(logging.WARNING):
        assert [number_of(frame) for frame in reader] == [*range(60)]
    assert not reader.truncated
    assert not caplog.records


def test_the_end_of_a_recording_that_starts_late_is_no_length(tmp_path: Path) -> None:
    clip = encode(tmp_path / "a.mkv", numbered(30), 25, *X264, "-output_ts_offset", "36000")
    reader = VideoReader(clip)
    assert [number_of(frame) for frame in reader] == [*range(30)]
    assert reader.info.frames == 30


@pytest.mark.parametrize("offset", ["95443", "-0.5"], ids=["clock that runs over", "before 0"])
def test_transport_streams_begin_at_any_time(tmp_path: Path, offset: str) -> None:
    late = ("-output_ts_offset", offset, "-muxdelay", "0")
    clip = encode(tmp_path / "a.ts", numbered(60), 25, *X264, *late)
    assert [number_of(frame) for frame in VideoReader(clip)] == [*range(60)]


def test_a_gif_that_was_cut_off_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clip = encode(tmp_path / "a.gif", numbered(60), 25)
    data = clip.read_bytes()
    clip.write_bytes(data[: len(data) * 2 // 3])
    reader = VideoReader(clip)
    assert 35 < len(list(reader)) < 45
    assert reader.truncated
    assert "a.gif: damaged or cut off" in caplog.text


@pytest.mark.parametrize("codec", [(*VP8, "-auto-alt-ref", "0"), VP9], ids=["VP8", "VP9"])
def test_what_is_transparent_in_webm_is_black(tmp_path: Path, codec: tuple[str, ...]) -> None:
    hole = "format=rgba,geq=r='r(X\\,Y)':g='g(X\\,Y)':b='b(X\\,Y)':a='255*gt(X\\,31)'"
    options = ("-vf", f"{hole},format=yuva420p", "-pix_fmt", "yuva420p", *codec)
    reader = VideoReader(encode(tmp_path / "a.webm", quadrants(count=5), 25, *options))
    frames = list(reader)
    assert reader.info.alpha
    assert len(frames) == 5
    for frame in frames:
        assert frame[:, :28].max() <= 3
        assert corners(frame)[1::2] == [GREEN, WHITE]


PIXELS = {
    **{f"FFV1 {name}": ("a.mkv", ("-c:v", "ffv1", "-pix_fmt", name)) for name in (
        "bgr0", "gbrp", "gbrp10le", "gbrp16le", "rgb48le", "rgba64le", "yuv410p", "yuv411p",
        "yuv440p", "yuv422p16le", "yuva444p16le", "gbrap", "rgb555le", "pal8")},
    "10 bits, VP9": ("a.webm", (*VP9, "-pix_fmt", "yuv420p10le")),
    "RGB, VP9": ("a.webm", (*VP9, "-pix_fmt", "gbrp")),
    "RGB, H.264": ("a.mp4", ("-c:v", "libx264rgb", "-preset", "ultrafast")),
    "12 bits, HEVC": ("a.mp4", (*X265, "-pix_fmt", "yuv422p12le")),
    "10 bits, AV1": ("a.mp4", (*AV1, "-pix_fmt", "yuv420p10le")),
    "BT.2020, not HDR": ("a.mp4", (*X264, "-vf", "scale=out_color_matrix=bt2020,format=yuv420p",
                                   "-colorspace", "bt2020nc")),
    "SMPTE 240M": ("a.mp4", (*X264, "-vf", "scale=out_color_matrix=smpte240m,format=yuv420p",
                             "-colorspace", "smpte240m")),
    "limited range, MJPEG": ("a.avi", ("-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuv422p",
                                       "-strict", "unofficial", "-color_range", "tv")),
    "4:4:4, MJPEG": ("a.avi", ("-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj444p")),
    "DNxHR": ("a.mov", ("-c:v", "dnxhd", "-profile:v", "dnxhr_hq", "-s", "256x128",
                        "-pix_fmt", "yuv422p")),
    "CineForm": ("a.mov", ("-c:v", "cfhd", "-pix_fmt", "yuv422p10le")),
    "JPEG 2000": ("a.mov", ("-c:v", "jpeg2000")),
    "PNG": ("a.mov", ("-c:v", "png")),
    "Hap": ("a.mov", ("-c:v", "hap")),
    "Sorenson": ("a.mov", ("-c:v", "svq1")),
    "QuickTime, 16 bits": ("a.mov", ("-c:v", "qtrle", "-pix_fmt", "rgb555be")),
    "HuffYUV": ("a.avi", ("-c:v", "huffyuv")),
    "Ut Video": ("a.avi", ("-c:v", "utvideo")),
    "Cinepak": ("a.avi", ("-c:v", "cinepak")),
    "Video 1": ("a.avi", ("-c:v", "msvideo1")),
    "v210": ("a.mov", ("-c:v", "v210")),
    "UYVY": ("a.avi", ("-c:v", "rawvideo", "-pix_fmt", "uyvy422")),
}  # fmt: skip


@pytest.mark.parametrize("kind", PIXELS)
def test_colours(tmp_path: Path, kind: str) -> None:
    name, options = PIXELS[kind]
    frames = list(VideoReader(encode(tmp_path / name, quadrants(96, 72, count=3), 25, *options)))
    assert len(frames) == 3
    for frame in frames:
        assert corners(frame) == [RED, GREEN, BLUE, WHITE]
        height, width = frame.shape[:2]
        assert frame[height // 4, width // 4, 0] > 240
        assert frame[height // 4, -width // 4, 1] > 210


@pytest.mark.parametrize("pixels", ["gray", "gray10le", "gray16le"])
def test_grey(tmp_path: Path, pixels: str) -> None:
    options = ("-c:v", "ffv1", "-pix_fmt", pixels)
    for frame in VideoReader(encode(tmp_path / "a.mkv", numbered(20), 25, *options)):
        assert np.ptp(frame, axis=2).max() == 0
        assert abs(np.percentile(frame, 95) - 210) < 2 or number_of(frame) == 0


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 5), (16, 4000), (4000, 16), (95, 71)])
@pytest.mark.parametrize("suffix", ["mkv", "gif"])
def test_sizes(tmp_path: Path, size: tuple[int, int], suffix: str) -> None:
    options = () if suffix == "gif" else ("-c:v", "ffv1", "-pix_fmt", "bgr0")
    shown = np.full((5, size[1], size[0], 3), 120, np.uint8)
    frames = list(VideoReader(encode(tmp_path / f"a.{suffix}", shown, 25, *options)))
    assert [frame.shape for frame in frames] == [shown[0].shape] * 5


@pytest.mark.parametrize(
    "rate", ["1/2", "7/2", "15000/1001", "25/2", "90", "144", "240", "300", "480", "960", "1000"]
)
def test_rates(tmp_path: Path, rate: str) -> None:
    reader = VideoReader(encode(tmp_path / "a.mp4", numbered(30), Fraction(rate), *X264))
    assert [number_of(frame) for frame in reader] == [*range(30)]
    assert reader.info.fps == Fraction(rate)


NAMES = [
    "a\nb.mp4", "😀 ü.mp4", "-y.mp4", "a:b.mp4", "%d.mp4", "%05d.mp4", "a'b\"c.mp4",
    "[x]{y}*?.mp4", "  sp .mp4", "noext", "x.txt", "x.jpg", "x" * 240 + ".mp4", "concat:a|b.mp4",
    "http:x.mp4", "..mp4", "$(x).mp4", "\\.mp4",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names(tmp_path: Path, name: str) -> None:
    plain = encode(tmp_path / "plain.mp4", numbered(12), 25, *X264)
    shutil.copy(plain, tmp_path / name)
    assert [number_of(frame) for frame in VideoReader(tmp_path / name)] == [*range(12)]


def test_junk_behind_a_video_is_no_trouble(tmp_path: Path) -> None:
    clip = encode(tmp_path / "a.mp4", numbered(30), 25, *X264)
    clip.write_bytes(clip.read_bytes() + bytes(5000))
    assert [number_of(frame) for frame in VideoReader(clip)] == [*range(30)]


def test_pieces_for_streaming_joined_to_one_file(tmp_path: Path) -> None:
    """A DASH player's beginning and its pieces, one after the other."""
    clip = encode(tmp_path / "a.mp4", numbered(60), 25, *X264, "-g", "15")
    pieces = (
        "-seg_duration",
        "0.6",
        "-init_seg_name",
        "init.mp4",
        "-media_seg_name",
        "$Number$.m4s",
    )
    ffmpeg("-i", clip, "-c", "copy", "-f", "dash", *pieces, tmp_path / "a.mpd")
    names = ["init.mp4", *(f"{k}.m4s" for k in range(1, 5))]
    joined = b"".join((tmp_path / name).read_bytes() for name in names)
    (tmp_path / "joined.mp4").write_bytes(joined)
    assert [number_of(frame) for frame in VideoReader(tmp_path / "joined.mp4")] == [*range(60)]


@pytest.mark.parametrize(
    "rate", ["10", "12", "15", "16", "18", "20", "24000/1001", "24", "25", "30", "50", "60"]
)
def test_gifs_have_the_rate_that_hundredths_of_a_second_hide(tmp_path: Path, rate: str) -> None:
    reader = VideoReader(encode(tmp_path / "a.gif", numbered(60), Fraction(rate)))
    assert [number_of(frame) for frame in reader] == [*range(60)]
    assert reader.info.fps == Fraction(rate)
