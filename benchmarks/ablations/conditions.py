"""Conditions in which `ablations.py` compares lifters, one for the purpose of each piece.

Every condition is made of the same takes with fixed seeds, so that all lifters see the same 2D.
2D is exact unless a condition changes it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring.hard_input import (
    LEGS_BELOW_THE_HIPS,
    POSTURES,
    UPPER_BODY,
    about_first,
    at_rate,
    bend,
    hide,
)
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.windows import SEQUENCE
from glagcn_cli.skeleton import H36M17
from glagcn_training.data.takes import Take, TakeSet
from glagcn_training.evaluation.evaluate import (
    EVALUATION_CAMERAS,
    Observation,
    lifter_predictor,
    observe_takes,
)
from glagcn_training.evaluation.evaluation_noise import EXACT, MEASURED, fill_as_in_videos
from glagcn_training.metrics.scores import TakeScores, score_take, summarise
from glagcn_training.samples.bodies import reshape_bodies
from glagcn_training.samples.cameras import CameraRange
from glagcn_training.samples.detector_errors import crop, hide_joints
from glagcn_training.samples.detector_noise import Detections, exact_detections
from glagcn_training.samples.random_draws import GeneratorDraws

SEED = 27
SPEED = Fraction(7, 5)  # the upper end of the recipe's playback
BURST, BETWEEN = (0.1, 0.4), (0.3, 0.7)  # seconds
SWAPPED_SIDES = (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))

EXACT_2D, MEASURED_2D, FAST = "exact", "measured noise", "1.4 times as fast"
HIDDEN, LEGLESS, CROPPED = "joints hidden", "legs hidden", "cropped"
DROPPED, SWAPPED = "dropped frames", "swapped frames"
POSTURED, BODIES, CAMERAS = "odd postures", "other bodies", "all cameras"

CONDITIONS = (
    EXACT_2D, MEASURED_2D, FAST, HIDDEN, LEGLESS, CROPPED, DROPPED, SWAPPED, POSTURED, BODIES,
    CAMERAS,
)  # fmt: skip
"""Errors are of all joints in all frames, except: in `LEGLESS` and `CROPPED` of the upper body,
relative to the thorax; in `DROPPED` and `SWAPPED` in the affected frames alone."""

FIGURES = ("mpjpe", "p_mpjpe", "mpjve")


@dataclass(frozen=True)
class Condition:
    """Observations, and the joints that count, relative to the first; empty for all."""

    seen: list[Observation]
    joints: tuple[str, ...] = ()


def conditions(takes: TakeSet, conversion: str) -> dict[str, Condition]:
    """Make every condition in `CONDITIONS` from all takes of free motion.

    Parameters
    ----------
    takes
        Each is seen by the cameras of `glagcn_training.evaluation.evaluate`.
    conversion
        2D points of the takes (`glagcn_cli.skeleton`).
    """

    def see(
        motion: TakeSet, noise: str = EXACT, cameras: CameraRange = EVALUATION_CAMERAS
    ) -> Condition:
        return Condition(observe_takes(motion, noise, conversion, cameras=cameras))

    exact = see(takes)
    rng = np.random.default_rng
    return {
        EXACT_2D: exact,
        MEASURED_2D: see(takes, MEASURED),
        FAST: see(_changed(takes, lambda take, _: faster(take))),
        HIDDEN: _each(exact, lambda one, i: hide_some(one, rng([SEED, i]))),
        LEGLESS: _each(exact, lambda one, _: without_legs(one), UPPER_BODY),
        CROPPED: _each(exact, lambda one, i: cut(one, rng([SEED, i])), UPPER_BODY),
        DROPPED: _each(exact, lambda one, i: drop(one, rng([SEED, i]))),
        SWAPPED: _each(exact, lambda one, i: swap(one, rng([SEED, i]))),
        POSTURED: see(_changed(takes, lambda take, i: _posture(take, i, takes.fps))),
        BODIES: see(_changed(takes, lambda take, i: other_body(take, rng([SEED, i])))),
        CAMERAS: see(takes, cameras=CameraRange()),
    }


def some_takes(takes: TakeSet, at_most: int) -> TakeSet:
    """Return evenly chosen takes."""
    return replace(takes, takes=tuple(takes.takes[n] for n in takes.evenly_chosen(at_most)))


def measure(lifter: Lifter, condition: Condition) -> dict[str, float]:
    """Compute MPJPE, P-MPJPE and MPJVE in millimetres, by the sequence branch, without flip."""
    predict = lifter_predictor(lifter, branch=SEQUENCE)
    rows: list[TakeScores] = []
    for seen in condition.seen:
        pair: list[NDArray[np.floating]] = [predict(seen).joints, seen.joints]
        if condition.joints:
            pair = [about_first(pose, condition.joints) for pose in pair]
        rows.append(score_take(*pair, valid=seen.valid))
    figures = summarise(rows)
    return {name: figures[name] for name in FIGURES}


# Other motion


def _changed(takes: TakeSet, change: Callable[[Take, int], NDArray[np.floating]]) -> TakeSet:
    """Return takes with changed joints; the change gets each take's number."""
    changed = [
        replace(take, joints=change(take, number).astype(np.float32))
        for number, take in enumerate(takes.takes)
    ]
    return replace(takes, takes=tuple(changed))


