"""Finds the bones of a body among the nodes of a character."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from ...errors import InputError, UsageError
from ..rig.finger_bones import FINGER_BONES
from .bone_names import (
    BONES,
    FINGERS,
    NEEDED,
    SIDES,
    finger_names,
    name_of_vrm_0,
    plain,
    schemes,
)
from .node_tree import NodeTree

log = logging.getLogger(__name__)

_SHOWN = 40  # names of bones in a message


@dataclass(frozen=True)
class Humanoid:
    """Which nodes are the bones of a body.

    Parameters
    ----------
    scheme
        How they were found: whose names, "VRM 1.0", "VRM 0.x" or "mapping".
    bones
        Node of each bone that was found, fingers among them, by VRM's name.
    spine
        Nodes from above the hips up to what the arms hang on.
    neck
        Nodes from above that up to below the head.
    """

    scheme: str
    bones: Mapping[str, int]
    spine: tuple[int, ...]
    neck: tuple[int, ...]

    def get(self, bone: str) -> int | None:
        """Return the node of a bone; None where it was not found."""
        return self.bones.get(bone)


def find_humanoid(tree: NodeTree, mapping: Path | None = None) -> Humanoid:
    """Find the bones of a body: by a file, by VRM's own table, or by their names.

    Raises
    ------
    InputError
        Bones that are needed were not found; the message lists them.
    UsageError
        The mapping names bones or nodes that there are not.
    """
    file = tree.file
    if not file.rows("skins"):
        raise InputError(
            f"{file.path}: has no skin: nothing in it moves with bones; rig it first, in Blender "
            "or at mixamo.com"
        )
    if mapping is not None:
        scheme, bones = "mapping", _mapped(tree, mapping)
    elif found := _vrm_table(tree):
        scheme, bones = found
    else:
        scheme, bones = _named(tree)
    _require(tree, bones)
    return _with_chains(tree, scheme, _without_loose_fingers(tree, bones))


def _without_loose_fingers(tree: NodeTree, bones: dict[str, int]) -> dict[str, int]:
    """Leave out bones of fingers that do not hang on the hand or on the bone before them."""
    kept = {bone: node for bone, node in bones.items() if bone not in FINGERS}
    ends: dict[tuple[str, str], int] = {}  # of each finger, as far as it was found
    for bone in FINGER_BONES:
        finger, node = (bone.side, bone.finger), bones.get(bone.vrm_name)
        above = ends.get(finger, kept.get(f"{bone.side}Hand"))
        if node is not None and above is not None and above in tree.above(node):
            kept[bone.vrm_name] = ends[finger] = node
    return kept


def _with_chains(tree: NodeTree, scheme: str, bones: dict[str, int]) -> Humanoid:
    hips = bones["hips"]
    for side in SIDES:
        for upper, lower in (("UpperArm", "LowerArm"), ("UpperLeg", "LowerLeg"),
                             ("LowerLeg", "Foot")):  # fmt: skip
            if not tree.path(bones[f"{side}{upper}"], bones[f"{side}{lower}"]):
                raise InputError(
                    f"{tree.file.path}: {tree.name(bones[f'{side}{lower}'])} does not hang on "
                    f"{tree.name(bones[f'{side}{upper}'])}, so it is no limb; name the bones that "
                    "move the mesh with --character-bones FILE"
                )
    for limb in (f"{side}{bone}" for side in SIDES for bone in ("UpperArm", "UpperLeg")):
        if not tree.path(hips, bones[limb]):
            raise InputError(
                f"{tree.file.path}: {tree.name(bones[limb])} does not hang on {tree.name(hips)}, "
                "the hips; name the bone that arms and legs hang on with --character-bones FILE"
            )
    arms = [tree.path(hips, bones[f"{side}UpperArm"]) for side in SIDES]
    shoulders = {bones.get(f"{side}{bone}") for side in SIDES for bone in ("Shoulder", "UpperArm")}
    spine = [n for n in arms[0] if n in arms[1] and n not in shoulders and n != hips]
    top = spine[-1] if spine else hips
    neck = tree.path(top, bones["head"])[1:-1] if "head" in bones else []
    if not neck and "head" in bones:  # a neck that hangs on the side of the last spine bone
        neck = [n for n in tree.path(hips, bones["head"])[1:-1] if n not in spine]
    return Humanoid(scheme, bones, tuple(spine), tuple(neck))


def _require(tree: NodeTree, bones: Mapping[str, int]) -> None:
    missing = [bone for bone in NEEDED if bone not in bones]
    if not missing:
        return
    names = [tree.name(n) for n in _joints(tree)]
    shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    raise InputError(
        f"{tree.file.path}: bones that were not found: {', '.join(missing)}. Its {len(names)} "
        f"bones are called {shown}. Say which is which in a file, a line each (hips: NAME), and "
        "name it with --character-bones FILE"
    )


def _joints(tree: NodeTree) -> list[int]:
    """Return all nodes that skins are bound to, and those between and above them."""
    joints = {joint for skin in tree.file.rows("skins") for joint in skin.get("joints", [])}
    wide = joints | {above for joint in joints for above in tree.above(joint)}
    return sorted(n for n in wide if n < len(tree.parents))


def _vrm_table(tree: NodeTree) -> tuple[str, dict[str, int]] | None:
    """Return the bones of VRM's own table; None for files that are no VRM."""
    extensions = tree.file.json.get("extensions", {})
    if (current := extensions.get("VRMC_vrm")) is not None:
        table = current.get("humanoid", {}).get("humanBones", {})
        rows = [(name, row.get("node")) for name, row in table.items()]
        version = "VRM 1.0"
    elif (older := extensions.get("VRM")) is not None:
        table = older.get("humanoid", {}).get("humanBones", [])
        rows = [(row.get("bone"), row.get("node")) for row in table]
        version = "VRM 0.x"
    else:
        return None
    count = len(tree.parents)
    good = [(n, node) for n, node in rows if isinstance(node, int) and 0 <= node < count]
    if version == "VRM 0.x":
        good = [(name_of_vrm_0(name), node) for name, node in good]
    return version, {name: node for name, node in good if name in (*BONES, *FINGERS)}


