"""AlphaPose's files: people who name their picture, or pictures by name with their people.

Its default is like COCO's results, with names for numbers. Its forms `cmu` and `open`, and what
PoseFlow writes, are an object with a picture's name for a key. Of a video the pictures are called
`0.jpg`, `1.jpg`, ...; the people's numbers (``idx``) are not taken over, since this program follows
people itself.
"""

from __future__ import annotations

from .coco import by_picture
from .entry import Entry
from .numbered import NumberedDetections, number_detections
from .people import PEOPLE, POINTS, is_rows, people_of_frame
from .picture_names import frame_numbers


def is_list(document: Entry) -> bool:
    """Tell whether it is a list of people who name their picture."""
    picture = document.first.get("image_id")
    return picture is not None and isinstance(picture.value, str)


def read_list(document: Entry) -> NumberedDetections:
    """Read a list; the number that changes in the pictures' names is that of the frame."""
    rows = document.entries("people")
    frames = frame_numbers(dict.fromkeys(row.need("image_id").text() for row in rows))
    return number_detections(by_picture(rows, lambda picture: frames[picture.text()]))


def is_object(document: Entry) -> bool:
    """Tell whether it is an object of pictures with their people."""
    if not document.is_object or any(key in document for key in PEOPLE):
        return False
    return any(
        is_rows(some) or any(key in some for key in (*PEOPLE, *POINTS))
        for _, picture in document.items()
        for some in _insides(picture)
    )


def _insides(picture: Entry) -> list[Entry]:
    """Return a picture, and the first person in it."""
    inside = [person for _, person in picture.items()][:1] if picture.is_object else []
    return [picture, picture.first, *inside]


def read_object(document: Entry) -> NumberedDetections:
    """Read pictures with their people; frames as in `read_list`."""
    pictures = dict(document.items())
    frames = frame_numbers(pictures)
    return number_detections(
        (frames[name], people_of_frame(picture)) for name, picture in pictures.items()
    )
