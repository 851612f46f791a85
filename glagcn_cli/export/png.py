"""`.png`: a sheet of frames with their times, each the picture beside the 3D skeletons."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera import FilmCamera
from ..errors import InputError
from ..files.atomic import atomic_output, check_output
from ..poses import Keypoints2D, PoseSequence
from ..rendering.contact_sheet import (
    best_columns,
    cell_width,
    contact_sheet,
    evenly_spaced,
    width_for,
)
from ..rendering.scene_panel import ScenePanel
from ..rendering.side_by_side import SideBySideRenderer
from ..video.reader import VideoReader
from .formats import ExportContext
from .people import people_with_poses

FRAMES = 12
"""How many frames a sheet shows, when that many have a pose."""

WIDTH = 2400
"""Pixels, or a few less."""

SCENE_ASPECT = 1.5
"""Width to height of the 3D panel where it stands alone."""

log = logging.getLogger(__name__)

Picture = NDArray[np.uint8]


def write(path: Path, sequences: Sequence[PoseSequence], context: ExportContext) -> Iterator[Path]:
    """Write one picture of all people; the 3D skeletons alone where the video is not at hand.

    Its frames are spread evenly over those in which anybody has a pose. The 2D skeletons are those
    that the poses were lifted from.
    """
    people = people_with_poses(path, sequences)
    check_output(path, context.overwrite)
    numbers = evenly_spaced(np.any([person.valid for person in people], axis=0), FRAMES)
    pictures = _beside_the_video(people, numbers, context)
    pictures = pictures or _scenes_alone(people, numbers, context.camera)
    height, width = pictures[0].shape[:2]
    columns = best_columns(len(numbers), width / height)
    times = [f"{float(number / people[0].fps):.2f} s" for number in numbers]
    sheet = contact_sheet(pictures, columns, times, width_for(width, columns))
    _, content = cv2.imencode(".png", cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
    with atomic_output(path, context.overwrite) as temporary:
        temporary.write_bytes(content.tobytes())
    yield path


def _beside_the_video(
    people: Sequence[PoseSequence], numbers: Sequence[int], context: ExportContext
) -> list[Picture]:
    """Frames with these numbers beside their 3D; none where there is no video that fits."""
    if context.video is None:
        return []
    try:
        with VideoReader(context.video, context.part) as reader:
            size = (reader.info.width, reader.info.height)
            if context.image_size not in (None, size):
                raise InputError(f"{context.video.name}: its frames are not those of the poses")
            renderer = _renderer(people, size, len(numbers), context.camera)
            wanted = set(numbers)
            pictures = []
            for number, frame in enumerate(reader):
                if number in wanted:
                    pictures.append(renderer.render(frame, number))
                if number >= numbers[-1]:
                    break
    except InputError as error:
        log.warning("%s; the sheet shows the 3D skeletons alone", error)
        return []
    if len(pictures) < len(numbers):
        log.warning(
            "%s: has fewer frames than there are poses; the sheet shows the 3D skeletons alone",
            context.video.name,
        )
        return []
    return pictures


def _renderer(
    people: Sequence[PoseSequence], size: tuple[int, int], count: int, camera: FilmCamera | None
) -> SideBySideRenderer:
    """Draws frames at the size of a cell of the sheet."""
    with_2d = all(np.isfinite(person.keypoints[person.valid]).all() for person in people)
    keypoints = [_keypoints(person, size) for person in people] if with_2d else []
    large = SideBySideRenderer(people, keypoints, people[0].fps, size)
    aspect = large.size[0] / large.size[1]
    height = round(cell_width(WIDTH, best_columns(count, aspect)) / aspect)
    return SideBySideRenderer(people, keypoints, people[0].fps, size, height, camera=camera)


def _keypoints(person: PoseSequence, size: tuple[int, int]) -> Keypoints2D:
    return Keypoints2D(
        keypoints=np.nan_to_num(person.keypoints),  # of frames without a pose, read back
        scores=person.scores,
        valid=person.valid,
        fps=person.fps,
        image_size=size,
        joint_set=person.joint_set,
        person=person.person,
    )


def _scenes_alone(
    people: Sequence[PoseSequence], numbers: Sequence[int], camera: FilmCamera | None
) -> list[Picture]:
    width = cell_width(WIDTH, best_columns(len(numbers), SCENE_ASPECT))
    height = round(width / SCENE_ASPECT)
    panel = ScenePanel(people, (width, height), turn=0.0, camera=camera)
    pictures = []
    for number in numbers:
        pictures.append(np.empty((height, width, 3), np.uint8))
        panel.draw(pictures[-1], number, float(number / people[0].fps))
    return pictures
