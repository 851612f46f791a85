"""Tell which program wrote a JSON file, and read it."""

from __future__ import annotations

from collections.abc import Callable

from . import alphapose, coco, listed_frames, mmpose, openpose
from .entry import Entry, parsed
from .numbered import NumberedDetections
from .people import POINTS


def read(content: bytes) -> NumberedDetections:
    """Read the 2D of a video in one file, given its content.

    Raises
    ------
    ValueError
        It is of no program that is known, or not as it should be; the message says what was
        expected, what was found, and where.
    """
    return read_document(parsed(content))


def read_document(given: Entry) -> NumberedDetections:
    """Read the 2D of a video; raises as `read`."""
    document = listed_frames.unwrapped(given)
    for fits, read_kind in _KINDS:
        if fits(document):
            try:
                return read_kind(document)
            except RecursionError as error:
                raise ValueError(
                    "expected a list of frames, found lists nested too deep"
                ) from error
    if document.get("people", "bodies"):
        raise ValueError(
            "expected all frames of a video, found one frame of OpenPose's or AlphaPose's; name "
            "the folder of all frames"
        )
    if any(key in document or key in document.first for key in POINTS):
        raise document.wrong(
            "people who each name their picture (image_id), or a list of people for each frame; "
            "this is one picture, not a video"
        )
    raise document.wrong(
        "a list of people or frames of MMPose, COCO or AlphaPose, or an object with instance_info, "
        "predictions, annotations or the names of pictures"
    )


_KINDS: tuple[tuple[Callable[[Entry], bool], Callable[[Entry], NumberedDetections]], ...] = (
    (listed_frames.is_numbered, listed_frames.read_numbered),
    (listed_frames.is_of_one, listed_frames.read_of_one),
    (listed_frames.is_array, listed_frames.read_array),
    (mmpose.is_instances, mmpose.read_instances),
    (mmpose.is_predictions, mmpose.read_predictions),
    (coco.is_data_set, coco.read_data_set),
    (openpose.is_list_of_frames, openpose.read_list),
    (alphapose.is_list, alphapose.read_list),
    (coco.is_results, coco.read),
    (alphapose.is_object, alphapose.read_object),
)
