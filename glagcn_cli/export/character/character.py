"""A character: the rig of a file, ready to take a motion."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from .bone_names import SIDES
from .calibration import driven_bones
from .driven import Driven
from .gltf_file import GltfFile, read_gltf
from .humanoid import Humanoid, find_humanoid
from .licence import warn_of_licence
from .loose_limbs import with_limbs_attached
from .node_tree import NodeTree
from .rest_pose import RestPose, rest_pose
from .soles import Sole, find_soles

Vectors = NDArray[np.float64]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Character:
    """A rigged character.

    Parameters
    ----------
    file, body, rest
        Its file, its bones, and its rest pose.
    driven
        Bones that move, parents before children.
    soles
        Of the left and the right foot.
    """

    file: GltfFile
    body: Humanoid
    rest: RestPose
    driven: tuple[Driven, ...]
    soles: dict[str, Sole]

    @classmethod
    def read(cls, path: Path, mapping: Path | None = None) -> Character:
        """Read a character and find its bones.

        Parameters
        ----------
        path
            A `.glb` or `.vrm` file.
        mapping
            A file that names the bones, for names that are not known.

        Raises
        ------
        InputError
            The file is no rigged character, is compressed, or bones were not found.
        UsageError
            The mapping names bones that there are not.
        """
        return cls.of(read_gltf(path), mapping)

    @classmethod
    def of(cls, file: GltfFile, mapping: Path | None = None) -> Character:
        """Find the bones of a character; as `read`."""
        file = with_limbs_attached(file)
        body = find_humanoid(NodeTree.of(file), mapping)
        warn_of_licence(file)
        rest = rest_pose(NodeTree.of(file), body)
        soles = find_soles(rest, body)
        driven = driven_bones(rest, body, {side: sole.ahead for side, sole in soles.items()})
        return cls(file, body, rest, tuple(driven), soles)

    def leg_length(self) -> float:
        """Length of thigh and shank together, the mean of both legs, in the file's units."""
        total = 0.0
        for side in SIDES:
            nodes = [self.body.bones[f"{side}{b}"] for b in ("UpperLeg", "LowerLeg", "Foot")]
            places = [self.rest.place(node) for node in nodes]
            total += sum(float(np.linalg.norm(b - a)) for a, b in pairwise(places))
        return total / len(SIDES)

    def deltas(self, turns: dict[str, Rotation]) -> dict[int, Rotation]:
        """Return how each driven bone is turned from its upright rest pose, by node.

        Parameters
        ----------
        turns
            Orientations in the scene of the rig's joints.
        """
        found = {}
        for bone in self.driven:
            if not turns.keys() >= set(bone.joints):
                continue  # fingers of a rig without them
            one, other = (turns[joint] for joint in bone.joints)
            found[bone.node] = _between(one, other, bone.share) * bone.to_t_pose
        return found

    def positions(
        self, nodes: list[int], deltas: dict[int, Rotation], hips: Vectors
    ) -> dict[int, Vectors]:
        """Return where nodes below the hips are, (frames, 3): forward kinematics.

        Parameters
        ----------
        nodes
            Which.
        deltas
            Turns from the upright rest pose, by node, of the driven bones.
        hips
            (frames, 3) where the hips' node is.
        """
        tree, root = self.rest.tree, self.body.bones["hips"]
        places, turned = {root: hips}, {root: deltas[root]}
        for wanted in nodes:
            for node in tree.path(root, wanted)[1:]:
                if node not in places:
                    parent = tree.parents[node]
                    carried = turned[parent].apply(self.rest.offset(node))
                    places[node] = places[parent] + carried
                    turned[node] = deltas.get(node, turned[parent])
        return {node: places[node] for node in nodes}


def _between(one: Rotation, other: Rotation, share: float) -> Rotation:
    """Return orientations a share of the way between two, frame by frame."""
    if share in (0.0, 1.0):
        return other if share else one
    return one * Rotation.from_rotvec(share * (one.inv() * other).as_rotvec())
