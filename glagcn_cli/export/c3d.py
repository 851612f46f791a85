"""`.c3d`: the joints of all people as points, for Mokka, Visual3D and motion-capture tools.

Millimetres, y up, x to the right (`POINT:Y_SCREEN`, `POINT:X_SCREEN`). A point without a pose has
residual -1, which readers take for "not seen"; others have 0, which says "computed, not measured".
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..errors import OutputError, UsageError
from ..files.atomic import atomic_output
from ..operating_system import plain_folder
from ..poses import PoseSequence
from .formats import ExportContext
from .people import people_of_one_clip

try:
    import ezc3d
except ImportError as error:
    raise UsageError(
        ".c3d files are written by ezc3d, which is not installed; "
        "pip install 'ezc3d>=1.7.2,<2', or name another format"
    ) from error

MILLIMETRES = 1000.0  # in a metre

_MOST_FRAMES = 2**16 - 1  # that the header can count

_BYTES_A_POINT = 16  # four floats: x, y, z, residual


def write(path: Path, sequences: Sequence[PoseSequence], context: ExportContext) -> Iterator[Path]:
    """Write one file for all people.

    The points of one person have the joints' names. Those of several have them behind the person,
    "person2:left_knee", and the group `SUBJECTS` lists the people, as in Vicon's files.
    """
    people = people_of_one_clip(path, sequences, same_joints=False)
    document = ezc3d.c3d()
    _describe(document, people)
    points = np.concatenate([_points(sequence) for sequence in people], axis=1)
    data = document["data"]
    data["points"] = points
    data["meta_points"]["residuals"] = np.where(np.isnan(points[:1]), -1.0, 0.0)
    # Without a section for rotations, which few readers know, long files can be read to their end.
    del data["rotations"]
    with (
        atomic_output(path, context.overwrite) as temporary,
        # ezc3d takes no other suffix than ".c3d" in small letters.
        TemporaryDirectory(prefix=".", dir=_folder_for(path), ignore_cleanup_errors=True) as folder,
    ):
        written = Path(folder) / "points.c3d"
        document.write(str(written))
        # The library does not say when a disk is full.
        if written.stat().st_size < _BYTES_A_POINT * points[0].size:
            raise OutputError(f"{path}: could not be written whole; check the space left")
        shutil.copyfile(written, temporary)
    yield path


def _folder_for(file: Path) -> Path:
    try:
        return plain_folder(file.parent)
    except OSError as error:
        raise OutputError(f"{file}: cannot be written, for {error}") from error


def _points(sequence: PoseSequence) -> NDArray[np.float64]:
    """(3, joints, frames) millimetres; NaN without a place."""
    return (sequence.joints_or_nan().astype(np.float64) * MILLIMETRES).transpose(2, 1, 0)


def _describe(document: Any, people: Sequence[PoseSequence]) -> None:
    """Fill in the parameters."""
    several = len(people) > 1
    prefixes = [f"person{sequence.person}:" if several else "" for sequence in people]
    labels = [
        prefix + joint
        for prefix, sequence in zip(prefixes, people, strict=True)
        for joint in sequence.joint_set.joints
    ]
    frames = len(people[0])
    point = document["parameters"]["POINT"]
    point["LABELS"]["value"] = labels
    point["UNITS"]["value"] = ["mm"]
    point["RATE"]["value"] = [float(people[0].fps)]
    document.add_parameter("POINT", "X_SCREEN", ["+X"], "axis to the right of the screen")
    document.add_parameter("POINT", "Y_SCREEN", ["+Y"], "axis that points up")
    document.add_parameter("MANUFACTURER", "SOFTWARE", ["glagcn"])
    document.add_parameter("MANUFACTURER", "VERSION_LABEL", [__version__])
    document.add_parameter("SUBJECTS", "USED", len(people))
    document.add_parameter("SUBJECTS", "NAMES", [f"person{person.person}" for person in people])
    document.add_parameter("SUBJECTS", "LABEL_PREFIXES", prefixes)
    document.add_parameter("SUBJECTS", "USES_PREFIXES", int(several))
    if frames > _MOST_FRAMES:
        document.add_parameter("POINT", "LONG_FRAMES", [float(frames)])
        _add_words(document, "ACTUAL_START_FIELD", 1)
        _add_words(document, "ACTUAL_END_FIELD", frames)


def _add_words(document: Any, name: str, number: int) -> None:
    """Add a number to TRIAL as Vicon does: two 16-bit words, the lower first."""
    words = [number & 0xFFFF, number >> 16]
    document.add_parameter("TRIAL", name, words)
    # It came in as floats; readers look for whole numbers.
    parameters = document["parameters"]
    whole = parameters["POINT"]["FRAMES"]["type"]
    parameters["TRIAL"][name] |= {"type": whole, "value": np.array(words)}
