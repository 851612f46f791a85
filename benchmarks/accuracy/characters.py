"""Characters against the people whose motion they have: bone directions, and soles that stand.

python -m benchmarks.accuracy.characters walk3d.npz me.glb other.vrm

Angles are between bones of the character and of the rig fitted to the poses, in degrees. Heights
and slides are those of heel and toes in contact, for a character as large as the person.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from glagcn_cli.export import read_poses
from glagcn_cli.export.character.bone_names import SIDES
from glagcn_cli.export.character.character import Character
from glagcn_cli.export.character.retarget import CharacterMotion, retarget
from glagcn_cli.export.rig.kinematics import fit_person
from glagcn_cli.poses import PoseSequence
from glagcn_cli.skeleton import H36M17

LIMBS = {
    ("UpperArm", "LowerArm", "Hand"): ("shoulder", "elbow", "wrist"),
    ("UpperLeg", "LowerLeg", "Foot"): ("hip", "knee", "ankle"),
}


def angles(moving: CharacterMotion, joints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Degrees (frames, bones) between bones of the limbs and those of the person."""
    bones = moving.character.body.bones
    found = []
    for side in SIDES:
        for theirs, own in LIMBS.items():
            nodes = [bones[f"{side}{bone}"] for bone in theirs if f"{side}{bone}" in bones]
            places = moving.positions(nodes)
            for (start, end), (top, bottom) in zip(pairwise(nodes), pairwise(own), strict=False):
                one = places[end] - places[start]
                other = joints[:, H36M17.index(f"{side}_{bottom}")]
                other = other - joints[:, H36M17.index(f"{side}_{top}")]
                across = np.linalg.norm(np.cross(one, other), axis=-1)
                found.append(np.degrees(np.arctan2(across, np.sum(one * other, axis=-1))))
    return np.stack(found, axis=1)


def soles(
    moving: CharacterMotion, contacts: NDArray[np.bool_], scale: float, fps: float
) -> tuple[float, float, int]:
    """Greatest height (m) and slide (m/s) of soles in contact, and of how many frames."""
    heights, slides, frames = [0.0], [0.0], 0
    for number, side in enumerate(SIDES):
        node, sole = moving.character.body.bones[f"{side}Foot"], moving.character.soles[side]
        held = contacts[:, number]
        place, turn = moving.positions([node])[node], moving.deltas[node]
        flat = turn * _of(moving.character, node).inv()
        frames += int(held.sum())
        for point in (sole.heel, sole.toe):
            path = (place + flat.apply(point)) / scale
            both = held[1:] & held[:-1]
            heights += np.abs(path[held, 1]).tolist()
            slides += (np.linalg.norm(np.diff(path, axis=0), axis=1)[both] * fps).tolist()
    return max(heights), max(slides), frames


def _of(character: Character, node: int) -> Rotation:
    return next(bone.to_t_pose for bone in character.driven if bone.node == node)


def row(person: PoseSequence, path: Path) -> str:
    """Return the row of a character."""
    character = Character.read(path)
    motion = fit_person(person)
    moving = retarget(motion, character, person.fps, person.contacts)
    seen = person.valid
    contacts = moving.contacts if person.contacts is None else person.contacts
    apart = angles(moving, motion.joint_positions())[seen]
    legs = [motion.rig.lengths[f"{s}_{j}"] for s in SIDES for j in ("knee", "ankle")]
    scale = character.leg_length() / (sum(legs) / 2)
    height, slide, frames = soles(moving, contacts, scale, float(person.fps))
    return (
        f"| {path.name} | {character.body.scheme} | {scale:.2f} | {apart.mean():.1f} | "
        f"{np.percentile(apart, 95):.1f} | {100 * height:.1f} | {100 * slide:.1f} | {frames} |"
    )


def main(poses: Path, characters: list[Path]) -> None:
    """Print a table, a row for each character moved by the first person of a file."""
    person = read_poses(poses).sequences[0]
    lines = [
        "| character | names | leg / person's | bones, mean | 95 % | sole height, cm | slide, cm/s "
        "| frames |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(row(person, path) for path in characters),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