def _named(tree: NodeTree) -> tuple[str, dict[str, int]]:
    """Return the bones by their names, of the scheme that finds most of them."""
    joints = _joints(tree)
    numbers: dict[str, list[int]] = {}
    for joint in joints:
        numbers.setdefault(plain(tree.name(joint)), []).append(joint)
    best: tuple[str, dict[str, int]] = ("", {})
    for scheme, names in schemes().items():
        for hips in numbers.get(names["hips"], []):
            bones = {"hips": hips}
            for bone, name in names.items():
                below = [n for n in numbers.get(name, []) if hips in tree.above(n)]
                if below and bone != "hips":
                    bones[bone] = _moving(tree, below)
            if len(bones) > len(best[1]):
                best = scheme, bones
    for bone, name in finger_names(best[0]).items():
        below = [n for n in numbers.get(name, []) if best[1]["hips"] in tree.above(n)]
        if below:
            best[1][bone] = _moving(tree, below)
    if len(numbers.get(schemes()[best[0]]["hips"], []) if best[0] else []) > 1:
        log.warning(
            "%s: holds several bodies; the one of %s moves, the others stay as they are",
            tree.file.path,
            tree.name(best[1]["hips"]),
        )
    return best


def _moving(tree: NodeTree, nodes: list[int]) -> int:
    """Return, of bones with the same plain name, the one that moves a mesh ("DEF-foot.L")."""
    deforming = [n for n in nodes if tree.name(n).startswith("DEF-")]
    return (deforming or nodes)[0]


def _mapped(tree: NodeTree, path: Path) -> dict[str, int]:
    """Read a file of lines `bone: node name`, YAML or JSON."""
    try:
        table = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: is no list of bones: {error}") from error
    if not isinstance(table, dict):
        raise UsageError(f"{path}: is no list of bones; write a line for each: hips: NAME")
    joints = {tree.name(n): n for n in reversed(_joints(tree))}
    bones = {}
    for bone, name in table.items():
        if bone not in BONES and bone not in FINGERS:
            raise UsageError(
                f"{path}: {bone} is none of the bones, which are {', '.join(BONES)}, and of "
                f"fingers as VRM 1.0 calls them, {FINGERS[0]} to {FINGERS[-1]}"
            )
        if str(name) not in joints:
            near = difflib.get_close_matches(str(name), joints, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise UsageError(f"{path}: {tree.file.path} has no bone {name}{hint}")
        bones[bone] = joints[str(name)]
    return bones
