"""Numbered pictures that are not as one expects: every one that can be read is at its place."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from glagcn_cli.errors import InputError
from glagcn_cli.video.fetching import as_file
from glagcn_cli.video.reader import VideoReader
from tests.helpers.clips import encode
from tests.helpers.numbered import number_of, numbered

COUNT = 12


def picture(path: Path, number: int, *options: str) -> Path:
    return encode(
        path, numbered(number + 1)[number:], 25, *options, "-frames:v", "1", "-update", "1"
    )


def pictures(folder: Path, name: str, *options: str, numbers: range | None = None) -> Path:
    """Write 12 pictures named by these numbers."""
    for k, number in enumerate(numbers or range(COUNT)):
        picture(folder / (name % number), k, *options)
    return folder / name


def shown(pattern: Path) -> list[int]:
    with as_file(pattern, image_fps=25) as file, VideoReader(file) as reader:
        return [number_of(frame) for frame in reader]


KINDS = {
    "PNG of 16 bits": ("png", ("-pix_fmt", "rgb48be")),
    "grey PNG": ("png", ("-pix_fmt", "gray")),
    "PNG with a palette": ("png", ("-pix_fmt", "pal8")),
    "transparent PNG": ("png", ("-pix_fmt", "rgba")),
    "TIFF of 16 bits": ("tif", ("-pix_fmt", "rgb48le")),
    "WebP": ("webp", ("-c:v", "libwebp", "-lossless", "1")),
    "JPEG": ("JPG", ("-q:v", "2")),
    "BMP": ("bmp", ()),
    "Targa": ("tga", ()),
    "PPM": ("ppm", ()),
    "JPEG 2000": ("jp2", ()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds(tmp_path: Path, kind: str) -> None:
    suffix, options = KINDS[kind]
    assert shown(pictures(tmp_path, f"%03d.{suffix}", *options)) == [*range(COUNT)]


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("%05d.png", range(0, 2 * COUNT, 2)),
        ("%d.png", range(7, 7 + 10 * COUNT, 10)),
        ("%d.png", range(3_000_000_000, 3_000_000_000 + COUNT)),
        ("%d.png", range(1681234567890, 1681234567890 + 40 * COUNT, 40)),
    ],
    ids=["every second", "every tenth", "beyond 31 bits", "milliseconds"],
)
def test_numbers(tmp_path: Path, name: str, numbers: range) -> None:
    assert shown(pictures(tmp_path, name, numbers=numbers)) == [*range(COUNT)]


def test_pictures_of_another_kind_than_their_names(tmp_path: Path) -> None:
    pattern = pictures(tmp_path, "%05d.png")
    for k in range(6, COUNT):
        picture(tmp_path / "a.jpg", k, "-q:v", "2").replace(tmp_path / f"{k:05d}.png")
    assert shown(pattern) == [*range(COUNT)]
    for k in range(6):
        picture(tmp_path / "a.jpg", k, "-q:v", "2").replace(tmp_path / f"{k:05d}.png")
    assert shown(pattern) == [*range(COUNT)]


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "webp"])
@pytest.mark.parametrize("left", [0, 60])
def test_in_place_of_one_that_cannot_be_read_stands_the_one_before(
    tmp_path: Path, suffix: str, left: int, caplog: pytest.LogCaptureFixture
) -> None:
    options = ("-c:v", "libwebp", "-lossless", "1") if suffix == "webp" else ()
    pattern = pictures(tmp_path, f"%05d.{suffix}", *options)
    damaged = tmp_path / f"00005.{suffix}"
    damaged.write_bytes(damaged.read_bytes()[:left])
    with caplog.at_level(logging.WARNING):
        found = shown(pattern)
    assert found[:5] + found[6:] == [*range(5), *range(6, COUNT)]
    if found[5] != 4:
        assert (suffix, left) == ("webp", 60)  # of which a part can be read
    else:
        assert "cannot be read; the one before is shown" in caplog.text


@pytest.mark.parametrize("name", ["*.png", "#####.png", "%3d.png"])
def test_other_ways_to_name_them_are_told_the_way(tmp_path: Path, name: str) -> None:
    with (
        pytest.raises(InputError, match=r"numbered pictures are named as %05d\.png"),
        as_file(tmp_path / name) as file,
    ):
        VideoReader(file)
    with pytest.raises(InputError, match=r"is a folder; name .* numbered pictures as .*%05d\.png"):
        VideoReader(tmp_path)
