"""Fits the model of the lifter's errors to lifted takes whose truth is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.lifted_takes import Pair
from glagcn_cli.biomechanics.angle_names import NAMES, kind_of
from glagcn_cli.biomechanics.cycles import gait_figures
from glagcn_cli.biomechanics.error_bars import propagated
from glagcn_cli.biomechanics.error_model import ErrorModel, from_json
from glagcn_cli.biomechanics.gait import find_gait
from glagcn_cli.biomechanics.gait_errors import find_gait_errors
from glagcn_cli.biomechanics.joint_angles import joint_angles
from glagcn_cli.skeleton import H36M17

MODES = 16
LARGEST = 5.0  # expected errors: an error beyond it, of a limb that flipped, counts as that much
LAGS = (0.04, 0.1, 0.2, 0.4, 0.8, 1.6)  # seconds
POWERS = (0.0, 0.25, 0.5, 0.75, 1.0)
WITHIN = (0.6827, 0.9545)
"""Shares of normal errors within one and within two standard deviations."""

Floats = NDArray[np.float64]


def residuals(pair: Pair) -> Floats:
    """Return errors of joints about the root as multiples of the expected: (frames, 17, 3)."""
    assert pair.lifted.uncertainty is not None
    both = [each.free_or_nan() for each in (pair.lifted, pair.truth)]
    about = [joints - joints[:, :1] for joints in both]
    off = (about[0] - about[1]) / np.maximum(pair.lifted.uncertainty[..., None], 1e-3)
    length = np.linalg.norm(off, axis=-1, keepdims=True)
    return np.asarray(off * np.minimum(1, LARGEST / np.maximum(length, 1e-9)), np.float64)


def person_of(pair: Pair) -> str:
    """Return who moves in a take."""
    return f"{pair.take.pack.split('_')[0].upper()} {pair.take.subject}"


def covariance(errors: Sequence[Floats], people: Sequence[str]) -> Floats:
    """Return the second moments (51, 51) of errors, as many of takes as of their mirror images.

    People count the same, whatever the number of their takes.
    """
    total = np.zeros((51, 51))
    for one, person in zip(errors, people, strict=True):
        mirrored = one[:, H36M17.mirror] * [-1, 1, 1]
        for each in (one, mirrored):
            flat = each.reshape(len(each), -1)
            total += flat.T @ flat / len(flat) / people.count(person)
    return total / (2 * len(set(people)))


def modes_of(moments: Floats) -> Floats:
    """Return independent errors (`MODES`, 17, 3) that have these second moments."""
    values, vectors = np.linalg.eigh(moments)
    largest = np.argsort(values)[::-1][:MODES]
    modes = vectors[:, largest].T * np.sqrt(values[largest])[:, None]
    return modes.reshape(MODES, 17, 3)


def correlations(errors: Sequence[Floats], fps: float) -> list[float]:
    """Return the correlation of errors over time at `LAGS`."""
    found = []
    for lag in LAGS:
        step = round(lag * fps)
        long = [one for one in errors if len(one) > 2 * step]
        both = sum(float((one[step:] * one[:-step]).mean()) for one in long)
        found.append(both / sum(float((one**2).mean()) for one in long))
    return found


def steadiness(found: Sequence[float]) -> tuple[float, float]:
    """Fit the share that stays, and the seconds in which the rest falls to 1/e."""
    options = product(np.linspace(0, 0.95, 39), np.geomspace(0.05, 3, 40))

    def off(option: tuple[float, float]) -> float:
        steady, seconds = option
        made = steady + (1 - steady) * np.exp(-np.array(LAGS) / seconds)
        return float(((made - found) ** 2).sum())

    steady, seconds = min(options, key=off)
    return float(steady), float(seconds)


def angle_errors(pair: Pair, raw: Floats | None) -> dict[str, Floats]:
    """Return by kind of angle errors and uncalibrated deviations (2, n) in degrees."""
    off = joint_angles(pair.lifted).degrees - joint_angles(pair.truth).degrees
    assert raw is not None
    found: dict[str, list[Floats]] = {}
    for column, name in enumerate(NAMES):
        both = np.stack([off[:, column], raw[:, column]])
        found.setdefault(kind_of(name), []).append(both[:, np.isfinite(both).all(axis=0)])
    return {kind: np.concatenate(parts, axis=1) for kind, parts in found.items()}


def joined(parts: Iterable[dict[str, Floats]]) -> dict[str, Floats]:
    """Join the errors of several takes."""
    together: dict[str, list[Floats]] = {}
    for part in parts:
        for kind, values in part.items():
            together.setdefault(kind, []).append(values)
    return {kind: np.concatenate(values, axis=1) for kind, values in together.items()}


def calibrated(errors: Floats) -> tuple[float, float]:
    """Return scale and power of the bars of errors and deviations (2, n), likeliest by Laplace.

    The scale is that with which the shares of errors within one and within two bars are nearest to
    those of a normal error: the farther of the two counts. Errors have a wider tail than normal
    ones, so that no scale has both shares.
    """
    off, raw = np.abs(errors[0]), np.maximum(errors[1], 1e-3)

    def scale_of(power: float) -> float:
        ratios = np.sort(off / raw**power)
        ends = [np.quantile(ratios, share) / bars for bars, share in enumerate(WITHIN, start=1)]
        scales = np.geomspace(max(min(ends), 1e-6), max(*ends, 2e-6), 60)
        shares = [
            np.searchsorted(ratios, bars * scales) / len(ratios) - share
            for bars, share in enumerate(WITHIN, start=1)
        ]
        return float(scales[np.abs(shares).max(axis=0).argmin()])

    options = [(scale_of(power), power) for power in POWERS]

    def surprise(option: tuple[float, float]) -> float:
        bars = option[0] * raw ** option[1]
        return float(np.mean(np.log(bars) + off / bars))

    return min(options, key=surprise)


def described(pairs: Sequence[Pair]) -> str:
    """Say how much of the errors the modes hold, and how long errors stay."""
    errors = [residuals(pair) for pair in pairs]
    moments = covariance(errors, [person_of(pair) for pair in pairs])
    share = (modes_of(moments) ** 2).sum() / np.trace(moments)
    over = zip(LAGS, correlations(errors, float(pairs[0].lifted.fps)), strict=True)
    return f"{MODES} modes hold {share:.1%} of the variance; correlation over " + ", ".join(
        f"{seconds} s {found:.2f}" for seconds, found in over
    )


def fit(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Fit the model of the errors of joints and angles; return what `error_model.json` holds."""
    errors, people = [residuals(pair) for pair in pairs], [person_of(pair) for pair in pairs]
    found = correlations(errors, float(pairs[0].lifted.fps))
    steady, seconds = steadiness(found)
    content: dict[str, Any] = {
        "joints": list(H36M17.joints),
        "steady": round(steady, 3),
        "seconds": round(seconds, 3),
        "modes": modes_of(covariance(errors, people)).round(3).tolist(),
        "angles": {},
        "events": {"strikes": (0.0, 1.0), "toe_offs": (0.0, 1.0)},
        "figures": {},
    }
    model = from_json(content)
    for kind, values in joined(angle_errors(p, propagated(p.lifted, model)) for p in pairs).items():
        scale, power = calibrated(values)
        content["angles"][kind] = (round(scale, 3), power)
    return content


