"""Repetitions of an exercise: how many there are, and where each begins and ends.

A repetition leaves the posture in which the person rests and comes back to it. That posture is the
one that recurs most. The distance from it rises once a repetition, and its autocorrelation gives
the period. A repetition that the clip's beginning or end cuts counts where enough of it is seen
(`CUT`). Postures are joint positions about the hip and not joint angles: of the angles that 17
joints have, none sees an arm that turns about itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..poses import PoseSequence
from ..smoothing import low_pass, runs
from .gait import Gait, find_gait

LEAST = 3
"""Whole repetitions, below which a motion is not cyclic."""

SHORTEST = 0.7
"""Seconds of a repetition, at least."""

CUTOFF, TURNING = 2.5, 0.3
"""Hertz: of postures; and of the heading, which a repetition does not change."""

CORRELATED = 0.2
"""Least autocorrelation at the period."""

FIRST = 0.5
"""Share of the highest peak of the autocorrelation that the first one must have to be the period,
and not a peak within it."""

CLEAR = 0.25
"""Prominence of a repetition against the median distance of all from the rest."""

APART = 0.55
"""Periods between two repetitions, at least."""

CUT = 0.5
"""Share of the median distance that the clip's first or last frame is away from the rest, from
which it counts as a repetition that is cut there."""

UNEVEN = 0.5
"""Standard deviation of the intervals as a share of their mean, at most."""

AGREEING = 0.25
"""Share of the period by which the usual interval may differ from it."""

SMALLEST = 0.10
"""Metres that a posture is away from the rest, as a root of the sum of squares over all joints."""

RECURRING = 20
"""Percentile of the distances from all other postures that is small for the one of the rest."""

AT_THE_ENDS = 0.5
"""Weight of a posture's distance from those that the clip begins and ends with."""

UNLIKE = 1.3
"""Distance between these two, as a share of the usual distance between postures, from which only
the one that recurs counts."""

_MOST_SAMPLES = 1200  # postures that are compared with one another
_SAMPLES = 10.0  # a second, at most
_WALKING = 0.3  # share of frames of gait above which there are steps and no repetitions

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Repetitions:
    """Repetitions of one person.

    Parameters
    ----------
    segments
        First and last frame of each, rising; the last frame of one may be the first of the next.
    fps
        Frames per second, exact.
    """

    segments: tuple[tuple[int, int], ...]
    fps: Fraction

    def __len__(self) -> int:
        return len(self.segments)

    @property
    def seconds(self) -> float:
        """Median length of a repetition; NaN without any."""
        lengths = [last - first for first, last in self.segments]
        return float(np.median(lengths) / self.fps) if lengths else float("nan")


def find_repetitions(sequence: PoseSequence, gait: Gait | None = None) -> Repetitions:
    """Find the repetitions of an exercise; none in motion that is not cyclic, and in gait.

    Parameters
    ----------
    sequence
        Scene frame (y up, metres), with the joints of hips, spine, legs and shoulders.
    gait
        The same person's gait, where it is known already.
    """
    sequence = sequence.of_body()
    if (gait or find_gait(sequence)).walking.mean() > _WALKING:
        return Repetitions((), sequence.fps)
    found: list[tuple[int, int]] = []
    for run in runs(sequence.valid):
        if run.stop - run.start > LEAST * SHORTEST * sequence.fps:
            away = distance_from_rest(_postures(sequence, run), float(sequence.fps))
            found += [(run.start + a, run.start + b) for a, b in _segments(away, sequence.fps)]
    return Repetitions(tuple(found), sequence.fps)


def _postures(sequence: PoseSequence, run: slice) -> Floats:
    """Return smooth positions about the hip as the person faces, and the hip's height: (frames, n).

    Positions are in metres.
    """
    joints, joint_set = sequence.joints[run].astype(np.float64), sequence.joint_set
    everywhere = np.ones(len(joints), bool)
    pairs = [joint_set.indices([f"left_{name}", f"right_{name}"]) for name in ("hip", "shoulder")]
    left = np.sum([joints[:, one] - joints[:, other] for one, other in pairs], axis=0)
    heading = np.unwrap(np.arctan2(-left[:, 2], left[:, 0]))
    slow = low_pass(heading, everywhere, sequence.fps, TURNING)
    cosine, sine = np.cos(slow)[:, None], np.sin(slow)[:, None]
    hip = joints[:, pairs[0]].mean(axis=1)
    x, y, z = np.moveaxis(joints - hip[:, None], -1, 0)
    postures = np.concatenate(
        [cosine * x - sine * z, y, sine * x + cosine * z, 2 * hip[:, 1:2]], axis=1
    )
    return low_pass(postures, everywhere, sequence.fps, CUTOFF)


