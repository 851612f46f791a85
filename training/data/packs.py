"""Motion packs: clips of real motion capture as 17 Human3.6M joints in one npz file.

A pack may have feet and palms besides: more joints (`extremities.MARKS`, named ``lheel``), and the
arrays of `EXTREMITY_ARRAYS`.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.errors import InputError
from glagcn_cli.skeleton import H36M17, JointSet

from .extremities import BENT_BACK, MARKS, extremities
from .takes import Take, TakeSet

NAME = "mocap"
FPS = 50
LICENCE = "that of the motion capture the packs were made from"
PACK_ARRAYS = ("rel", "rel_unit", "root", "offsets", "split", "fps", "joints")
EXTREMITY_ARRAYS = ("palm", "palm_unit", "extra_ok")
_NAMES = ("subject", "description", "clip_id", "source")
_WITHOUT_VALIDATION = ". To train without validation: --set data.holdout=none"
_RAW_SUFFIXES = (".bvh", ".amc", ".fbx", ".glb", ".gltf")


def _pack_files(data_dir: Path) -> list[Path]:
    """Return the pack itself, or all packs of a folder."""
    if data_dir.is_file():
        return [data_dir]
    packs = sorted(data_dir.glob("*.npz"))
    if packs:
        return packs
    raw = [path for path in data_dir.rglob("*") if path.suffix.lower() in _RAW_SUFFIXES]
    hint = f" {raw[0].name} is raw motion capture: run glagcn-data convert first." if raw else ""
    raise InputError(
        f"{data_dir}: no motion pack here; expected one or more .npz files with the arrays "
        f"{', '.join(PACK_ARRAYS)}.{hint}"
    )


def _read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read every array of a pack once, since each access to an npz decompresses it again."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = [name for name in PACK_ARRAYS if name not in archive.files]
            if missing:
                raise InputError(
                    f"{path} is no motion pack: it lacks {', '.join(missing)} and has "
                    f"{', '.join(archive.files) or 'nothing'}"
                )
            wanted = (*PACK_ARRAYS, *EXTREMITY_ARRAYS, *_NAMES)
            return {n: archive[n] for n in wanted if n in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"{path} is no motion pack: {error}") from error


def _world_joints(arrays: dict[str, NDArray[Any]], path: Path) -> NDArray[np.float32]:
    """Return the joints of all clips in a row: (frames, 17 or more, 3) metres, world, z up."""
    relative, root = arrays["rel"], arrays["root"]
    there = len(arrays["joints"]) if _has_extremities(arrays) else len(H36M17)
    if relative.shape[1:] != (there - 1, 3) or int(arrays["fps"]) != FPS:
        raise InputError(
            f"{path}: expected 16 joints relative to the hip at {FPS} frames/s, found "
            f"{relative.shape[1:]} at {int(arrays['fps'])}"
        )
    if root.shape != (len(relative), 3):
        raise InputError(f"{path}: {len(relative)} frames but a root of shape {root.shape}")
    joints = np.zeros((len(relative), there, 3), dtype=np.float32)
    joints[:, 1:] = relative * float(arrays["rel_unit"])
    joints += root[:, None]
    return joints


def _has_extremities(arrays: dict[str, NDArray[Any]]) -> bool:
    return all(name in arrays for name in EXTREMITY_ARRAYS)


def _with_extremities(
    arrays: dict[str, NDArray[Any]], joints: NDArray[np.float32], offsets: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return (frames, 25, 3) joints of H36M-25, clip by clip, since hands are of one length."""
    names = arrays["joints"].tolist()
    sides = {"left": "l", "right": "r"}
    marks = {
        f"{side}_{mark}": joints[:, names.index(short + mark)]
        for side, short in sides.items()
        for mark in MARKS
    }
    palms = arrays["palm"] * float(arrays["palm_unit"])
    body, usable = joints[:, : len(H36M17)], arrays["extra_ok"]
    sources = arrays.get("source", np.full(len(offsets) - 1, ""))
    found = []
    for first, last, source in zip(offsets[:-1], offsets[1:], sources, strict=True):
        own = slice(first, last)
        bent = np.full(last - first, BENT_BACK.get(str(source), 0.0))
        of_clip = {mark: places[own] for mark, places in marks.items()}
        found.append(extremities(body[own], of_clip, palms[own], usable[own], bent))
    return np.concatenate([body, np.concatenate(found)], axis=1)


