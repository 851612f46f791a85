"""Where the joints of motion packs lie on the body: packs call different points by one name.

    python -m benchmarks.accuracy.joint_definitions --data-dir PACKS

Medians over the frames in which the trunk is within 30 degrees of the vertical, in millimetres
along the axes of the trunk: left, forward, up. Up is the way from hip to thorax; left is across
hips and shoulders, made perpendicular to it; forward is perpendicular to both.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from glagcn_cli.skeleton import H36M17
from glagcn_training.data.packs import read_packs
from glagcn_training.metrics.markdown_table import markdown_table

OFFSETS = (
    ("hip", "left_hip"),
    ("hip", "spine"),
    ("hip", "thorax"),
    ("thorax", "left_shoulder"),
    ("thorax", "neck"),
    ("neck", "head"),
)
BONES = (
    ("left_hip", "left_knee"), ("left_knee", "left_ankle"),
    ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"),
)  # fmt: skip
_EVERY = 5  # frames between two that are looked at
_UPRIGHT = np.cos(np.radians(30))


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def trunk_axes(joints: NDArray[np.floating]) -> NDArray[np.float64]:
    """Compute the axes of the trunk.

    Parameters
    ----------
    joints
        (frames, 17, 3), in any right-handed frame.

    Returns
    -------
    (frames, 3, 3); the rows of a frame are the unit vectors left, forward and up.
    """
    place = {name: joints[:, i].astype(np.float64) for i, name in enumerate(H36M17.joints)}
    up = _unit(place["thorax"] - place["hip"])
    across = place["left_hip"] - place["right_hip"]
    across += place["left_shoulder"] - place["right_shoulder"]
    left = _unit(across - np.sum(across * up, axis=-1, keepdims=True) * up)
    return np.stack([left, np.cross(left, up), up], axis=1)


def offsets(joints: NDArray[np.floating]) -> NDArray[np.float64]:
    """Compute the offsets of `OFFSETS` along the trunk's axes: (frames, offsets, 3) metres."""
    starts, ends = (H36M17.indices([pair[i] for pair in OFFSETS]) for i in (0, 1))
    arms = joints[:, ends] - joints[:, starts]
    return np.asarray(np.einsum("fac,foc->foa", trunk_axes(joints), arms))


def lengths(joints: NDArray[np.floating]) -> NDArray[np.float64]:
    """Compute the lengths of `BONES`: (frames, bones) metres."""
    starts, ends = (H36M17.indices([pair[i] for pair in BONES]) for i in (0, 1))
    return np.asarray(np.linalg.norm(joints[:, ends] - joints[:, starts], axis=-1))


def pack_joints(data_dir: Path) -> dict[str, NDArray[np.floating]]:
    """Read the upright frames of each pack's training clips: (frames, 17, 3) metres, z up."""
    found = defaultdict(list)
    for take in read_packs(data_dir, "train").takes:
        joints = take.joints[::_EVERY]
        found[take.pack].append(joints[trunk_axes(joints)[:, 2, 2] >= _UPRIGHT])
    return {name: np.concatenate(parts) for name, parts in sorted(found.items())}


@click.command()
@click.option("--data-dir", type=click.Path(path_type=Path, exists=True), required=True)
def main(data_dir: Path) -> None:
    """Print where the joints of the packs in a folder lie on the body."""
    packs = pack_joints(data_dir)
    names = [f"{end} from {start}".replace("left_", "left ") for start, end in OFFSETS]
    rows = [["mm left, forward, up", "frames", *names]]
    names = [f"{start} to {end}".replace("left_", "") for start, end in BONES]
    bones = [["mm", *names]]
    for name, joints in packs.items():
        middle = 1000 * np.median(offsets(joints), axis=0)
        places = ("{:+.0f} {:+.0f} {:+.0f}".format(*place) for place in middle)
        rows.append([name, str(len(joints)), *places])
        bones.append([name, *(f"{1000 * m:.0f}" for m in np.median(lengths(joints), axis=0))])
    click.echo(f"{markdown_table(rows)}\n\n{markdown_table(bones)}")


if __name__ == "__main__":
    main()
