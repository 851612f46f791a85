"""`.vrma`: the motion of one person for any VRM character (VRMC_vrm_animation 1.0).

A humanoid in its T-pose without a mesh, whose joints are named by VRM; metres, y up, facing +z.
Programs for VRM turn their own character's bones alike and scale the path of the hips.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..files.atomic import atomic_output
from ..poses import PoseSequence
from .character.gltf_file import GltfFile
from .formats import ExportContext
from .people import path_for_each, people_for_rigs
from .rig.finger_bones import FINGER_BONES
from .rig.kinematics import fit_person
from .rig.rig import RigMotion
from .rig.stick_figure import standing_height

_EXTENSION = "VRMC_vrm_animation"
_CALLED = {"Hips": "hips", "Spine": "spine", "Spine1": "chest", "Neck": "neck", "Head": "head"}
_OF_A_SIDE = {
    "Shoulder": "Shoulder", "Arm": "UpperArm", "ForeArm": "LowerArm", "Hand": "Hand",
    "UpLeg": "UpperLeg", "Leg": "LowerLeg", "Foot": "Foot",
}  # fmt: skip
_FINGERS = {bone.name: bone.vrm_name for bone in FINGER_BONES}


def write(path: Path, sequences: Sequence[PoseSequence], context: ExportContext) -> Iterator[Path]:
    """Write one file for each person."""
    people = people_for_rigs(path, sequences)
    for target, person in path_for_each(path, people, context.overwrite):
        motion = fit_person(person)
        with atomic_output(target, context.overwrite) as temporary:
            temporary.write_bytes(vrm_animation(motion, person.fps, target).to_bytes())
        yield target


def vrm_animation(motion: RigMotion, fps: Fraction, path: Path) -> GltfFile:
    """Return the file of a moving rig."""
    names = [_vrm_name(name) for name in motion.rig.names]
    parents = motion.rig.parents
    nodes: list[dict[str, Any]] = []
    for number, name in enumerate(names):
        place = motion.rig.offsets[number].copy()
        if parents[number] < 0:
            place[1] = standing_height(motion.rig)
        node: dict[str, Any] = {"name": name, "translation": place.tolist()}
        if children := [j for j, parent in enumerate(parents) if parent == number]:
            node["children"] = children
        nodes.append(node)
    document = {
        "asset": {"version": "2.0", "generator": f"glagcn {__version__}"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": nodes,
        "extensionsUsed": [_EXTENSION],
        "extensions": {
            _EXTENSION: {
                "specVersion": "1.0",
                "humanoid": {"humanBones": {name: {"node": n} for n, name in enumerate(names)}},
            }
        },
    }
    file = GltfFile(path, document, b"")
    _animate(file, motion, fps)
    return file


def _animate(file: GltfFile, motion: RigMotion, fps: Fraction) -> None:
    """Add the path of the hips and the rotations of all joints."""
    seconds = np.arange(len(motion)) * (fps.denominator / fps.numerator)
    keys = file.add_array(seconds, bounds=True)
    tracks = [(0, "translation", motion.root)]
    tracks += [(n, "rotation", motion.rotations[:, n]) for n in range(len(motion.rig.names))]
    file.json["animations"] = [
        {
            "name": "motion",
            "samplers": [
                {"input": keys, "output": file.add_array(values), "interpolation": "LINEAR"}
                for _, _, values in tracks
            ],
            "channels": [
                {"sampler": number, "target": {"node": node, "path": what}}
                for number, (node, what, _) in enumerate(tracks)
            ],
        }
    ]


def _vrm_name(joint: str) -> str:
    if (name := _CALLED.get(joint) or _FINGERS.get(joint)) is not None:
        return name
    side = "Left" if joint.startswith("Left") else "Right"
    return side.lower() + _OF_A_SIDE[joint.removeprefix(side)]
