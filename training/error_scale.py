"""Bring the errors that a lifter predicts to the size of those it makes on people it never saw.

Training shows bodies, cameras and detections wilder than most real ones, and its errors are larger;
what the heads learn there is the order of things. On held-out takes every joint's prediction s
becomes a s^b, which the heads' own weights can hold.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from glagcn_cli.lifting import CENTRE, SEQUENCE, Lifter
from glagcn_cli.model.gla_gcn import GLAGCN
from glagcn_cli.model.heads import TYPICAL_ERROR, ErrorHead
from glagcn_cli.poses import LiftedJoints
from glagcn_cli.skeleton import H36M17

from .evaluate import Observation, lifter_predictor

EXPONENTS = np.linspace(0.2, 1.5, 27)
SMALLEST = 1e-4  # metres


class ErrorScale(NamedTuple):
    """Predicted s becomes factor x s^exponent metres; ``factors`` (joints,), root included."""

    factors: NDArray[np.float64]
    exponent: float


def fit_error_scale(
    pairs: Iterable[tuple[LiftedJoints, Observation]], mirror: Sequence[int] = H36M17.mirror
) -> ErrorScale:
    """Find the scale under which the errors made are the likeliest.

    Errors are taken to be distributed exponentially about what is predicted, as in training
    (`losses.uncertainty_loss`); left and right share a factor.

    Parameters
    ----------
    pairs
        What a lifter said of observations, with uncertainties.
    mirror
        For each joint its partner on the other side.
    """
    predicted, observed = [], []
    for lifted, seen in pairs:
        assert lifted.uncertainty is not None
        predicted.append(np.maximum(lifted.uncertainty, SMALLEST))
        observed.append(np.linalg.norm(lifted.joints - seen.joints, axis=-1))
    said, made = np.concatenate(predicted), np.concatenate(observed)
    both = np.array([np.arange(len(mirror)), mirror])  # a joint and its partner

    def factors(exponent: float) -> NDArray[np.float64]:
        means: NDArray[np.float64] = (made / said**exponent).mean(axis=0)
        return np.maximum(means[both].mean(axis=0), SMALLEST)

    def cost(exponent: float) -> float:
        return float((np.log(factors(exponent)) + exponent * np.log(said)).mean())

    best = min(EXPONENTS.tolist(), key=cost)
    return ErrorScale(factors(best), best)


def apply_error_scale(head: ErrorHead, scale: ErrorScale) -> None:
    """Write a scale into a head's weights."""
    typical = (scale.exponent - 1) * math.log(TYPICAL_ERROR)
    shift = torch.from_numpy(np.log(scale.factors) + typical)
    with torch.no_grad():
        head.weight.mul_(scale.exponent)
        head.bias.mul_(scale.exponent).add_(shift[:, None])


def scale_errors(lifter: Lifter, held_out: Sequence[Observation]) -> dict[str, ErrorScale]:
    """Scale the error heads of both branches, mirror averaged; by branch, what was done."""
    network = lifter.network
    done: dict[str, ErrorScale] = {}
    if not isinstance(network, GLAGCN):
        return done
    heads = {SEQUENCE: network.error_global, CENTRE: network.error_local}
    for branch, head in heads.items():
        if head is not None:
            predict = lifter_predictor(lifter, True, branch)
            done[branch] = fit_error_scale((predict(seen), seen) for seen in held_out)
            apply_error_scale(head, done[branch])
    return done
