from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from glagcn_cli.video.picture import VideoPicture, picture_of
from glagcn_cli.video.reader import VideoReader
from tests.helpers.clips import encode, ffmpeg

X264 = ("-c:v", "libx264", "-crf", "4", "-preset", "ultrafast")
BT709 = ("-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p")
TAGGED = ("-colorspace", "bt709", "-color_range", "tv")
LEVELS = 3
"""Of 255, by which conversions differ: ffmpeg's is cut off, where this one is rounded."""

BETWEEN = 8
"""Levels by which they differ between pixels, where ffmpeg's colour has steps."""

TURN = cv2.getRotationMatrix2D((100, 80), 20, 0.4)
TO_CROP, TO_FRAME = cv2.INTER_LINEAR, cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP


def gradients(width: int, height: int) -> np.ndarray:
    """A frame (1, height, width, 3) whose colours change slowly from side to side."""
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    return (40 + 170 * np.stack([across, down, 1 - across * down], axis=-1)).astype(np.uint8)[None]


def both(path: Path) -> tuple[np.ndarray, VideoPicture, VideoReader]:
    """The first frame as RGB by ffmpeg, the same for whoever looks at parts of it, its reader."""
    reader = VideoReader(path)
    return next(iter(reader)), next(reader.pictures()), reader


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plain") / "a.mp4"
    return encode(path, gradients(320, 240), 25, *BT709, *X264, *TAGGED)


def near(one: np.ndarray, other: np.ndarray, most: int = LEVELS) -> bool:
    """Whether pictures are the same but for rounding."""
    return one.shape == other.shape and np.abs(one.astype(float) - other).max() <= most


@pytest.mark.parametrize(
    ("name", "size", "options", "is_plain"),
    [
        ("tagged.mp4", (320, 240), (*BT709, *X264, *TAGGED), True),
        ("untagged_hd.mp4", (1280, 720), (*BT709, *X264), True),
        ("untagged_sd.mp4", (320, 240), ("-pix_fmt", "yuv420p", *X264), False),
        ("full_range.mp4", (320, 240), ("-pix_fmt", "yuvj420p", *X264), False),
        ("more_colour.mp4", (320, 240), ("-pix_fmt", "yuv444p", *X264), False),
        ("ten_bits.mkv", (320, 240), ("-pix_fmt", "yuv420p10le", *X264), False),
        ("odd.mkv", (321, 241), ("-c:v", "ffv1", "-pix_fmt", "bgr0"), False),
        ("interlaced.mp4", (320, 240), (*BT709, *X264, *TAGGED, "-flags", "+ilme+ildct"), False),
    ],
)  # fmt: skip
def test_pictures_show_what_frames_show(
    tmp_path: Path, name: str, size: tuple[int, int], options: tuple[str, ...], is_plain: bool
) -> None:
    frame, picture, reader = both(encode(tmp_path / name, gradients(*size), 25, *options))
    assert reader.info.plain_yuv == is_plain, "YUV comes where it costs no conversion"
    assert picture.size == size
    assert near(picture.rgb(), frame)


def test_turned_videos_are_upright(tmp_path: Path, plain: Path) -> None:
    ffmpeg("-display_rotation", "90", "-i", plain, "-c", "copy", tmp_path / "turned.mp4")
    frame, picture, reader = both(tmp_path / "turned.mp4")
    assert reader.info.plain_yuv
    assert picture.size == (240, 320)
    assert near(picture.rgb(), frame)


def test_people_are_cut_out_of_yuv_as_of_rgb(plain: Path) -> None:
    frame, picture, _ = both(plain)
    for flags in (TO_CROP, TO_FRAME):
        expected = cv2.warpAffine(frame, TURN, (96, 128), flags=flags)
        found = picture.warped(TURN, (96, 128), flags)
        edges = cv2.warpAffine(np.full_like(frame, 255), TURN, (96, 128), flags=flags)
        inside, outside = (cv2.erode(one, np.ones((7, 7))) for one in (edges, 255 - edges))
        assert np.abs(found.astype(int) - expected)[inside == 255].max() <= BETWEEN
        assert not found[outside == 255].any(), "black outside of the frame"


def test_small_pictures_of_yuv_are_those_of_rgb(plain: Path) -> None:
    frame, picture, _ = both(plain)
    assert near(picture.resized((80, 60)), cv2.resize(frame, (80, 60)), BETWEEN)


def test_grey_of_yuv_is_as_light_as_that_of_rgb(plain: Path) -> None:
    frame, picture, _ = both(plain)
    grey, expected = (one.grey(lambda g: g) for one in (picture, VideoPicture.of_rgb(frame)))
    # One weighs red, green and blue as BT.709 does, the other as BT.601.
    assert abs(float(grey.mean()) - expected.mean()) < 8
    assert np.corrcoef(grey.ravel(), expected.ravel())[0, 1] > 0.9


def test_parts_and_single_pixels_are_those_of_the_whole(plain: Path) -> None:
    _, picture, _ = both(plain)
    whole = picture.rgb()
    rows, columns = slice(11, 204, 7), slice(3, 300, 2)
    np.testing.assert_array_equal(picture.rgb(rows, columns), whole[rows, columns])
    at = np.random.default_rng(1).integers(0, 240, (2, 9, 2))
    np.testing.assert_array_equal(picture.colours(at), whole[at[..., 1], at[..., 0]])


def test_an_array_is_a_picture_too() -> None:
    frame = gradients(40, 30)[0]
    picture = picture_of(frame)
    assert picture_of(picture) is picture
    part = picture.rgb(slice(2, 9), slice(3, 8))
    np.testing.assert_array_equal(part, frame[2:9, 3:8])
    part[:] = 0
    assert frame[2:9, 3:8].any(), "a part may be written to"


def test_black_and_white_are_black_and_white() -> None:
    array = np.full((6, 4), 128, np.uint8)
    array[:4] = np.array([[16, 235, 16, 235]])
    np.testing.assert_array_equal(
        VideoPicture.of_yuv420p(array).rgb()[0], np.repeat([[0], [255], [0], [255]], 3, axis=1)
    )


def test_frames_are_counted_whichever_way_they_are_read(plain: Path) -> None:
    reader = VideoReader(plain)
    assert sum(1 for _ in reader.pictures()) == reader.frames_read == reader.info.frames
    assert reader.info.fps == Fraction(25)
