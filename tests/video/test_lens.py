"""The field of view that cameras write into their files."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from glagcn_cli.video.lens import FOCAL_LENGTH_KEY, fov_of
from glagcn_cli.video.probing import probe
from tests.helpers.clips import ffmpeg


def clip(path: Path, value: str | None, size: str = "160x90") -> Path:
    said = [] if value is None else ["-metadata", f"{FOCAL_LENGTH_KEY}={value}"]
    keep = ["-movflags", "use_metadata_tags"] if path.suffix in (".mov", ".mp4") else []
    source = ["-f", "lavfi", "-i", f"testsrc2=s={size}:r=25:d=0.2"]
    ffmpeg(*source, *keep, *said, "-pix_fmt", "yuv420p", str(path))
    return path


@pytest.mark.parametrize(
    ("millimetres", "size", "degrees"),
    [
        # Apple states 69.5 degrees over the width of 16:9 video for the lens that writes 27 mm.
        (27.0, (1920, 1080), 69.9),
        (27.0, (1080, 1920), 69.9),
        (26.0, (4032, 3024), 67.3),
        (50.0, (1000, 1000), 34.0),
        (13.0, (1920, 1080), 110.9),
    ],
)
def test_equivalents_of_film_compare_diagonals(millimetres, size, degrees) -> None:
    assert fov_of(millimetres, *size) == pytest.approx(degrees, abs=0.1)


@pytest.mark.parametrize("suffix", [".mov", ".mp4", ".mkv"])
@pytest.mark.parametrize("value", ["27", "27.0", "27 mm"])
def test_a_focal_length_in_the_file_is_read(tmp_path: Path, suffix: str, value: str) -> None:
    info = probe(clip(tmp_path / f"a{suffix}", value))
    assert info.fov == pytest.approx(fov_of(27, 160, 90))


@pytest.mark.parametrize("value", [None, "0", "-1", "100000", "7", "wide", "nan", "1e3", "26;30"])
def test_what_is_not_there_or_not_plausible_is_not_believed(tmp_path: Path, value) -> None:
    assert probe(clip(tmp_path / "a.mov", value)).fov is None


def box(kind: bytes, *content: bytes) -> bytes:
    inside = b"".join(content)
    return struct.pack(">I4s", 8 + len(inside), kind) + inside


def as_an_iphone_writes(kind: int, value: bytes) -> bytes:
    """A movie's header with the focal length among the facts of its track."""
    key = FOCAL_LENGTH_KEY.encode()
    keys = box(b"keys", struct.pack(">II", 0, 1), struct.pack(">I4s", 8 + len(key), b"mdta"), key)
    data = box(b"data", struct.pack(">II", kind, 0), value)
    items = box(b"ilst", box(struct.pack(">I", 1), data))
    return box(b"moov", box(b"trak", box(b"meta", box(b"hdlr", bytes(24)), keys, items)))


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        (1, b"26", 26), (21, struct.pack(">i", 26), 26), (22, struct.pack(">B", 26), 26),
        (23, struct.pack(">f", 26.0), 26), (24, struct.pack(">d", 26.0), 26),
        (23, struct.pack(">f", float("nan")), None), (99, b"26", None), (23, b"\0", None),
        (1, b"", None),
    ],
)  # fmt: skip
def test_the_metadata_of_a_track_is_read_in_every_type(tmp_path, kind, value, found) -> None:
    from glagcn_cli.video.lens import recorded_fov

    path = tmp_path / "a.mov"
    path.write_bytes(box(b"ftyp", b"qt  ") + as_an_iphone_writes(kind, value))
    expected = None if found is None else pytest.approx(fov_of(found, 1920, 1080))
    assert recorded_fov(path, "", 1920, 1080) == expected


def test_a_damaged_file_says_nothing_of_its_lens(tmp_path: Path) -> None:
    from glagcn_cli.video.lens import recorded_fov

    whole = box(b"ftyp", b"qt  ") + as_an_iphone_writes(1, b"26")
    path = tmp_path / "a.mov"
    for length in range(0, len(whole) - 1, 3):
        path.write_bytes(whole[:length])
        assert recorded_fov(path, "", 1920, 1080) is None
    for place in range(0, len(whole), 5):
        path.write_bytes(whole[:place] + b"\xff\xff\xff\xff" + whole[place + 4 :])
        recorded_fov(path, "", 1920, 1080)  # whatever it is: no error, no endless reading