def distance_from_rest(postures: Floats, fps: float) -> Floats:
    """Return how far each posture (frames, n) is from the one that recurs most: (frames,)."""
    step = max(1, round(fps / _SAMPLES), -(-len(postures) // _MOST_SAMPLES))
    some = postures[::step]
    apart = np.sqrt(np.maximum(_squares(some), 0.0))
    recurs = np.percentile(apart, RECURRING, axis=1)
    ends = [some[:3].mean(axis=0), some[-3:].mean(axis=0)]
    if np.linalg.norm(ends[0] - ends[1]) > UNLIKE * np.median(apart):
        # The clip begins or ends in the middle of a movement: that end recurs less.
        ends = [ends[int(recurs[-3:].mean() < recurs[:3].mean())]]
    cost = recurs + AT_THE_ENDS * np.mean(
        [np.linalg.norm(some - end, axis=1) for end in ends], axis=0
    )
    nearest = np.argsort(apart[cost.argmin()])[: max(3, len(some) // 20)]
    return np.asarray(np.linalg.norm(postures - some[nearest].mean(axis=0), axis=1))


def _squares(some: Floats) -> Floats:
    """Return the squared distances (n, n) of postures from one another."""
    own = (some**2).sum(axis=1)
    squares: Floats = own[:, None] + own[None] - 2 * some @ some.T
    return squares


def _segments(away: Floats, rate: Fraction) -> list[tuple[int, int]]:
    """Return first and last frame of each repetition in a distance from the rest (frames,)."""
    if (frames := period(away, float(rate))) is None:
        return []
    gap = max(1, int(APART * frames))
    usual = _peaks(away, 0.1 * np.percentile(away, 95), gap)
    if not len(usual):
        return []
    peaks = _peaks(away, CLEAR * np.median(away[usual]), gap)
    whole = (peaks > 0) & (peaks < len(away) - 1)
    if whole.sum() < LEAST or np.median(away[peaks]) < SMALLEST:
        return []
    peaks = peaks[whole | (away[peaks] >= CUT * np.median(away[peaks]))]
    intervals = np.diff(peaks)
    uneven = intervals.std() > UNEVEN * intervals.mean()
    if uneven or abs(np.median(intervals) / frames - 1) > AGREEING:
        return []
    bounds = [0, *peaks.tolist(), len(away)]
    lowest = [a + int(away[a : max(b, a + 1)].argmin()) for a, b in pairwise(bounds)]
    return [*pairwise(lowest)]


def _peaks(away: Floats, prominence: float, gap: int) -> NDArray[np.intp]:
    """Return the frames of peaks, the clip's first and last frame among them.

    Before and after the clip the distance counts as 0: what begins before the clip or ends after
    it would otherwise have no foot on that side, and so no prominence.
    """
    from scipy.signal import find_peaks  # slow to import

    peaks, _ = find_peaks(np.pad(away, 1), prominence=prominence, distance=gap)
    return np.asarray(peaks - 1)


def period(away: Floats, fps: float) -> int | None:
    """Return the frames of a repetition by autocorrelation; None in motion that is not cyclic."""
    from scipy.signal import find_peaks

    correlation = _autocorrelation(away - away.mean(), len(away) // 2)
    peaks, _ = find_peaks(correlation, prominence=0.1)
    peaks = peaks[(correlation[peaks] > CORRELATED) & (peaks >= SHORTEST * fps)]
    if not len(peaks):
        return None
    return int(peaks[correlation[peaks] >= FIRST * correlation[peaks].max()][0])


def _autocorrelation(values: Floats, longest: int) -> Floats:
    """Return the correlation (longest + 1,) of what overlaps at each lag."""
    count = len(values)
    spectrum = np.abs(np.fft.rfft(values, 2 * count)) ** 2
    products = np.fft.irfft(spectrum, 2 * count)[: longest + 1]
    energy = np.concatenate([[0.0], np.cumsum(values**2)])
    lags = np.arange(longest + 1)
    both = energy[count - lags] * (energy[-1] - energy[lags])
    return np.asarray(products / np.sqrt(np.maximum(both, 1e-12)))
