"""Writes clips as one motion pack, with whole subjects held out for validation."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.errors import InputError
from glagcn_cli.files.atomic import atomic_output
from glagcn_cli.skeleton import H36M17

from . import end_arrays
from .clips import Clip
from .end_arrays import extremity_arrays, extremity_points
from .placing import FPS

log = logging.getLogger(__name__)

REL_UNIT = 1e-4
"""Metres of one step of the stored integers."""

VALIDATION_SHARE = 0.05
"""Least share of the frames to hold out, where no subjects are named."""


def validation_subjects(clips: Sequence[Clip], named: Collection[str] | None) -> set[str]:
    """Return the subjects to hold out: the named ones, or the shortest up to 5 % of the frames.

    Never all subjects, and nothing is random: the same files give the same split. "07" names "7".

    Raises
    ------
    InputError
        A named subject does not exist, or none is left to train on.
    """
    frames: Counter[str] = Counter()
    for clip in clips:
        frames[clip.subject] += len(clip.joints)
    if named is not None:
        chosen = {
            str(int(name)) if name.isdecimal() and name not in frames else name for name in named
        }
        if missing := chosen - set(frames):
            raise InputError(
                f"no clip of subject {', '.join(sorted(missing))}; the subjects are "
                f"{', '.join(sorted(frames, key=_natural))}"
            )
        if chosen == set(frames):
            raise InputError("all subjects are held out for validation; none is left to train on")
        return chosen
    held_out: set[str] = set()
    for subject in sorted(frames, key=lambda name: (frames[name], _natural(name))):
        enough = sum(frames[name] for name in held_out) >= VALIDATION_SHARE * frames.total()
        if enough or len(held_out) == len(frames) - 1:
            break
        held_out.add(subject)
    return held_out


def _natural(name: str) -> tuple[int, str]:
    """Return a key that sorts "7" before "10"."""
    return (int(name) if name.isdecimal() else -1, name)


def write_pack(
    path: Path,
    clips: Sequence[Clip],
    held_out: Collection[str],
    licence: str = "",
    credit: str = "",
    overwrite: bool = False,
) -> None:
    """Write a motion pack, with feet and palms where a clip has them.

    Parameters
    ----------
    path
        The .npz file.
    clips
        At least one.
    held_out
        Subjects whose clips are "val"; all others are "train".
    licence, credit
        Terms of weights trained on the data, and its source. Stored in the pack under these names.
    overwrite
        Replace an existing file.
    """
    motion = np.concatenate([clip.joints for clip in clips])
    joints, parents, more = H36M17.joints, list(H36M17.parents), {}
    if any(clip.ends is not None for clip in clips):
        motion = np.concatenate([motion, extremity_points(clips)], axis=1)
        joints, parents = (*joints, *end_arrays.NAMES), [*parents, *end_arrays.parents()]
        more = extremity_arrays(clips)
    subjects = [clip.subject for clip in clips]
    arrays: dict[str, NDArray] = {
        "rel": np.round((motion[:, 1:] - motion[:, :1]) / REL_UNIT).astype(np.int16),
        "rel_unit": np.float32(REL_UNIT),  # type: ignore[dict-item]
        "root": motion[:, 0].astype(np.float32),
        "offsets": np.cumsum([0, *(len(clip.joints) for clip in clips)]).astype(np.int64),
        "clip_id": np.array([clip.name for clip in clips]),
        # Numbers if all subjects are numbers, as in existing packs.
        "subject": np.array(
            [int(name) for name in subjects] if all(map(str.isdecimal, subjects)) else subjects
        ),
        "description": np.array([clip.file for clip in clips]),
        "source": np.array([clip.source for clip in clips]),
        "source_fps": np.array([round(clip.source_fps) for clip in clips], dtype=np.int16),
        "split": np.array(["val" if name in held_out else "train" for name in subjects]),
        "fps": np.int16(FPS),  # type: ignore[dict-item]
        "joints": np.array(joints),
        "parents": np.array(parents, dtype=np.int8),
        "licence": np.array(licence),
        "credit": np.array(credit),
        **more,
    }
    with atomic_output(path, overwrite) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **cast("Any", arrays))
    if not held_out:
        log.warning("there is one subject only, so the pack has no validation clips")
