"""Edit lists of MP4: parts of the stored pictures, in any order, and more than once."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from glagcn_cli.video.reader import VideoReader
from tests.helpers.clips import encode
from tests.helpers.mp4_boxes import replaced, way_to
from tests.helpers.numbered import number_of, numbered

WAY = (b"moov", b"trak", b"edts", b"elst")
CLOCK, TICKS = 1000, 12800  # a second of edits and of pictures

EDITS = {
    "all": ([(0, 50)], [*range(50)]),
    "a part": ([(10, 10)], [*range(10, 20)]),
    "two parts": ([(10, 10), (30, 20)], [*range(10, 20), *range(30, 50)]),
    "the end before the beginning": ([(30, 20), (0, 20)], [*range(30, 50), *range(20)]),
    "a part twice": ([(10, 10), (10, 10)], [*range(10, 20), *range(10, 20)]),
    "nothing for a second": ([(None, 25), (0, 50)], [*range(50)]),
    "all but the last picture": ([(0, 49)], [*range(49)]),
    "from the middle of a picture": ([(10.5, 10)], [*range(11, 21)]),
}


@pytest.mark.parametrize("edits", EDITS)
@pytest.mark.parametrize("b_frames", ["0", "2"])
def test_what_edits_say_is_shown(tmp_path: Path, edits: str, b_frames: str) -> None:
    listed, shown = EDITS[edits]
    clip = tmp_path / "a.mp4"
    options = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "10", "-g", "10")
    encode(clip, numbered(50), 25, *options, "-bf", b_frames, "-movie_timescale", f"{CLOCK}")
    data = clip.read_bytes()
    start, _ = way_to(data, WAY)[-1]
    (first,) = struct.unpack(">i", data[start + 20 : start + 24])  # of the first picture
    entries = b"".join(
        struct.pack(
            ">Iihh", count * CLOCK // 25, -1 if at is None else first + int(at * TICKS / 25), 1, 0
        )
        for at, count in listed
    )
    box = struct.pack(">I4sII", 16 + len(entries), b"elst", 0, len(listed)) + entries
    clip.write_bytes(replaced(data, WAY, box))
    assert [number_of(frame) for frame in VideoReader(clip)] == shown
