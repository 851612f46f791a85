"""A body for those who have no character: shipped, and stretched to the bones of a person."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from pathlib import Path

import numpy as np

from ..rig.rig import Rig
from .bone_names import SIDES
from .character import Character
from .gltf_file import GltfFile, copied, parse_gltf
from .humanoid import Humanoid
from .node_tree import NodeTree
from .rest_pose import RestPose

BODY = "body.glb"
"""Made by weights/make_body.py; its NOTICE says from what."""

_LEAST, _MOST = 0.6, 1.6  # shares by which bones are stretched: beyond, a length is an error

_LIMBS = (
    ("UpperArm", "LowerArm", "elbow"),
    ("LowerArm", "Hand", "wrist"),
    ("UpperLeg", "LowerLeg", "knee"),
    ("LowerLeg", "Foot", "ankle"),
)


def body_of(rig: Rig) -> Character:
    """Return the body with the bone lengths of a person.

    Legs scale the whole; then every bone of arms, legs and trunk is stretched along itself.
    """
    shipped = _shipped()
    file = copied(shipped.file)
    body, rest = shipped.body, shipped.rest
    whole = _share(_leg(rig), shipped.leg_length())
    for node, share in _stretches(rig, body, rest, whole).items():
        place = np.array(file.json["nodes"][node]["translation"])
        file.json["nodes"][node]["translation"] = (place * share).tolist()
    _scale_roots(file, body, whole)
    return Character.of(file)


def _stretches(rig: Rig, body: Humanoid, rest: RestPose, whole: float) -> dict[int, float]:
    """Return by how much the offset of each node grows beyond the whole."""
    found: dict[int, float] = {}
    for side in SIDES:
        for top, bottom, joint in _LIMBS:
            start, end = body.bones[f"{side}{top}"], body.bones[f"{side}{bottom}"]
            own = float(np.linalg.norm(rest.place(end) - rest.place(start)))
            share = _share(rig.lengths[f"{side}_{joint}"], own * whole)
            found |= dict.fromkeys(rest.tree.path(start, end)[1:], share)
    hips = np.array([rest.place(body.bones[f"{side}UpperLeg"]) for side in SIDES])
    arms = np.array([rest.place(body.bones[f"{side}UpperArm"]) for side in SIDES])
    trunk = float(np.linalg.norm(arms.mean(axis=0) - hips.mean(axis=0)))
    chain = rest.place(body.spine[-1]) - rest.place(body.bones["hips"])
    spine = float(np.linalg.norm(chain))  # the rest of the trunk is not stretched
    theirs = rig.lengths["spine"] + rig.lengths["thorax"] - (trunk - spine) * whole
    found |= dict.fromkeys(body.spine, _share(theirs, spine * whole))
    for places, joint, bones in ((hips, "hip", ("UpperLeg",)),
                                 (arms, "shoulder", ("Shoulder", "UpperArm"))):  # fmt: skip
        width = float(np.linalg.norm(places[0] - places[1]))
        theirs = sum(rig.lengths[f"{side}_{joint}"] for side in SIDES)
        for side in SIDES:
            nodes = [body.bones[f"{side}{bone}"] for bone in bones]
            found |= dict.fromkeys(nodes, _share(theirs, width * whole))
    return found


def _scale_roots(file: GltfFile, body: Humanoid, whole: float) -> None:
    """Scale all bones, by the node that the hips hang on."""
    tree = NodeTree.of(file)
    for node in list(tree.above(body.bones["hips"]))[-1:]:
        file.json["nodes"][node]["scale"] = [whole] * 3


def _leg(rig: Rig) -> float:
    lengths = [rig.lengths[f"{side}_{joint}"] for side in SIDES for joint in ("knee", "ankle")]
    return sum(lengths) / len(SIDES)


def _share(theirs: float, own: float) -> float:
    return float(np.clip(theirs / own, _LEAST, _MOST)) if theirs > 0 else 1.0


@lru_cache(maxsize=1)
def _shipped() -> Character:
    data = resources.files("glagcn_weights").joinpath(BODY).read_bytes()
    return Character.of(parse_gltf(data, Path(BODY)))
