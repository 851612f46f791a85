"""Holds all takes of a split on the training device and gathers windows by number."""

from __future__ import annotations

import logging
import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..data.takes import Take, TakeSet

log = logging.getLogger(__name__)


class Windows(NamedTuple):
    """Windows of takes, before any augmentation.

    ``joints`` (N, T, J, 3) metres; ``keypoints`` (N, T, J, 2) pixels, None for free motion;
    ``image_size`` (N, 2) pixels; ``fov`` (N,) degrees.
    """

    joints: Tensor
    keypoints: Tensor | None
    image_size: Tensor
    fov: Tensor


class WindowStore:
    """Every window of some takes, numbered.

    Parameters
    ----------
    takes
        Takes to train on. Filmed takes give a window for every frame, padded by repeating the end
        frames as the field does. Free motion gives every window inside its clip, or one padded
        window for a shorter clip.
    window
        T, frames; odd.
    stride
        Frames from one window to the next.
    device
        Device of the arrays and windows.
    fps
        Frames per second of the windows; 0 is the takes' own rate.

    Attributes
    ----------
    fps
        The windows' rate, never 0.
    """

    def __init__(
        self,
        takes: TakeSet,
        window: int,
        stride: int = 1,
        device: torch.device | str = "cpu",
        fps: int = 0,
    ) -> None:
        self.device, self.fps = torch.device(device), fps or takes.fps
        self._step = Fraction(takes.fps, self.fps)  # frames of the takes to one of a window
        self._margin = math.ceil(window // 2 * self._step)
        self.joint_set, self.window, self.filmed = takes.joint_set, window, takes.filmed
        lengths = np.array([len(take) for take in takes.takes])
        ends = np.cumsum(lengths)
        centres = [
            first + self._centres(length)[::stride]
            for first, length in zip(ends - lengths, lengths, strict=True)
        ]
        owner = np.repeat(np.arange(len(lengths)), [len(c) for c in centres])
        if short := int((lengths < 2 * self._margin + 1).sum()):
            log.info(
                "%d of %d takes are shorter than a window of %d frames: their ends are repeated",
                short, len(lengths), 2 * self._margin + 1,
            )  # fmt: skip
        self._joints = self._stack([take.joints for take in takes.takes], device)
        self._keypoints = (
            self._stack([self._seen(take) for take in takes.takes], device) if self.filmed else None
        )
        self._centre = torch.from_numpy(np.concatenate(centres)).to(device)
        self._owner = torch.from_numpy(owner).to(device)
        self._first = torch.from_numpy(ends - lengths).to(device)
        self._last = torch.from_numpy(ends - 1).to(device)
        self._image_size = torch.tensor([take.image_size for take in takes.takes]).to(device)
        self._fov = torch.tensor([float(take.fov) for take in takes.takes]).to(device)
        self._reach = torch.arange(window, device=device) - window // 2

    def __len__(self) -> int:
        return len(self._centre)

    def shares(self, of_takes: NDArray[np.float64]) -> Tensor:
        """Spread shares of the takes (takes,) evenly over the windows of each: (windows,)."""
        owner = self._owner.cpu()
        each = torch.from_numpy(of_takes) / torch.bincount(owner, minlength=len(of_takes))
        return each[owner]

    def _centres(self, length: int) -> NDArray[np.int64]:
        """Return the centre frames of a take's windows, counted from its first frame."""
        if self.filmed:
            return np.arange(length)
        if length <= 2 * self._margin:
            return np.array([length // 2])
        return np.arange(self._margin, length - self._margin)

    @staticmethod
    def _seen(take: Take) -> NDArray[np.float32]:
        if take.keypoints is None:
            raise ValueError(f"{take.name} has no 2D while other takes of the split have")
        return take.keypoints

    @staticmethod
    def _stack(arrays: list[NDArray[np.float32]], device: torch.device | str) -> Tensor:
        return torch.from_numpy(np.concatenate(arrays).astype(np.float32)).to(device)

    def gather(self, numbers: Tensor, speed: Tensor | None = None) -> Windows:
        """Gather windows by number (N,), on the device.

        A speed (N,) is a factor on each window's playback. Values between two frames are
        interpolated linearly.
        """
        numbers = numbers.to(self.device, non_blocking=True)
        owner = self._owner[numbers]
        middle, first, last = self._centre[numbers], self._first[owner], self._last[owner]
        between: Tensor | None = None
        if speed is None and self._step.denominator == 1:
            offset = self._reach * self._step.numerator
        else:
            exact = self._reach * float(self._step)
            exact = exact if speed is None else speed[:, None] * exact
            offset = exact.floor().long()
            between = (exact - offset).float()
        frames = middle[:, None] + offset
        before = torch.maximum(torch.minimum(frames, last[:, None]), first[:, None])
        after = torch.maximum(torch.minimum(frames + 1, last[:, None]), first[:, None])

        def at(values: Tensor) -> Tensor:
            if between is None:
                return values[before]
            share = between.expand(before.shape)[..., None, None]
            return torch.lerp(values[before], values[after], share)

        keypoints = None if self._keypoints is None else at(self._keypoints)
        return Windows(at(self._joints), keypoints, self._image_size[owner], self._fov[owner])
