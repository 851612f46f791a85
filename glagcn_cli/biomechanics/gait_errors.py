"""Standard deviations of events and figures of gait, by walking again with other errors.

An event is where a path turns, and no derivative says how errors move it. The body is therefore
moved by errors drawn as the lifter makes them, steady ones and others that come and go, and the
gait is found again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..poses import PoseSequence
from .body_axes import Floats
from .cycles import gait_figures
from .error_model import ErrorModel, measured_errors
from .gait import Gait, find_gait

DRAWS, LEAST_DRAWS = 24, 8
"""Walks with other errors: a deviation of 24 values is itself off by 15 %. Fewer of long clips."""

MOST_FRAMES = 200_000
"""Frames of all of these walks together, with which they take some seconds."""

NEAR = 0.3
"""Seconds within which the event of another walk is the same event: less than half a stride."""


@dataclass(frozen=True)
class GaitErrors:
    """Standard deviations of a `Gait`.

    Parameters
    ----------
    strikes, toe_offs
        Seconds, one for each event of the left and of the right foot; NaN where most walks with
        other errors have no such event.
    figures
        One for each of `gait_figures`, in its unit.
    """

    strikes: tuple[Floats, Floats]
    toe_offs: tuple[Floats, Floats]
    figures: dict[str, float]


def find_gait_errors(
    sequence: PoseSequence, gait: Gait, model: ErrorModel | None = None
) -> GaitErrors | None:
    """Find how far events and figures of a gait may be off.

    Parameters
    ----------
    sequence
        Scene frame, with uncertainties.
    gait
        As `find_gait` finds it.
    model
        Errors of another lifter; those of the one that comes with the program by default.

    Returns
    -------
    GaitErrors or None
        None without a gait, and where nothing is known of the errors of joints.
    """
    model = model or measured_errors()
    if not gait.found or sequence.uncertainty is None or not model.fits(sequence.joint_set):
        return None
    draws = min(DRAWS, max(LEAST_DRAWS, MOST_FRAMES // len(sequence)))
    walks = [find_gait(body) for body in with_other_errors(sequence, model, draws)]
    fps = float(gait.fps)
    spreads = {
        name: tuple(
            _calibrated(
                _spread(events, [getattr(walk, name)[side] for walk in walks], fps),
                model.events[name],
            )
            for side, events in enumerate(getattr(gait, name))
        )
        for name in ("strikes", "toe_offs")
    }
    return GaitErrors(
        strikes=(spreads["strikes"][0], spreads["strikes"][1]),
        toe_offs=(spreads["toe_offs"][0], spreads["toe_offs"][1]),
        figures=_figures(gait, walks, model),
    )


def with_other_errors(
    sequence: PoseSequence, model: ErrorModel, draws: int, seed: int = 0
) -> Iterator[PoseSequence]:
    """Yield the sequence with errors added to its joints, as the lifter makes them."""
    assert sequence.uncertainty is not None
    random = np.random.default_rng(seed)
    modes = model.modes_of(sequence.joint_set)
    lengths = model.lengths(sequence.joint_set, sequence.uncertainty)
    shape, coming = (len(modes), len(sequence)), model.seconds * float(sequence.fps)
    for _ in range(draws):
        courses = random.normal(size=(len(modes), 1)) * np.sqrt(model.steady)
        courses = courses + np.sqrt(1 - model.steady) * _coming_and_going(random, shape, coming)
        off = np.einsum("mf,mjc->fjc", courses, modes) * lengths
        free = None if sequence.free is None else (sequence.free + off).astype(np.float32)
        yield replace(sequence, joints=(sequence.joints + off).astype(np.float32), free=free)


def _coming_and_going(
    random: np.random.Generator, shape: tuple[int, ...], frames: float
) -> NDArray[np.float64]:
    """Draw courses of unit variance whose correlation falls to 1/e in so many frames."""
    from scipy.signal import lfilter  # slow to import

    kept = float(np.exp(-1 / max(frames, 1e-6)))
    noise = random.normal(size=shape) * np.sqrt(1 - kept**2)
    noise[..., 0] = random.normal(size=shape[:-1])
    return np.asarray(lfilter([1.0], [1.0, -kept], noise, axis=-1))


def _spread(events: NDArray[np.intp], others: list[NDArray[np.intp]], fps: float) -> Floats:
    """Return the deviation (events,) of the nearest event in other walks, seconds."""
    off = np.full((len(others), len(events)), np.nan)
    for row, other in zip(off, others, strict=True):
        if len(other) and len(events):
            apart = (other[None] - events[:, None]) / fps
            nearest = apart[np.arange(len(events)), np.abs(apart).argmin(axis=1)]
            row[:] = np.where(np.abs(nearest) <= NEAR, nearest, np.nan)
    found = np.isfinite(off).sum(axis=0)
    total = np.nansum(off**2, axis=0)
    return np.where(2 * found >= len(others), np.sqrt(total / np.maximum(found, 1)), np.nan)


def _calibrated(spread: Floats, how: tuple[float, float]) -> Floats:
    rest, factor = how
    return np.hypot(rest, factor * spread)


def _figures(gait: Gait, walks: list[Gait], model: ErrorModel) -> dict[str, float]:
    """Return the deviation of each of `gait_figures`."""
    found = gait_figures(gait)
    others = [gait_figures(walk) for walk in walks]
    errors = {}
    for name, value in found.items():
        share = model.figures.get(name.removeprefix("left_").removeprefix("right_"), 0.0)
        off = np.array([other.get(name, np.nan) - value for other in others])
        known = off[np.isfinite(off)]
        spread = float(np.sqrt((known**2).mean())) if 2 * len(known) >= len(walks) else np.nan
        errors[name] = float(np.hypot(spread, share * value))
    return errors