def event_errors(pairs: Sequence[Pair], model: ErrorModel) -> dict[str, Floats]:
    """Return by event, and by figure of gait, errors and uncalibrated deviations (2, n).

    Those of figures are shares of the true value.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for pair in pairs:
        gait, true = find_gait(pair.lifted), find_gait(pair.truth)
        errors = find_gait_errors(pair.lifted, gait, model)
        if errors is None or not true.found:
            continue
        for name in ("strikes", "toe_offs"):
            for side in range(2):
                late = nearest(getattr(gait, name)[side], getattr(true, name)[side])
                bars = getattr(errors, name)[side]
                found.setdefault(name, []).extend(zip(late / 50, bars, strict=True))
        lifted_figures, figures = gait_figures(gait), gait_figures(true)
        for name, value in figures.items():
            kind = name.removeprefix("left_").removeprefix("right_")
            off = (lifted_figures[name] - value) / value
            found.setdefault(kind, []).append((off, errors.figures[name] / value))
    return {name: _finite(np.array(values).T) for name, values in found.items()}


def _finite(values: Floats) -> Floats:
    return values[:, np.isfinite(values).all(axis=0)]


def nearest(events: NDArray[np.intp], truth: NDArray[np.intp], most: float = 15) -> Floats:
    """Return the frames from the nearest true event to each event; NaN for none near."""
    if not len(truth):
        return np.full(len(events), np.nan)
    found = (events - truth[np.abs(events[:, None] - truth).argmin(axis=1)]).astype(float)
    return np.where(np.abs(found) <= most, found, np.nan)


def rest_and_factor(errors: Floats, factors: Sequence[float]) -> tuple[float, float]:
    """Return what the deviations lack, and their factor, so that 68 % lie within a bar."""
    off = np.abs(errors[0])

    def rest_for(factor: float) -> float:
        rests = np.linspace(0, 3 * np.quantile(off, WITHIN[0]), 400)
        shares = [(off < np.hypot(rest, factor * errors[1])).mean() for rest in rests]
        return float(rests[int(np.argmax(np.array(shares) >= WITHIN[0]))])

    def surprise(option: tuple[float, float]) -> float:
        bars = np.maximum(np.hypot(option[0], option[1] * errors[1]), 1e-4)
        return float(np.mean(np.log(bars) + off / bars))

    return min(((rest_for(factor), factor) for factor in factors), key=surprise)


def fit_gait(content: dict[str, Any], pairs: Sequence[Pair]) -> None:
    """Fit the deviations of events and figures of gait into what `error_model.json` holds."""
    found = event_errors(pairs, from_json(content))
    for name, values in found.items():
        if name in content["events"]:
            rest, factor = rest_and_factor(values, (0.0, 0.5, 1.0, 1.5))
            content["events"][name] = (round(rest, 4), factor)
        else:
            content["figures"][name] = round(rest_and_factor(values, (1.0,))[0], 4)
