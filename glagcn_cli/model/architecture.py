"""The sizes of a network, without torch, so that a file can be described fast."""

from __future__ import annotations

from dataclasses import dataclass

from ..skeleton import H36M17

STRIDE = 3
"""Stride of a level of the local module: T = 243 -> 81 -> 27 -> 9 -> 3 -> 1."""

SEQUENCE, CENTRE = "sequence", "centre"
"""Branches: the sequence branch lifts all frames of a window at once. The local module lifts its
centre frame, so that every frame needs its own window."""

EMBEDDING_SHARE = 4
"""An embedding of the adaptive graph has a quarter of the output channels."""


@dataclass(frozen=True)
class Architecture:
    """Sizes that rebuild a network; stored in its checkpoint.

    Parameters
    ----------
    variant
        "paper": global module (sequence branch) and local module with a head per joint.
        "released": an expanding block and the local module with one shared head.
    window
        T, frames in a window: 27, 81 or 243 (a power of 3).
    channels
        Width of every block.
    in_channels
        Numbers per joint and frame of the input: 2 (x, y) or 3 (x, y, score).
    global_blocks
        Stride-1 blocks of the global module, the expanding one included ("paper" only).
    shared_head
        One output layer for all joints instead of one per joint ("paper" only).
    dropout
        Dropout of graph convolutions.
    joint_set
        Name of the joint set, in and out.
    uncertainty
        Heads for the expected error of each joint ("paper" only).
    gravity
        Head for the direction against gravity ("paper" only).
    adaptive
        Graphs are A_k + B_k + C_k; without it they stay A_k, the skeleton's.
    strided
        The local module shrinks time by 3 a level; without it, it reads its middle frame in the
        end, at several times the work.
    """

    variant: str = "paper"
    window: int = 81
    channels: int = 96
    in_channels: int = 2
    global_blocks: int = 3
    shared_head: bool = False
    dropout: float = 0.1
    joint_set: str = H36M17.name
    uncertainty: bool = False
    gravity: bool = False
    adaptive: bool = True
    strided: bool = True

    def __post_init__(self) -> None:
        if self.variant not in ("paper", "released"):
            raise ValueError(f"variant is {self.variant!r}, expected 'paper' or 'released'")
        if STRIDE**self.levels != self.window:
            raise ValueError(f"window is {self.window} frames, expected a power of {STRIDE}")
        if self.in_channels not in (2, 3):
            raise ValueError(
                f"in_channels is {self.in_channels}, expected 2 (x, y) or 3 (and score)"
            )
        if self.variant == "released" and (self.uncertainty or self.gravity):
            raise ValueError("the variant 'released' has no heads for uncertainty and gravity")
        if self.variant == "released" and not (self.adaptive and self.strided):
            raise ValueError("the variant 'released' is adaptive and strided")
        if self.channels < EMBEDDING_SHARE or self.global_blocks < 1:
            raise ValueError(
                f"channels is {self.channels} and global_blocks {self.global_blocks}, expected at "
                f"least {EMBEDDING_SHARE} and 1"
            )

    @property
    def levels(self) -> int:
        """Strided levels that bring a window down to one frame."""
        levels = 0
        while STRIDE ** (levels + 1) <= self.window:
            levels += 1
        return levels
