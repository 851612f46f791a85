"""AlphaPose's `alphapose-results.json`: like COCO's results, pictures by their file names.

Of a video the pictures are called `0.jpg`, `1.jpg`, ...; the people's numbers (``idx``) are not
taken over, since this program follows people itself.
"""

from __future__ import annotations

from typing import Any

from .coco import read_people
from .numbered import NumberedDetections
from .picture_names import frame_numbers


def read(document: Any) -> NumberedDetections:
    """Read results; the number that changes in the pictures' names is that of the frame."""
    frames = frame_numbers(dict.fromkeys(_name(row.get("image_id")) for row in document))
    return read_people(document, frames.__getitem__, "box")


def _name(image_id: Any) -> str:
    if not isinstance(image_id, str):
        raise ValueError(f"image_id {image_id!r} is no picture's name")
    return image_id
