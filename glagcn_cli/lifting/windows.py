"""Cuts a clip into windows, lifts them in batches, and blends the results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..machine.batches import Batches
from ..model.architecture import CENTRE, SEQUENCE
from ..model.inference import WindowNetwork, predict_windows
from ..poses import LiftedJoints
from ..skeleton import JOINT_SETS
from .checkpoints import LifterCard
from .normalisation import normalise_windows

__all__ = [
    "CENTRE",
    "HOPS_PER_WINDOW",
    "SEQUENCE",
    "VIDEO_WINDOWS_PER_SECOND",
    "Blend",
    "lift_windows",
    "network_input",
    "with_scores",
]

HOPS_PER_WINDOW = 4
"""Windows of the sequence branch that begin within the length of one, so that they overlap."""

VIDEO_WINDOWS_PER_SECOND = 12.5
"""Windows of the centre branch for a second of video, at least: a window also lifts the frames next
to its centre, where the network has a sequence branch."""

NEARLY_NOTHING = 1e-9

KEYPOINT_CHANNELS = 2  # x, y

FRAMES_AT_ONCE = 1728
"""Frames in all windows of a forward pass: 64 windows of 27, 7 of 243."""

FRAMES_AT_ONCE_GPU = 16 * FRAMES_AT_ONCE


def lift_windows(
    network: WindowNetwork,
    card: LifterCard,
    keypoints: NDArray[np.floating],
    scores: NDArray[np.floating] | None,
    image_size: tuple[int, int],
    *,
    whole: bool,
    flip: bool,
    hops: int = HOPS_PER_WINDOW,
    per_second: float | None = None,
) -> LiftedJoints:
    """Run a network over overlapping windows of a clip and blend its predictions for each frame.

    Parameters
    ----------
    network, card
        The network, whoever computes it, and what it is.
    keypoints
        (frames, joints, 2) pixels, gapless, at the network's rate.
    scores
        (frames, joints) in 0..1, 0 for a missing joint; None counts all as seen.
    image_size
        (width, height) in pixels.
    whole
        Lift all frames of windows by the sequence branch, if there is one; otherwise the frames
        at their centres.
    flip
        Average with the lifted mirror image (flip test-time augmentation).
    hops
        As `HOPS_PER_WINDOW`.
    per_second
        Windows of the centre branch for a second, at least; None for one a frame.

    Returns
    -------
    LiftedJoints
        Joints in the axes and place of the card's normalisation.
    """
    frames, window = len(keypoints), card.architecture.window
    margin = window // 2
    whole = network.lifts_whole(whole)
    # The reflected motion has its own speed at both ends. Windows for the centre frame repeat the
    # end frames, as in training.
    mode: Literal["reflect", "edge"] = "reflect" if whole else "edge"
    seen = with_scores(card, keypoints, scores)
    padded = np.pad(seen, ((margin, margin), (0, 0), (0, 0)), mode=mode)
    hop = max(1, window // hops) if whole else _frames_apart(network, card, per_second)
    around = 0 if whole else hop - 1
    starts = np.append(np.arange(0, frames - 1, hop), frames - 1)
    weights = _bump(window) if whole else _slopes(hop)
    first = 0 if whole else margin - around  # of the frames of a window that are predicted
    blends: dict[str, Blend] = {}
    at_once = FRAMES_AT_ONCE if network.device == "cpu" else FRAMES_AT_ONCE_GPU

    def add(chunk: Sequence[int]) -> Sequence[int]:
        index = np.asarray(chunk)[:, None] + np.arange(window)
        inputs = network_input(card, padded[index], image_size)
        predicted = predict_windows(network, inputs, whole=whole, flip=flip, around=around)
        for name, values in predicted._asdict().items():
            if values is not None:
                blend = blends.setdefault(name, Blend(len(padded), weights))
                blend.add(np.asarray(chunk) + first, values)
        return chunk

    Batches(add, max(1, at_once // window))(starts.tolist())
    inside = slice(margin, margin + frames)
    found = {name: blend.mean(inside) for name, blend in blends.items()}
    return LiftedJoints(found["joints"], found.get("error"), found.get("up"))


def _frames_apart(network: WindowNetwork, card: LifterCard, per_second: float | None) -> int:
    """Return the frames from one window of the centre branch to the next, at least 1."""
    if per_second is None or not network.has_sequence:
        return 1
    return max(1, int(card.fps // per_second))


def _bump(window: int) -> NDArray[np.float64]:
    """Return a frame's weight by its place in a window of the sequence branch, (window,).

    A frame counts most at the middle of a window, and nearly nothing at the ends, where
    convolutions read padding and the output jumps.
    """
    return np.asarray(np.sin(np.pi * (np.arange(window) + 0.5) / window) ** 4)


def _slopes(hop: int) -> NDArray[np.float64]:
    """Return weights of the frames around a centre frame, (2 hop - 1,), that fade to the next.

    Next to the centre they weigh next to nothing: a frame with a window of its own is lifted by it
    alone, also at the end of a clip, where the last two may be neighbours.
    """
    fading = NEARLY_NOTHING * (1.0 - np.abs(np.arange(1 - hop, hop)) / hop)
    fading[hop - 1] = 1.0
    return fading


def with_scores(
    card: LifterCard, keypoints: NDArray[np.floating], scores: NDArray[np.floating] | None
) -> NDArray[np.float64]:
    """Return keypoints (frames, joints, 2), with scores behind x and y for lifters that read them.

    Unknown scores (None) count all joints as seen.
    """
    if card.architecture.in_channels == KEYPOINT_CHANNELS:
        return keypoints.astype(np.float64)
    known = np.ones(keypoints.shape[:2]) if scores is None else scores
    return np.concatenate([keypoints, known[..., None]], axis=-1).astype(np.float64)


def network_input(
    card: LifterCard, windows: NDArray[np.float64], image_size: tuple[int, int]
) -> NDArray[np.float32]:
    """Normalise windows (windows, frames, joints, 2 or 3) of frames from `with_scores`."""
    keypoints, rest = windows[..., :KEYPOINT_CHANNELS], windows[..., KEYPOINT_CHANNELS:]
    scores = rest[..., 0] if rest.shape[-1] else None
    root = JOINT_SETS[card.architecture.joint_set].root
    return normalise_windows(keypoints, card.normalisation, image_size, root, scores)


class Blend:
    """Weighted mean of overlapping windows, frame by frame.

    Parameters
    ----------
    frames
        Frames of the clip.
    weights
        (window,) weight of each frame of a window.
    """

    def __init__(self, frames: int, weights: NDArray[np.float64]) -> None:
        self._weights = weights
        self._weight = np.zeros(frames)
        self._total: NDArray[np.float64] | None = None

    def add(self, starts: NDArray[np.int64], values: NDArray[np.floating]) -> None:
        """Add windows (windows, window, ...) that begin at frames; a window of 1 counts for all."""
        if self._total is None:
            self._total = np.zeros((len(self._weight), *values.shape[2:]))
        shaped = self._weights.reshape(-1, *[1] * (values.ndim - 2))
        for start, window in zip(starts, values, strict=True):
            inside = slice(start, start + len(self._weights))
            self._weight[inside] += self._weights
            self._total[inside] += shaped * window

    def mean(self, inside: slice) -> NDArray[np.float64]:
        """Return the mean of these frames (frames, ...), each of which needs a window."""
        assert self._total is not None
        weight = self._weight[inside].reshape(-1, *[1] * (self._total.ndim - 1))
        return np.asarray(self._total[inside] / weight)
