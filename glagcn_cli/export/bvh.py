"""`.bvh`: the motion of one person as rotations of a rig, for Blender and other animation tools.

Y up, centimetres, rest pose a T-pose that faces +z. The setting `bvh_skeleton` picks the names and
the arrangement of the joints (`bvh_skeletons`). Every joint turns by Zrotation Xrotation
Yrotation, which readers apply as R = Rz Rx Ry. One frame for every frame of the video; where there
is no pose the last one is held, before the first that one. Bones of a half of the body that was
never seen hold their rest; the format has no word for it, the run's report has.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..files.atomic import atomic_output
from ..poses import PoseSequence
from .formats import ExportContext
from .people import path_for_each, people_for_rigs
from .rig.bvh_skeletons import Dialect, dialect_of
from .rig.kinematics import fit_person
from .rig.rig import Rig, RigMotion
from .rig.rotations import continuous_euler

CENTIMETRES = 100.0  # in a metre

_ORDER = "ZXY"
_ROTATIONS = " ".join(f"{axis}rotation" for axis in _ORDER)
_LINES_AT_ONCE = 4096


def write(path: Path, sequences: Sequence[PoseSequence], context: ExportContext) -> Iterator[Path]:
    """Write one file for each person: a fitted rig, its root path and joint rotations."""
    dialect = dialect_of(context.settings)
    people = people_for_rigs(path, sequences)
    for target, sequence in path_for_each(path, people, context.overwrite):
        motion = fit_person(sequence)
        with (
            atomic_output(target, context.overwrite) as temporary,
            temporary.open("w", encoding="ascii", newline="\n") as file,
        ):
            write_motion(file, motion, sequence.fps, dialect)
        yield target


def write_motion(
    file: io.TextIOBase | io.TextIOWrapper, motion: RigMotion, fps: Fraction, dialect: Dialect
) -> None:
    """Write a moving rig as BVH text; of a rig with fingers they are in it."""
    dialect = dialect.with_fingers() if motion.rig.fingers else dialect
    values = channel_values(motion, dialect)
    file.write("HIERARCHY\n")
    file.write("\n".join(_joint_lines(dialect, motion.rig, 0, "")))
    file.write(f"\nMOTION\nFrames: {len(values)}\nFrame Time: {float(1 / fps):.12f}\n")
    line = " ".join(["%.4f"] * values.shape[1]) + "\n"
    for start in range(0, len(values), _LINES_AT_ONCE):
        block = values[start : start + _LINES_AT_ONCE]
        file.write(line * len(block) % tuple(block.ravel().tolist()))


def channel_values(motion: RigMotion, dialect: Dialect) -> NDArray[np.float64]:
    """(frames, 3 + 3 * joints): root path in centimetres, then angles in degrees."""
    angles = continuous_euler(dialect.rotations(motion), _ORDER)
    return np.concatenate([motion.root * CENTIMETRES, angles.reshape(len(motion), -1)], axis=1)


def _joint_lines(dialect: Dialect, rig: Rig, number: int, indent: str) -> list[str]:
    """Write a joint's block with its children; `dialect.joints` has the channels' order."""
    root = dialect.parents[number] < 0
    inner = indent + "  "
    channels = f"6 Xposition Yposition Zposition {_ROTATIONS}" if root else f"3 {_ROTATIONS}"
    lines = [
        f"{indent}{'ROOT' if root else 'JOINT'} {dialect.joints[number].name}",
        f"{indent}{{",
        f"{inner}{_offset_line(dialect.offsets(rig)[number])}",
        f"{inner}CHANNELS {channels}",
    ]
    for child, parent in enumerate(dialect.parents):
        if parent == number:
            lines += _joint_lines(dialect, rig, child, inner)
    end = dialect.end_sites(rig).get(number)
    if end is not None:
        lines += [f"{inner}End Site", f"{inner}{{", f"{inner}  {_offset_line(end)}", f"{inner}}}"]
    return [*lines, f"{indent}}}"]


def _offset_line(offset: NDArray[np.float64]) -> str:
    # Adding zero turns -0.0 into 0.0.
    return "OFFSET " + " ".join(f"{value:.6f}" for value in offset * CENTIMETRES + 0.0)
