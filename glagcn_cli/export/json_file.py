"""`.json`: everything about all people of a clip, for web pages and any language."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..biomechanics.joint_angles import JointAngles
from ..camera import FilmCamera
from ..files.atomic import atomic_output
from ..poses import PoseSequence
from ..smoothing import runs
from .formats import ExportContext
from .gait_values import gait_values, measured_or_none
from .json_hands import hands_of_person
from .json_values import json_safe
from .people import people_of_one_clip

SCHEMA, VERSION = "glagcn-poses", 1

# Metres to 0.01 mm, scores, metres of uncertainty to 0.1 mm, pixels, degrees.
_NUMBERS = {
    "joints": "%.5f", "scores": "%.4f", "uncertainty": "%.4f", "keypoints_2d": "%.2f",
    "angles": "%.2f", "angles_sd": "%.2f",
}  # fmt: skip
_OF_DETECTED = {"detected_2d": "%.2f", "detected_scores": "%.4f"}

_FRAMES_AT_ONCE = 1024


def write(path: Path, sequences: Sequence[PoseSequence], context: ExportContext) -> Iterator[Path]:
    """Write one file for all people, a frame a line; docs/formats.md has the schema."""
    people = people_of_one_clip(path, sequences)
    with (
        atomic_output(path, context.overwrite) as temporary,
        temporary.open("w", encoding="utf-8", newline="\n") as file,
    ):
        file.write("{\n")
        for key, value in _head(people[0], context).items():
            file.write(f"{json.dumps(key)}: {_json(value)},\n")
        file.write('"people": [\n')
        for number, sequence in enumerate(people):
            file.write(",\n" if number else "")
            _write_person(file, sequence)
        file.write("\n]\n}\n")
    yield path


def gaps(valid: NDArray[np.bool_]) -> list[list[int]]:
    """Return runs of frames without a pose: first and last frame of each, counted from 0."""
    return [[gap.start, gap.stop - 1] for gap in runs(~valid)]


def _head(sequence: PoseSequence, context: ExportContext) -> dict[str, Any]:
    """Return the facts of the clip and all its people."""
    camera = {} if context.camera is None else {"camera": _camera(context.camera)}
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "fps": float(sequence.fps),
        "fps_fraction": [sequence.fps.numerator, sequence.fps.denominator],
        "frames": len(sequence),
        "units": "m",
        "axes": {"x": "to the right of the image", "y": "up", "z": "towards the camera"},
        "floor": "y = 0",
        "joint_set": sequence.joint_set.name,
        "joint_names": sequence.joint_set.joints,
        "parents": sequence.joint_set.parents,
        "image_size": context.image_size,
        "source": None if context.video is None else context.video.short_name,
        "settings": context.settings,
        **camera,
    }


def _camera(camera: FilmCamera) -> dict[str, Any]:
    """Return rotation, position and focal length of each frame, null where not known."""
    numbers = {"rotation": 7, "position": 5, "focal": 3}
    frames = [
        {name: getattr(camera, name)[i].round(digits) for name, digits in numbers.items()}
        if known
        else None
        for i, known in enumerate(camera.known)
    ]
    return {"axes": {"x": "right", "y": "down", "z": "forward"}, "frames": frames}


def _json(value: Any) -> str:
    return json.dumps(json_safe(value), ensure_ascii=False, allow_nan=False)


def _write_person(file: io.TextIOWrapper, sequence: PoseSequence) -> None:
    head: dict[str, Any] = {"person": sequence.person, "poses": int(sequence.valid.sum())}
    if sequence.absent is not None:
        names = np.array(sequence.joint_set.joints)
        head["absent"] = _json(names[sequence.absent].tolist())
    if sequence.detected is not None:
        head["detected_names"] = _json(sequence.detected.joint_set.joints)
    lines = [f'"{key}": {value},\n' for key, value in head.items()]
    measured = measured_or_none(_as_written(sequence))
    found = None if measured is None else [list(s) for s in measured.repetitions.segments]
    lines.append(f'"repetitions": {_json(found)},\n')
    lines.append(f'"gait": {_json(None if measured is None else gait_values(measured))},\n')
    columns = None if measured is None else measured.angles.names
    lines.append(f'"angle_names": {_json(columns)},\n')
    file.write("{" + "".join(lines) + f'"gaps": {_json(gaps(sequence.valid))},\n"frames": [\n')
    arrays = _known(sequence, None if measured is None else measured.angles)
    for start in range(0, len(sequence), _FRAMES_AT_ONCE):
        file.write(",\n" if start else "")
        file.write(",\n".join(_frames(sequence, arrays, slice(start, start + _FRAMES_AT_ONCE))))
    file.write("\n]")
    file.writelines(hands_of_person(sequence.detected))
    file.write("}")


def _as_written(sequence: PoseSequence) -> PoseSequence:
    """Return a person with the numbers of the file, of which the same angles are measured again."""
    unsure = sequence.uncertainty
    return replace(
        sequence,
        joints=sequence.joints.astype(np.float64).round(5).astype(np.float32),
        uncertainty=None
        if unsure is None
        else unsure.astype(np.float64).round(4).astype(np.float32),
    )


def _frames(
    sequence: PoseSequence, arrays: dict[str, NDArray[np.floating]], block: slice
) -> Iterator[str]:
    """One object a frame, null where there is no pose."""
    parts = [
        f'"{name}": {_template(arrays[name].shape[1:], number) if name in arrays else "null"}'
        for name, number in _NUMBERS.items()
    ]
    parts += [
        f'"{name}": {_template(arrays[name].shape[1:], number)}'
        for name, number in _OF_DETECTED.items()
        if name in arrays
    ]
    template = "{" + ", ".join(parts) + ', "contacts": '
    flat = [array[block].reshape(len(array[block]), -1) for array in arrays.values()]
    values = np.concatenate(flat, axis=1).astype(np.float64)
    values[~np.isfinite(values)] = np.nan  # JSON has no word for infinity; "nan" becomes null
    contacts = None if sequence.contacts is None else sequence.contacts[block].tolist()
    rows = zip(sequence.valid[block].tolist(), values.tolist(), strict=True)
    for i, (valid, row) in enumerate(rows):
        if valid:
            standing = "null" if contacts is None else json.dumps(contacts[i])
            yield (template % tuple(row)).replace("nan", "null") + standing + "}"
        else:
            yield "null"


def _known(sequence: PoseSequence, angles: JointAngles | None) -> dict[str, NDArray[np.floating]]:
    """Return the arrays that a person has, in the order of `_NUMBERS` and `_OF_DETECTED`."""
    arrays: dict[str, NDArray[np.floating]] = {
        "joints": sequence.joints_or_nan(),
        "scores": sequence.scores,
    }
    if sequence.uncertainty is not None:
        arrays["uncertainty"] = np.where(sequence.present, sequence.uncertainty, np.nan)
    if np.isfinite(sequence.keypoints).any():
        arrays["keypoints_2d"] = sequence.keypoints
    if angles is not None:
        arrays["angles"] = angles.degrees.round(2) + 0.0  # without minus zero
        if angles.deviations is not None:
            arrays["angles_sd"] = angles.deviations
    if sequence.detected is not None:
        arrays["detected_2d"] = sequence.detected.keypoints_or_nan()
        arrays["detected_scores"] = sequence.detected.scores
    return arrays


def _template(shape: tuple[int, ...], number: str) -> str:
    """Nested JSON lists of this shape with a place for each number."""
    inner = _template(shape[1:], number) if len(shape) > 1 else number
    return "[" + ",".join([inner] * shape[0]) + "]"
