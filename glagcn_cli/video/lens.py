"""The lens that filmed a video, where the camera wrote it into the file, as a field of view."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

FOCAL_LENGTH_KEY = "com.apple.quicktime.camera.focal_length.35mm_equivalent"
"""The one key in use that says how a phone's video was seen. iPhones write it into the metadata of
the video's track, camera apps and editors into the file's. Android phones write none, and
`...camera.lens_model` holds the lens' own millimetres, which say nothing without the sensor's size.
GoPro's `ZFOV` is left alone: its fisheye lenses are no pinhole of any field of view."""

FILM_DIAGONAL = math.hypot(36.0, 24.0)  # 43.27 mm, of a frame of 35 mm film

PLAUSIBLE = (8.0, 300.0)
"""Millimetres, 35 mm equivalent: from the widest lenses that keep lines straight to where people
look the same from any distance. All of it lies within 5 to 150 degrees."""

_MILLIMETRES = re.compile(r"\s*(\d+(?:\.\d*)?)\s*(?:mm)?\s*", re.IGNORECASE)
_BIG_METADATA = 1 << 20  # bytes; a list of a camera's facts is some hundreds

# QuickTime's "well-known types" of a value: text, IEEE numbers, signed and unsigned integers.
_TEXT, _SIGNED, _UNSIGNED = 1, 21, 22
_FLOATS = {23: ">f", 24: ">d"}


def recorded_fov(file: Path, said: str, width: int, height: int) -> float | None:
    """Field of view over the picture's longer side in degrees, as the camera recorded its lens.

    A focal length's 35 mm equivalent compares diagonals: the lens sees corner to corner what the
    equivalent sees on film of 43.27 mm. Apple's documentation says so ("measured diagonally"), and
    its numbers agree: an iPhone 13 mini states 69.5 degrees over the width of 16:9 video and writes
    27 mm; by the diagonal 27 mm gives 69.9 degrees, by film 36 mm wide 67.4.

    Parameters
    ----------
    file
        The video.
    said
        ffmpeg's description of it.
    width, height
        Pixels of the picture as shown.

    Returns
    -------
    float or None
        None where nothing plausible is recorded.
    """
    focal_length = _of_boxes(file)
    if focal_length is None:
        focal_length = _of_description(said)
    return None if focal_length is None else fov_of(focal_length, width, height)


def fov_of(focal_length: float, width: int, height: int) -> float:
    """Degrees over the longer side of a picture taken at a 35 mm-equivalent focal length (mm)."""
    longer = FILM_DIAGONAL * max(width, height) / math.hypot(width, height)
    return math.degrees(2 * math.atan(longer / 2 / focal_length))


def _of_description(said: str) -> float | None:
    """Metadata of the file, which other containers keep too, in capitals or not."""
    values = re.findall(rf"^\s+{re.escape(FOCAL_LENGTH_KEY)}\s*:(.*)$", said, re.I | re.M)
    return next((mm for mm in map(_plausible, values) if mm is not None), None)


def _of_boxes(file: Path) -> float | None:
    """Metadata of the tracks of a QuickTime or MP4 file, which ffmpeg does not show, or of all."""
    if not file.is_file():
        return None  # a pipe gives its bytes once
    try:
        with file.open("rb") as stream:
            for top in _boxes(stream, _Box(b"", 0, file.stat().st_size)):
                if top.kind != b"moov":
                    continue
                inside = list(_boxes(stream, top))
                for owner in [*(box for box in inside if box.kind == b"trak"), top]:
                    for box in _boxes(stream, owner):
                        found = _of_metadata(stream, box) if box.kind == b"meta" else None
                        if found is not None:
                            return found
    except (OSError, ValueError, struct.error):
        pass  # damaged or another format: the lens is not known
    return None


class _Box(NamedTuple):
    """A piece of a QuickTime file: its kind, and where its content begins and ends."""

    kind: bytes
    start: int
    end: int


def _boxes(stream: BinaryIO, parent: _Box) -> Iterator[_Box]:
    """Yield the boxes inside a box (QuickTime File Format, "atoms"; ISO/IEC 14496-12, 4.2)."""
    place = parent.start
    while place + 8 <= parent.end:
        stream.seek(place)
        size, kind = struct.unpack(">I4s", stream.read(8))
        content = place + 8
        if size == 1:
            (size,) = struct.unpack(">Q", stream.read(8))
            content += 8
        elif size == 0:
            size = parent.end - place
        if not content - place <= size <= parent.end - place:
            return
        yield _Box(kind, content, place + size)
        place += size


def _of_metadata(stream: BinaryIO, box: _Box) -> float | None:
    """Read the focal length of a `meta` box: `keys` names the items of `ilst` by number."""
    if box.end - box.start > _BIG_METADATA:
        return None
    stream.seek(box.start + 4)
    if stream.read(4) != b"hdlr":
        box = box._replace(start=box.start + 4)  # MP4's form has version and flags first
    parts = {part.kind: part for part in _boxes(stream, box)}
    if b"keys" not in parts or b"ilst" not in parts:
        return None
    keys = parts[b"keys"]
    names = [
        _content(stream, name)
        for name in _boxes(stream, keys._replace(start=keys.start + 8))  # version, flags, count
    ]
    for item in _boxes(stream, parts[b"ilst"]):
        number = int.from_bytes(item.kind, "big")
        if 0 < number <= len(names) and names[number - 1] == FOCAL_LENGTH_KEY.encode():
            values = (_value(_content(stream, data)) for data in _boxes(stream, item))
            return next((mm for mm in map(_plausible, values) if mm is not None), None)
    return None


def _content(stream: BinaryIO, box: _Box) -> bytes:
    stream.seek(box.start)
    return stream.read(box.end - box.start)


def _value(data: bytes) -> str:
    """Return a `data` box's value as text: four bytes of type, four of language, the value."""
    kind, raw = int.from_bytes(data[:4], "big"), data[8:]
    if kind == _TEXT:
        return raw.decode(errors="replace")
    if kind in (_SIGNED, _UNSIGNED):
        return str(int.from_bytes(raw[:8], "big", signed=kind == _SIGNED))
    if kind in _FLOATS:
        return f"{struct.unpack(_FLOATS[kind], raw)[0]:f}"
    return ""


def _plausible(text: str) -> float | None:
    match = _MILLIMETRES.fullmatch(text)
    if match is None:
        return None
    millimetres = float(match[1])
    return millimetres if PLAUSIBLE[0] <= millimetres <= PLAUSIBLE[1] else None
