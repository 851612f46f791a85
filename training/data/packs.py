"""Motion packs: clips of real motion capture as 17 Human3.6M joints in one npz file."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.errors import InputError
from glagcn_cli.skeleton import H36M17

from .takes import Take, TakeSet

NAME = "mocap"
FPS = 50
LICENCE = "that of the motion capture the packs were made from"
PACK_ARRAYS = ("rel", "rel_unit", "root", "offsets", "split", "fps", "joints")
_NAMES = ("subject", "description", "clip_id")
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
            return {n: archive[n] for n in (*PACK_ARRAYS, *_NAMES) if n in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"{path} is no motion pack: {error}") from error


def _world_joints(arrays: dict[str, NDArray[Any]], path: Path) -> NDArray[np.float32]:
    """Return the joints of all clips in a row: (frames, 17, 3) metres, world frame, z up."""
    relative, root = arrays["rel"], arrays["root"]
    if relative.shape[1:] != (len(H36M17) - 1, 3) or int(arrays["fps"]) != FPS:
        raise InputError(
            f"{path}: expected 16 joints relative to the hip at {FPS} frames/s, found "
            f"{relative.shape[1:]} at {int(arrays['fps'])}"
        )
    if root.shape != (len(relative), 3):
        raise InputError(f"{path}: {len(relative)} frames but a root of shape {root.shape}")
    joints = np.zeros((len(relative), len(H36M17), 3), dtype=np.float32)
    joints[:, 1:] = relative * float(arrays["rel_unit"])
    joints += root[:, None]
    return joints


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
        Split -> takes. Subject and action are the pack's ``subject`` and ``description``; without
        them, the pack's name and the clip's number.

    Raises
    ------
    InputError
        The file is no pack, has other joints or another rate, or holds NaN.
    """
    arrays = _read_arrays(path)
    joints = _world_joints(arrays, path)
    offsets = _clip_bounds(arrays, path)
    clips: dict[str, list[Take]] = {}
    for number, split in enumerate(arrays["split"]):
        subject = str(arrays["subject"][number]) if "subject" in arrays else path.stem
        clip = str(arrays["clip_id"][number]) if "clip_id" in arrays else f"clip {number}"
        action = str(arrays["description"][number]) if "description" in arrays else clip
        motion = joints[offsets[number] : offsets[number + 1]]
        if not np.isfinite(motion).all():
            raise InputError(
                f"{path}: the joints of subject {subject}, {action} ({clip}) hold NaN or infinity"
            )
        clips.setdefault(str(split), []).append(Take(subject, action, "", motion, pack=path.stem))
    return clips


def read_pack_splits(data_dir: Path, splits: Sequence[str]) -> dict[str, TakeSet]:
    """Read several splits from one pack or a folder of packs, each file once.

    Raises
    ------
    InputError
        There is no pack, one is damaged, or a split has no clip (the message names those it has).
    """
    packs = {path: read_pack(path) for path in _pack_files(data_dir)}
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
        takes = tuple(take for clips in used.values() for take in clips)
        result[split] = TakeSet(NAME, H36M17, FPS, takes, ", ".join(used))
    return result


def read_packs(data_dir: Path, split: str) -> TakeSet:
    """Read one split from one pack or a folder of packs; see `read_pack_splits`."""
    return read_pack_splits(data_dir, (split,))[split]
