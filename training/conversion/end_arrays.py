"""Arrays of a motion pack that hold feet and palms; `data.packs` reads them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.skeleton import H36M17

from ..data.extremities import MARKS
from .clips import Clip
from .ends import POINTS
from .rigs import SIDES

NAMES = tuple(f"{side[0]}{mark}" for side in SIDES for mark in MARKS)
"""Joints that a pack has besides the 17."""

_PALM_UNIT = 1 / 127
_HANGS_ON = {"heel": "ankle", "ball": "ankle", "hand": "wrist"}


def parents() -> list[int]:
    """Return the number of the parent of each of `NAMES` in the pack."""
    found = []
    for side in SIDES:
        for mark in MARKS:
            if mark == "toe":
                found.append(len(H36M17) + NAMES.index(f"{side[0]}ball"))
            else:
                found.append(H36M17.index(f"{side}_{_HANGS_ON[mark]}"))
    return found


def extremity_points(clips: Sequence[Clip]) -> NDArray[np.float64]:
    """Return the points (frames, 8, 3) of `NAMES`; of a clip that has none, ankles and wrists."""
    return np.concatenate([_points(clip)[:, :, :-1].reshape(-1, len(NAMES), 3) for clip in clips])


def extremity_arrays(clips: Sequence[Clip]) -> dict[str, NDArray]:
    """Return the directions of palms, and which feet and hands are right."""
    palms = []
    for clip in clips:
        hand, palm = np.moveaxis(_points(clip)[:, :, -2:], 2, 0)
        out = palm - hand
        lengths = np.linalg.norm(out, axis=-1, keepdims=True)
        palms.append(np.where(lengths > 0, out / np.where(lengths > 0, lengths, 1), 0))
    usable = [
        np.tile(np.zeros(4, bool) if clip.ends is None else clip.ends.usable, (len(clip.joints), 1))
        for clip in clips
    ]
    return {
        "palm": np.round(np.concatenate(palms) / _PALM_UNIT).astype(np.int8),
        "palm_unit": np.array(_PALM_UNIT, np.float32),
        "extra_ok": np.concatenate(usable),
    }


def _points(clip: Clip) -> NDArray[np.float64]:
    """Return (frames, 2, 5, 3) `ends.POINTS` of both sides."""
    if clip.ends is not None:
        return clip.ends.points.reshape(len(clip.joints), len(SIDES), len(POINTS), 3)
    names = [f"{side}_{end}" for side in SIDES for end in (*["ankle"] * 3, *["wrist"] * 2)]
    return clip.joints[:, H36M17.indices(names)].reshape(-1, len(SIDES), len(POINTS), 3)
