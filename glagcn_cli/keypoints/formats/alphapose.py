"""AlphaPose's `alphapose-results.json`: like COCO's results, pictures by their file names.

Of a video the pictures are called `0.jpg`, `1.jpg`, ...; the people's numbers (``idx``) are not
taken over, since this program follows people itself.
"""

from __future__ import annotations

from typing import Any

from .coco import read_people
from .numbered import NumberedDetections, last_number


def read(document: Any) -> NumberedDetections:
    """Read results; the last number in a picture's name is the number of its frame."""
    return read_people(document, _frame, "box")


def _frame(image_id: Any) -> int:
    if not isinstance(image_id, str):
        raise ValueError(f"image_id {image_id!r} is no picture's name")
    return last_number(image_id.rsplit(".", 1)[0])
