from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.rendering import SceneRenderer, SideBySideRenderer
from glagcn_cli.rendering.lettering import draw_text
from glagcn_cli.rendering.picture import Yuv420
from glagcn_cli.video.probing import probe
from glagcn_cli.video.reader import VideoReader
from glagcn_cli.video.writer import VideoWriter
from tests.helpers.clips import encode, ffmpeg, quadrants
from tests.helpers.walkers import FPS, points_2d, poses, walk


def as_rgb(array: np.ndarray) -> np.ndarray:
    """BT.709 of limited range by ITU's formula; the colour of four pixels as it is."""
    height, width = array.shape[0] * 2 // 3, array.shape[1]
    y = (array[:height].astype(float) - 16) / 219
    pb, pr = (
        np.kron(half, np.ones((2, 2))) / 224
        for half in array[height:].reshape(2, height // 2, width // 2).astype(float) - 128
    )
    red, blue = y + 1.5748 * pr, y + 1.8556 * pb
    green = (y - 0.2126 * red - 0.0722 * blue) / 0.7152
    return 255 * np.stack([red, green, blue], axis=-1)


def blank(width: int = 64, height: int = 48) -> np.ndarray:
    return np.full((height * 3 // 2, width), 128, np.uint8)


@pytest.mark.parametrize(
    ("colour", "numbers"),
    # Of Rec. ITU-R BT.709 with 8 bits.
    [
        ((0, 0, 0), (16, 128, 128)),
        ((255, 255, 255), (235, 128, 128)),
        ((255, 0, 0), (63, 102, 240)),
        ((0, 255, 0), (173, 42, 26)),
        ((0, 0, 255), (32, 240, 118)),
    ],
)
def test_colours_have_their_numbers(colour: tuple, numbers: tuple) -> None:
    filled, converted = blank(), Yuv420.from_rgb(np.full((48, 64, 3), colour, np.uint8))
    Yuv420(filled).fill(colour)
    for picture in (Yuv420(filled), converted):
        for channel, number in zip(picture.channels, numbers, strict=True):
            assert abs(channel.astype(int) - number).max() <= 1


def test_a_part_is_a_view_of_its_place() -> None:
    array = blank()
    Yuv420(array).fill((0, 0, 0))
    Yuv420(array).part(slice(16, 48), slice(32, 64)).fill((255, 255, 255))
    lit = as_rgb(array).mean(axis=-1) > 128
    assert lit[16:, 32:].all()
    assert lit.sum() == 32 * 32


@pytest.mark.parametrize("position", [(10, 10), (11, 11), (40, 33), (-7, -5), (50, 40)])
def test_text_looks_as_on_rgb(position: tuple[int, int]) -> None:
    rgb = np.full((48, 64, 3), (200, 120, 40), np.uint8)
    array = blank()
    Yuv420(array).fill((200, 120, 40))
    for picture in (rgb, Yuv420(array)):
        draw_text(picture, "Ag", position, 16, (220, 224, 228), plate=True)
    off = np.abs(as_rgb(array) - rgb)
    # Only at edges of letters may pixels differ that share their colour with others.
    assert off.mean() < 6
    brightness = np.abs(as_rgb(array) @ [0.2126, 0.7152, 0.0722] - rgb @ [0.2126, 0.7152, 0.0722])
    assert brightness.max() < 2.5


def gradient(width: int, height: int) -> np.ndarray:
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    return np.rint(255 * np.stack([across, down, 1 - across], axis=-1)).astype(np.uint8)


@pytest.mark.parametrize("turn", [0.0, 30.0])
@pytest.mark.parametrize("size", [(640, 360), (360, 360), (202, 360)])
def test_frames_in_yuv_show_what_those_in_rgb_show(size: tuple[int, int], turn: float) -> None:
    paths = [np.full((2, 3), [side, 0, 0]) for side in (-0.6, 0.6)]
    drawing = SideBySideRenderer(
        [poses(walk(path), i + 1) for i, path in enumerate(paths)],
        [points_2d(2, size)], FPS, size, panel_height=360, turn=turn,
    )  # fmt: skip
    assert drawing.picture_size == size, "its scaling is not what is compared"
    shown = gradient(*size)
    same = Yuv420.from_rgb(shown)
    frame = np.concatenate([channel.ravel() for channel in same.channels]).reshape(-1, size[0])
    right = Yuv420.from_rgb(drawing.render(shown, 1))
    fast = Yuv420(drawing.render(frame, 1))
    # Brightness, then colour, which may be half a pixel of its own off at the edges of limbs.
    bounds = [(0.05, 2, 8), (0.3, 8, 50), (0.3, 8, 50)]
    for pixels, expected, (mean, few, most) in zip(
        fast.channels, right.channels, bounds, strict=True
    ):
        off = np.abs(pixels.astype(int) - expected)
        assert off.mean() < mean
        assert np.percentile(off, 99) <= few
        assert off.max() <= most


def test_the_scene_alone_in_yuv_is_that_in_rgb() -> None:
    drawing = SceneRenderer([poses(walk(np.zeros((2, 3))))])
    slow, fast = as_rgb(drawing.render(1, yuv=True)), drawing.render(1)
    assert np.abs(slow - fast).mean() < 1


def test_bars_are_as_dark_in_yuv() -> None:
    drawing = SideBySideRenderer([], [], FPS, (1600, 400), panel_height=360)
    frame = blank(*drawing.picture_size)
    Yuv420(frame).fill((10, 200, 10))
    shown = as_rgb(drawing.render(frame, 0))[:, :640]
    rows = np.nonzero(shown[:, 320, 1] > 150)[0]
    assert (rows.min(), rows.max()) == (100, 259)
    assert shown[:96, 200:].max() < 30


# Colours as read and written ----------------------------------------------------------------------

_HD = ("-vf", "scale=1280:720:flags=neighbor:out_color_matrix=bt709,format=yuv420p")
_X264 = ("-c:v", "libx264", "-crf", "4", "-preset", "ultrafast")
_SAYS_709 = ("-colorspace", "bt709", "-color_range", "tv")
_DEEP = ("-pix_fmt", "yuv420p10le", "-color_trc", "smpte2084", "-color_primaries", "bt2020")
_HOLE = "format=rgba,geq=r='r(X\\,Y)':g='g(X\\,Y)':b='b(X\\,Y)':a='255*gt(X\\,31)'"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("standard.mp4", ("-pix_fmt", "yuv420p", *_X264)),
        ("untagged.mp4", (*_HD, *_X264)),
        ("tagged.mp4", (*_HD, *_X264, *_SAYS_709)),
        ("full.mp4", ("-pix_fmt", "yuvj420p", *_X264)),
        ("rgb.mkv", ("-c:v", "ffv1")),
        ("deep.mp4", (*_DEEP, "-colorspace", "bt2020nc", *_X264)),
        ("hole.mov", ("-vf", _HOLE, "-c:v", "qtrle")),
    ],
)
def test_any_video_has_the_same_colours_in_yuv(
    tmp_path: Path, name: str, options: tuple[str, ...]
) -> None:
    info = probe(encode(tmp_path / name, quadrants() // 2 + 60, 25, *options))
    rgb = next(iter(VideoReader(info))).astype(float)
    yuv = as_rgb(next(iter(VideoReader(info, pixels="yuv420p"))))
    height, width = rgb.shape[:2]
    for row in (slice(height // 8, 3 * height // 8), slice(5 * height // 8, 7 * height // 8)):
        for column in (slice(width // 8, 3 * width // 8), slice(5 * width // 8, 7 * width // 8)):
            seen, right = yuv[row, column].mean(axis=(0, 1)), rgb[row, column].mean(axis=(0, 1))
            assert np.abs(np.clip(seen, 0, 255) - right).max() < 3


def test_frames_come_in_the_size_asked_for(tmp_path: Path) -> None:
    info = probe(encode(tmp_path / "a.mp4", quadrants(66, 50), 25, *_X264))
    for pixels, shape in (("rgb24", (24, 32, 3)), ("yuv420p", (36, 32))):
        frames = list(VideoReader(info, size=(32, 24), pixels=pixels))  # type: ignore[arg-type]
        assert [frame.shape for frame in frames] == [shape] * 3
    assert (info.width, info.height) == (66, 50)


def test_yuv_is_written_as_it_is(tmp_path: Path) -> None:
    frame = blank()
    Yuv420(frame).fill((0, 0, 0))
    Yuv420(frame).part(slice(0, 24), slice(0, 32)).fill((200, 40, 90))
    target = tmp_path / "out.mp4"
    with VideoWriter(target, FPS, (64, 48), crf=0, pixels="yuv420p") as writer:
        for _ in range(3):
            writer.write(frame)
        with pytest.raises(ValueError, match=r"takes uint8 \(72, 64\)"):
            writer.write(np.zeros((48, 64, 3), np.uint8))
    said = ffmpeg("-i", target, "-f", "null", "-")
    assert "bt709" in said
    for read in VideoReader(target, pixels="yuv420p"):
        np.testing.assert_array_equal(read, frame)
