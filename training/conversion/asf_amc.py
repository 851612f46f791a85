"""ASF/AMC (Acclaim) files: a skeleton in one file, its motion in another.

No maintained reader of this format exists, so this is one, with its forward kinematics. A bone
starts where its parent ends and points along `direction` for `length`. Its rotation is given about
its own axes, which `axis` turns out of the world's. With C that turn and M the rotation of the
frame (both about x, then y, then z), the bone and its children turn by C M C^-1 in its parent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.errors import InputError

from .animation import Animation

if TYPE_CHECKING:
    from scipy.spatial.transform import Rotation

METRES_IN_INCH = 0.0254
ROOT = "root"


@dataclass
class Bone:
    """One bone as the ASF file describes it; the root has no length."""

    name: str
    vector: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    axis: tuple[list[float], str] = field(default_factory=lambda: ([0.0] * 3, "xyz"))
    dof: list[str] = field(default_factory=list)
    parent: str | None = None


@dataclass
class Asf:
    """Bones by name, a parent before its children; length unit and angle unit of the file."""

    bones: dict[str, Bone]
    length: float
    degrees: bool


def read_asf_amc(asf_path: Path, amc_path: Path) -> Animation:
    """Read a motion with its skeleton.

    Returns
    -------
    Animation
        A node is a bone: its position is the bone's end, its rotation the bone's. The unit is what
        CMU's files call ``length 0.45``: inches times 0.45.

    Raises
    ------
    InputError
        One of the files is damaged, or they do not belong together.
    """
    asf = read_asf(asf_path)
    motion, degrees = _read_amc(amc_path, asf)
    frames = len(motion[ROOT])
    names = list(asf.bones)
    parents = tuple(
        -1 if bone.parent is None else names.index(bone.parent) for bone in asf.bones.values()
    )
    rest, positions = np.zeros((len(names), 3)), np.empty((frames, len(names), 3))
    turns: list[Rotation] = []
    for node, (bone, parent) in enumerate(zip(asf.bones.values(), parents, strict=True)):
        turn = _turn(bone, motion.get(bone.name), frames, asf.degrees, degrees)
        if parent < 0:
            turns.append(turn)
            moved = [bone.dof.index(axis) for axis in ("tx", "ty", "tz")]
            positions[:, node] = motion[ROOT][:, moved]
            continue
        turns.append(turns[parent] * turn)
        rest[node] = rest[parent] + bone.vector
        positions[:, node] = positions[:, parent] + turns[node].apply(bone.vector)
    rotations = np.stack([turn.as_matrix() for turn in turns], axis=1)
    unit = METRES_IN_INCH / asf.length
    return Animation(amc_path, tuple(names), parents, rest, positions, rotations, None, unit)


def _turn(
    bone: Bone, values: NDArray[np.float64] | None, frames: int, asf_degrees: bool, degrees: bool
) -> Rotation:
    """Compute C M C^-1 of a bone for every frame."""
    from scipy.spatial.transform import Rotation

    rotated = [i for i, axis in enumerate(bone.dof) if axis.startswith("r")]
    if values is None or not rotated:
        return Rotation.from_quat(np.tile([0.0, 0.0, 0.0, 1.0], (frames, 1)))
    order = "".join(bone.dof[i][1] for i in rotated)
    # Lower case is scipy's "about fixed axes, in this order".
    local = Rotation.from_euler(order, values[:, rotated], degrees=degrees)
    angles, axis_order = bone.axis
    own = Rotation.from_euler(axis_order, angles, degrees=asf_degrees)
    return own * local * own.inv()


def read_asf(path: Path) -> Asf:
    """Read a skeleton; raise ``InputError`` where it is damaged."""
    sections = _sections(path)
    try:
        units = {words[0]: words[1] for words in sections["units"]}
        bones = {ROOT: _root(sections[ROOT])}
        bones |= {bone.name: bone for bone in _bones(sections["bonedata"])}
        for parent, *children in sections["hierarchy"]:
            if parent not in ("begin", "end"):
                for child in children:
                    bones[child].parent = parent
        ordered: dict[str, Bone] = {ROOT: bones[ROOT]}
        for name in bones:
            _place(name, bones, ordered)
        return Asf(ordered, float(units.get("length", 1)), not units["angle"].startswith("rad"))
    except (KeyError, ValueError, IndexError, RecursionError) as error:
        raise InputError(f"{path} is not a complete ASF skeleton: {error!r}") from error


def _place(name: str, bones: dict[str, Bone], ordered: dict[str, Bone]) -> None:
    """Add a bone after all its ancestors."""
    if name not in ordered:
        parent = bones[name].parent
        if parent is None:
            raise ValueError(f"bone {name!r} has no parent")
        _place(parent, bones, ordered)
        ordered[name] = bones[name]


def _lines(path: Path) -> Iterator[list[str]]:
    """Yield the words of each line that is neither empty nor a comment."""
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    for line in text.splitlines():
        words = line.split("#", 1)[0].split()
        if words:
            yield words


def _sections(path: Path) -> dict[str, list[list[str]]]:
    """Split the lines into sections by ``:keyword``, as words."""
    sections: dict[str, list[list[str]]] = {}
    current: list[list[str]] = []
    for words in _lines(path):
        if words[0].startswith(":"):
            current = sections.setdefault(words[0][1:].lower(), [])
        else:
            current.append(words)
    return sections


def _numbers(words: list[str], count: int) -> NDArray[np.float64]:
    """Parse exactly this many finite numbers; raise ``ValueError`` otherwise."""
    values = np.array([float(word) for word in words])
    if len(values) != count or not np.isfinite(values).all():
        raise ValueError(f"expected {count} numbers, found {' '.join(words)!r}")
    return values


def _axis(words: list[str]) -> tuple[list[float], str]:
    """Parse three angles and the order of the axes they turn about."""
    *angles, order = words
    if sorted(order.lower()) != ["x", "y", "z"]:
        raise ValueError(f"{order!r} is not an order of the axes")
    return _numbers(angles, 3).tolist(), order.lower()


def _freedoms(words: list[str]) -> list[str]:
    """Return the degrees of freedom in lower case, each at most once."""
    dof = [word.lower() for word in words]
    if len(set(dof)) < len(dof) or not set(dof) <= {"tx", "ty", "tz", "rx", "ry", "rz", "l"}:
        raise ValueError(f"{' '.join(words)!r} are not degrees of freedom")
    return dof


def _root(lines: list[list[str]]) -> Bone:
    given = {words[0].lower(): words[1:] for words in lines}
    if any(float(value) for value in given.get("orientation", [])):
        raise ValueError("a root that is turned at rest is not supported")
    order = _freedoms(given["order"])
    if not {"tx", "ty", "tz"} <= set(order):
        raise ValueError(f"the root moves along {' '.join(order)} only, expected x, y and z")
    return Bone(ROOT, axis=_axis(["0", "0", "0", *given.get("axis", ["xyz"])]), dof=order)


def _bones(lines: list[list[str]]) -> Iterator[Bone]:
    given: dict[str, list[str]] = {}
    for words in lines:
        key, values = words[0].lower(), words[1:]
        if key == "begin":
            given = {}
        elif key == "end":
            direction = _numbers(given["direction"], 3)
            yield Bone(
                given["name"][0],
                direction / np.linalg.norm(direction) * _numbers(given["length"], 1),
                _axis(given.get("axis", ["0", "0", "0", "xyz"])),
                _freedoms(given.get("dof", [])),
            )
        else:
            given[key] = values


def _read_amc(path: Path, asf: Asf) -> tuple[dict[str, NDArray[np.float64]], bool]:
    """Read the values (frames, degrees of freedom) of each bone, and whether angles are degrees."""
    rows: dict[str, list[list[str]]] = {}
    frames, degrees = 0, asf.degrees
    for words in _lines(path):
        if words[0].startswith(":"):
            degrees = {":degrees": True, ":radians": False}.get(words[0].lower(), degrees)
        elif len(words) == 1 and re.fullmatch(r"\d+", words[0]):
            frames += 1
        else:
            rows.setdefault(words[0], []).append(words[1:])
    if not frames or ROOT not in rows:
        raise InputError(f"{path} holds no frames of an AMC motion")
    motion = {}
    for name, values in rows.items():
        if name not in asf.bones:
            raise InputError(f"{path}: its bone {name!r} is not in the skeleton")
        expected = (frames, len(asf.bones[name].dof))
        if len(values) != frames or {len(row) for row in values} != {expected[1]}:
            raise InputError(
                f"{path}: {name!r} should have {expected[1]} values in each of {frames} frames; "
                "the file is cut off, or the skeleton belongs to another one"
            )
        try:
            motion[name] = np.array(values, dtype=np.float64)
        except ValueError as error:
            raise InputError(
                f"{path}: {name!r} has a value that is not a number: {error}"
            ) from error
        if not np.isfinite(motion[name]).all():
            raise InputError(f"{path}: {name!r} has a value that is NaN or infinity")
    return motion, degrees