def faster(take: Take) -> NDArray[np.float64]:
    """Return a take as a camera slower than stated sees it: (fewer frames, 17, 3) metres."""
    return at_rate(take.joints, SPEED.numerator, SPEED.denominator)


def _posture(take: Take, number: int, fps: int) -> NDArray[np.float32]:
    """Bend bodies and put them down, a posture for each take in turn."""
    postures = [degrees for degrees in POSTURES.values() if degrees]
    return bend(take.joints, postures[number % len(postures)], fps)


def other_body(take: Take, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a take with a body of other proportions: (frames, 17, 3) metres."""
    draws = GeneratorDraws(rng)
    return reshape_bodies(draws, draws.tensor(take.joints[None]))[0].numpy().astype(np.float32)


# Other 2D of the same motion


def _each(
    exact: Condition,
    change: Callable[[Observation, int], Observation],
    joints: tuple[str, ...] = (),
) -> Condition:
    """Change every observation that leaves counted frames; the change gets its number."""
    changed = [change(one, number) for number, one in enumerate(exact.seen)]
    return Condition([one for one in changed if one.counts.any()], joints)


def as_in_videos(
    seen: Observation,
    keypoints: NDArray[np.floating],
    scores: NDArray[np.floating],
    found: NDArray[np.bool_] | None = None,
) -> Observation:
    """Fill gaps in lifter joints as inference does before lifting."""
    if found is None:
        found = np.ones(len(keypoints), dtype=bool)
    filled = fill_as_in_videos(keypoints, scores, found, seen.fps)
    return replace(seen, keypoints=filled.keypoints, scores=filled.scores, valid=filled.valid)


def without_legs(seen: Observation) -> Observation:
    """Hide knees and ankles throughout."""
    hidden = hide(seen, LEGS_BELOW_THE_HIPS, 0.0)
    return as_in_videos(seen, hidden.keypoints, hidden.scores)


def hide_some(seen: Observation, rng: np.random.Generator) -> Observation:
    """Hide one to three joints and their descendants, as in training."""
    draws = GeneratorDraws(rng)
    return _detected(seen, hide_joints(draws, _exact(seen, draws), 1.0, H36M17, scored=True))


def cut(seen: Observation, rng: np.random.Generator) -> Observation:
    """Crop the body at an edge of the picture, as in training."""
    draws = GeneratorDraws(rng)
    return _detected(seen, crop(draws, _exact(seen, draws), 1.0, H36M17, scored=True))


def _exact(seen: Observation, draws: GeneratorDraws) -> Detections:
    return exact_detections(draws.tensor(seen.keypoints[None]))


def _detected(seen: Observation, detections: Detections) -> Observation:
    keypoints, scores = detections.points[0].numpy(), detections.scores[0].numpy()
    return as_in_videos(seen, keypoints, scores)


def drop(seen: Observation, rng: np.random.Generator) -> Observation:
    """Lose the person in bursts of frames; those count."""
    lost = bursts(rng, len(seen.joints), seen.fps)
    scores = np.where(lost, 0.0, 1.0)[:, None].repeat(seen.keypoints.shape[1], axis=1)
    dropped = as_in_videos(seen, seen.keypoints, scores, ~lost)
    return replace(dropped, valid=lost & dropped.counts)


def swap(seen: Observation, rng: np.random.Generator) -> Observation:
    """Swap left and right in bursts of frames, of legs, of arms or of all; those count."""
    keypoints = seen.keypoints.copy()
    mirror = np.array(H36M17.mirror)
    swapped = bursts(rng, len(keypoints), seen.fps)
    edges = np.flatnonzero(np.diff(swapped, prepend=False, append=False))
    for first, stop in edges.reshape(-1, 2):
        kinds = [*SWAPPED_SIDES, sum(SWAPPED_SIDES, ())][rng.integers(3)]
        names = [f"{side}_{kind}" for kind in kinds for side in ("left", "right")]
        joints = np.array(H36M17.indices(names))
        keypoints[first:stop, joints] = seen.keypoints[first:stop, mirror[joints]]
    return replace(seen, keypoints=keypoints, valid=swapped)


def bursts(rng: np.random.Generator, frames: int, fps: int) -> NDArray[np.bool_]:
    """Return runs of frames, `BURST` seconds long, `BETWEEN` apart; never the first or the last."""
    chosen = np.zeros(frames, dtype=bool)
    start = max(1, round(rng.uniform(0.0, BETWEEN[1]) * fps))
    while (stop := start + max(1, round(rng.uniform(*BURST) * fps))) < frames:
        chosen[start:stop] = True
        start = stop + max(1, round(rng.uniform(*BETWEEN) * fps))
    return chosen
