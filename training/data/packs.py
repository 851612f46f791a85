"""Motion packs: clips of real motion capture as 17 Human3.6M joints in one npz file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.errors import InputError
from glagcn_cli.skeleton import H36M17

PACK_ARRAYS = ("rel", "rel_unit", "root", "offsets", "split", "fps", "joints")


@dataclass(frozen=True)
class MotionClip:
    """One take of one subject.

    Parameters
    ----------
    joints
        (frames, 17, 3) metres, world frame: right-handed, z up, floor near z = 0.
    pack
        File name of its pack.
    """

    joints: NDArray[np.float32]
    pack: str


def _pack_files(data_dir: Path) -> list[Path]:
    """The pack itself, or all packs of a folder."""
    if data_dir.is_file():
        return [data_dir]
    packs = sorted(data_dir.glob("*.npz"))
    if not packs:
        raise InputError(
            f"{data_dir}: no motion pack here; expected one or more .npz files with the arrays "
            f"{', '.join(PACK_ARRAYS)}"
        )
    return packs


def read_pack(path: Path, split: str) -> list[MotionClip]:
    """Clips of one pack that belong to a split.

    Raises
    ------
    InputError
        The file is no pack, has other joints or another rate, or holds NaN.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            # Every access to an npz decompresses the array again, so each is read once.
            arrays = {name: archive[name] for name in PACK_ARRAYS}
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path} is no motion pack: {error}") from error
    joints = np.zeros((len(arrays["rel"]), len(H36M17), 3), dtype=np.float32)
    if arrays["rel"].shape[1:] != (len(H36M17) - 1, 3) or int(arrays["fps"]) != 50:
        raise InputError(
            f"{path}: expected 16 joints relative to the hip at 50 frames/s, found "
            f"{arrays['rel'].shape[1:]} at {int(arrays['fps'])}"
        )
    joints[:, 1:] = arrays["rel"] * float(arrays["rel_unit"])
    joints += arrays["root"][:, None]
    if not np.isfinite(joints).all():
        raise InputError(f"{path}: the joints hold NaN or infinity")
    offsets = arrays["offsets"]
    return [
        MotionClip(joints[offsets[i] : offsets[i + 1]], path.name)
        for i in range(len(offsets) - 1)
        if arrays["split"][i] == split
    ]


def read_packs(data_dir: Path, split: str) -> list[MotionClip]:
    """Clips of a split from one pack or a folder of packs; raises ``InputError`` if none."""
    clips = [clip for path in _pack_files(data_dir) for clip in read_pack(path, split)]
    if not clips:
        raise InputError(f"{data_dir}: the packs hold no clip of the split {split!r}")
    return clips


class WindowSampler:
    """Windows drawn evenly over all frames of many clips.

    Parameters
    ----------
    clips
        Source; clips shorter than a window are held at their last frame.
    window
        Frames in a window.
    """

    def __init__(self, clips: list[MotionClip], window: int) -> None:
        self.window = window
        self._joints = np.concatenate([clip.joints for clip in clips])
        lengths = np.array([len(clip.joints) for clip in clips])
        self._ends = np.cumsum(lengths)
        self._starts = self._ends - lengths
        choices = np.maximum(lengths - window + 1, 1)
        self._choices_end = np.cumsum(choices)

    def __len__(self) -> int:
        return int(self._choices_end[-1])

    def sample(self, rng: np.random.Generator, count: int) -> NDArray[np.float32]:
        """Draw windows: (count, window, 17, 3) metres, world frame."""
        choice = rng.integers(len(self), size=count)
        clip = np.searchsorted(self._choices_end, choice, side="right")
        before = np.concatenate([[0], self._choices_end[:-1]])[clip]
        first = self._starts[clip] + choice - before
        frames = first[:, None] + np.arange(self.window)
        return self._joints[np.minimum(frames, self._ends[clip][:, None] - 1)]
