"""Files that say which part of their picture is shown: QuickTime's `clap`, Matroska's cropping."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.video.reader import VideoReader
from tests.helpers.clips import corners, encode, ffmpeg, quadrants
from tests.helpers.mp4_boxes import added

STORED = (144, 108)
WAY = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1")


def clean_aperture(path: Path, size: tuple[int, int]) -> Path:
    """Write a video whose middle is `quadrants`, and say that this alone is shown."""
    (width, height), (left, top) = size, [(s - w) // 2 for s, w in zip(STORED, size, strict=True)]
    frames = np.full((20, STORED[1], STORED[0], 3), 90, np.uint8)
    frames[:, top : top + height, left : left + width] = quadrants(width, height, count=20)
    options = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "8", "-pix_fmt", "yuv420p")
    encode(path, frames, 25, *options)
    box = struct.pack(">I4s8I", 40, b"clap", width, 1, height, 1, 0, 1, 0, 1)
    path.write_bytes(added(path.read_bytes(), WAY, box))
    return path


@pytest.mark.parametrize("size", [(96, 72), (96, 108), (144, 72), (60, 100)])
@pytest.mark.parametrize("turn", [0, 90, 180])
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_what_is_cut_off_is_not_shown(
    tmp_path: Path, size: tuple[int, int], turn: int, suffix: str
) -> None:
    clip = clean_aperture(tmp_path / "stored.mp4", size)
    plain = encode(tmp_path / "plain.mp4", quadrants(*size, count=2), 25)
    shown = []
    for source in (clip, plain):
        turned = tmp_path / f"{source.stem}.{turn}.{suffix}"
        ffmpeg("-display_rotation", f"{turn}", "-i", source, "-c", "copy", turned)
        reader = VideoReader(turned)
        shown.append(next(iter(reader)))
        assert not reader.changed
    cropped, expected = shown
    assert cropped.shape == expected.shape
    assert corners(cropped) == corners(expected)
    rim = (slice(3, 6), slice(3, 6))
    np.testing.assert_allclose(cropped[rim], expected[rim], atol=12)
