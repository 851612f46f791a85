"""Frames of a video side by side in one picture.

python examples/contact_sheet.py examples/out/demo3d.mp4 sheet.jpg 190 194 197 211
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2

from glagcn_cli.rendering.contact_sheet import contact_sheet
from glagcn_cli.video import VideoReader

COLUMNS = 1
WIDTH = 1000  # pixels
QUALITY = 82  # of a JPEG: a sheet for a document stays under 300 kB


def make_sheet(video: Path, picture: Path, numbers: list[int]) -> None:
    """Write the frames with these numbers (from 0) as one picture."""
    with VideoReader(video) as reader:
        frames = [frame for number, frame in enumerate(reader) if number in numbers]
    titles = [f"frame {number}" for number in sorted(numbers)]
    sheet = contact_sheet(frames, COLUMNS, titles, WIDTH)
    bgr = cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR)
    # Not by OpenCV, which finds no folder with an accent in its name on Windows.
    _, content = cv2.imencode(picture.suffix, bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    picture.write_bytes(content.tobytes())


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    make_sheet(Path(sys.argv[1]), Path(sys.argv[2]), [int(number) for number in sys.argv[3:]])
