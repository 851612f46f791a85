"""`.mot`: the coordinates of an OpenSim model over time, and beside it the model, `.osim`.

Degrees and metres, tab-separated, the scene's axes. Frames without a pose have no row: OpenSim
takes times as they stand, and its tools take NaN for an error. The coordinates are those of
OpenSim's inverse kinematics where the package `opensim` is installed, else those of our own
geometry (`biomechanics.opensim.coordinates`); a line says which.
"""

from __future__ import annotations

import logging
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..biomechanics.opensim.coordinates import CoordinateMotion, coordinate_motion
from ..biomechanics.opensim.inverse_kinematics import OpenSimError, follow
from ..biomechanics.opensim.scaling import scaled_model
from ..files.atomic import atomic_output, check_output
from ..poses import PoseSequence
from .formats import ExportContext
from .people import path_for_each, people_for_rigs

log = logging.getLogger(__name__)

MODEL_SUFFIX = ".osim"

FAR = 0.05
"""Metres from the model's markers to the joints, above which the poses are no body's. It is 0.06
where left and right are exchanged, and 0.01 or less in what is lifted."""


def write(path: Path, sequences: Sequence[PoseSequence], context: ExportContext) -> Iterator[Path]:
    """Write a motion and a model for each person."""
    pairs = path_for_each(path, people_for_rigs(path, sequences), context.overwrite)
    for target, _ in pairs:
        check_output(target.with_suffix(MODEL_SUFFIX), context.overwrite)
    for number, (target, sequence) in enumerate(pairs):
        # The mass that is asked for is the main person's, as the height is.
        mass = context.settings.get("mass") if number == 0 else None
        model_path = target.with_suffix(MODEL_SUFFIX)
        with atomic_output(model_path, context.overwrite) as temporary:
            root = scaled_model(sequence, mass, name=target.stem)
            temporary.write_bytes(
                ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"
            )
            motion = _motion(target, sequence, root, temporary)
            write_motion(target, motion, context.overwrite)
        yield target
        yield model_path


def _motion(
    target: Path, sequence: PoseSequence, root: ElementTree.Element, model: Path
) -> CoordinateMotion:
    """Return the coordinates by the best way there is, and say which it was."""
    start = coordinate_motion(sequence, root)
    try:
        followed = follow(model, sequence, start)
    except OpenSimError as error:
        log.info("%s: the angles are by our own geometry, for %s", target, error)
        return start
    far = followed.rms > FAR
    log.log(
        logging.WARNING if far else logging.INFO,
        "%s: inverse kinematics by OpenSim %s, whose markers lie %.1f cm from the joints (RMS)%s",
        target, followed.version, 100 * followed.rms,
        "; no body moves as these joints do: look at them in .html" if far else "",
    )  # fmt: skip
    return followed.motion


def write_motion(path: Path, motion: CoordinateMotion, overwrite: bool) -> None:
    """Write coordinates, or anything that is in degrees and metres of them such as their errors.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    rows = np.flatnonzero(np.isfinite(motion.values).all(axis=1))
    header: Mapping[str, Any] = {
        "version": 1, "nRows": len(rows), "nColumns": 1 + len(motion.names), "inDegrees": "yes",
    }  # fmt: skip
    line = "%.6f" + "\t%.6f" * len(motion.names) + "\n"
    with (
        atomic_output(path, overwrite) as temporary,
        temporary.open("w", encoding="utf-8", newline="\n") as file,
    ):
        file.write("Coordinates\n")
        file.writelines(f"{key}={value}\n" for key, value in header.items())
        file.write("endheader\n")
        file.write("\t".join(("time", *motion.names)) + "\n")
        for row in rows.tolist():
            file.write(line % (float(row / motion.fps), *(motion.values[row] + 0.0).tolist()))