def _clip_bounds(arrays: dict[str, NDArray[Any]], path: Path) -> NDArray[np.int64]:
    """Return the offsets of the clips, checked against the frames and the clips' names."""
    offsets = arrays["offsets"].astype(np.int64)
    clips = len(offsets) - 1
    if (
        clips < 1
        or offsets[0] != 0
        or offsets[-1] != len(arrays["rel"])
        or (np.diff(offsets) < 1).any()
    ):
        raise InputError(f"{path}: the offsets do not cut its {len(arrays['rel'])} frames in clips")
    for name in ("split", *_NAMES):
        if name in arrays and len(arrays[name]) != clips:
            raise InputError(f"{path}: {len(arrays[name])} entries of {name} for {clips} clips")
    return offsets


def read_pack(path: Path) -> dict[str, list[Take]]:
    """Read the clips of one pack by split, as free motion.

    Returns
    -------
    dict
        Split -> takes, of 17 joints, or of 25 where the pack has feet and palms. Subject and
        action are the pack's ``subject`` and ``description``; without them, the pack's name and
        the clip's number.

    Raises
    ------
    InputError
        The file is no pack, has other joints or another rate, or holds NaN.
    """
    arrays = _read_arrays(path)
    joints = _world_joints(arrays, path)
    offsets = _clip_bounds(arrays, path)
    if _has_extremities(arrays):
        joints = _with_extremities(arrays, joints, offsets)
    clips: dict[str, list[Take]] = {}
    for number, split in enumerate(arrays["split"]):
        subject = str(arrays["subject"][number]) if "subject" in arrays else path.stem
        clip = str(arrays["clip_id"][number]) if "clip_id" in arrays else f"clip {number}"
        action = str(arrays["description"][number]) if "description" in arrays else clip
        motion = joints[offsets[number] : offsets[number + 1]]
        if not np.isfinite(motion[:, : len(H36M17)]).all():
            raise InputError(
                f"{path}: the joints of subject {subject}, {action} ({clip}) hold NaN or infinity"
            )
        clips.setdefault(str(split), []).append(Take(subject, action, "", motion, pack=path.stem))
    return clips


def read_pack_splits(
    data_dir: Path, splits: Sequence[str], joint_set: JointSet = H36M17
) -> dict[str, TakeSet]:
    """Read several splits from one pack or a folder of packs, each file once.

    Parameters
    ----------
    data_dir, splits
        The pack or folder, and the names of the splits.
    joint_set
        `H36M17`, or `H36M25` with feet and palms, which are NaN where a pack has none.

    Raises
    ------
    InputError
        There is no pack, one is damaged, a split has no clip (the message names those it has), or
        no pack has feet and palms where they are wanted.
    """
    packs = {path: read_pack(path) for path in _pack_files(data_dir)}
    sizes = [take.joints.shape[1] for pack in packs.values() for s in pack for take in pack[s]]
    if max(sizes) < len(joint_set):
        raise InputError(f"{data_dir}: none of its packs has feet and palms")
    result = {}
    for split in splits:
        used = {path.name: clips[split] for path, clips in packs.items() if split in clips}
        if not used:
            there = sorted({name for clips in packs.values() for name in clips})
            advice = _WITHOUT_VALIDATION if split == "val" else ""
            raise InputError(
                f"{data_dir}: the packs hold no clip of the split {split!r}; "
                f"they have {', '.join(there)}{advice}"
            )
        takes = tuple(_fitted(take, len(joint_set)) for clips in used.values() for take in clips)
        result[split] = TakeSet(NAME, joint_set, FPS, takes, ", ".join(used))
    return result


def _fitted(take: Take, joints: int) -> Take:
    """Cut a take to a number of joints, or fill it up with joints that are not known."""
    have = take.joints[:, :joints]
    lacking = joints - have.shape[1]
    filled = np.pad(have, ((0, 0), (0, lacking), (0, 0)), constant_values=np.nan)
    return replace(take, joints=filled) if lacking or have.shape != take.joints.shape else take


def read_packs(data_dir: Path, split: str, joint_set: JointSet = H36M17) -> TakeSet:
    """Read one split from one pack or a folder of packs; see `read_pack_splits`."""
    return read_pack_splits(data_dir, (split,), joint_set)[split]
