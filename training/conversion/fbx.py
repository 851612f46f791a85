"""FBX files, read by ufbx. Every animation stack is a motion of its own."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from glagcn_cli.errors import InputError

from .animation import Animation
from .hierarchy import LocalTransforms, pose

_MOST_PARTS = 1001  # keeps 30000/1001 exact


def read_fbx(path: Path) -> list[Animation]:
    """Read all animation stacks of a file.

    Returns
    -------
    list of Animation
        Metres, y up, right-handed: ufbx converts what the file says of its unit and axes. A frame
        for each of the file's time mode.

    Raises
    ------
    InputError
        ufbx is not installed, or the file is damaged or holds no animation.
    """
    try:
        import ufbx
    except ImportError as error:
        raise InputError(
            f"{path}: reading FBX needs ufbx, which is not installed: pip install 'glagcn[fbx]'; "
            "or convert the file to .glb in Blender"
        ) from error
    try:
        scene = ufbx.load_file(
            str(path),
            ignore_geometry=True,
            target_axes=ufbx.axes_right_handed_y_up,
            target_unit_meters=1.0,
        )
    except (ufbx.UfbxError, OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as FBX: {error}") from error
    stacks = [stack for stack in scene.anim_stacks if stack.time_end > stack.time_begin]
    if not stacks:
        raise InputError(f"{path}: it holds no animation")
    nodes = list(scene.nodes)
    place = {node.typed_id: i for i, node in enumerate(nodes)}
    parents = tuple(place[node.parent.typed_id] if node.parent else -1 for node in nodes)
    names = tuple(node.name or f"node {i}" for i, node in enumerate(nodes))
    rest = _transforms([[node.local_transform for node in nodes]])
    fps = Fraction(scene.settings.frames_per_second or 30).limit_denominator(_MOST_PARTS)
    animations = []
    for stack in stacks:
        frames = int((stack.time_end - stack.time_begin) * float(fps) + 1e-3) + 1
        times = stack.time_begin + np.arange(frames) / float(fps)
        motion = _transforms(
            [[node.evaluate_transform(stack.anim, float(t)) for node in nodes] for t in times]
        )
        take = stack.name if len(stacks) > 1 else ""
        posed = pose(parents, rest, motion)
        animations.append(Animation(path, names, parents, *posed, fps, unit=1.0, take=take))
    return animations


def _transforms(frames: list[list[Any]]) -> LocalTransforms:
    return LocalTransforms(
        *(
            np.array([[list(getattr(each, part)) for each in nodes] for nodes in frames])
            for part in ("translation", "rotation", "scale")
        )
    )
