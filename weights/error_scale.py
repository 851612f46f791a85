"""Scales a lifter's predicted errors to its actual errors on unseen people.

Training has wilder bodies, cameras and detections than most real clips, so its errors are larger.
On held-out takes every joint's predicted error s is replaced by a s^b, which the heads' weights can
hold.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.windows import CENTRE, SEQUENCE
from glagcn_cli.model.gla_gcn import GLAGCN
from glagcn_cli.model.heads import TYPICAL_ERROR, ErrorHead
from glagcn_cli.poses import LiftedJoints
from glagcn_cli.skeleton import H36M17, JointSet
from glagcn_training.evaluation.evaluate import Observation, lifter_predictor

EXPONENTS = np.linspace(0.2, 2.5, 47)
SMALLEST = 1e-4  # metres


class ErrorScale(NamedTuple):
    """Predicted s becomes factor x s^exponent metres; ``factors`` (joints,), root included."""

    factors: NDArray[np.float64]
    exponent: float

    @property
    def warning(self) -> str:
        """Fault of the fit; empty where it is sound."""
        if EXPONENTS[0] < self.exponent < EXPONENTS[-1]:
            return ""
        return (
            f"the exponent {self.exponent:.2f} is at an end of the searched range: the best may be "
            "beyond it, or the predicted errors may not depend on the observed ones"
        )


def fit_error_scale(
    pairs: Iterable[tuple[LiftedJoints, Observation]], joint_set: JointSet = H36M17
) -> ErrorScale:
    """Fit the scale under which the observed errors are most likely.

    Errors are assumed to be distributed exponentially with the predicted mean, as in training
    (`losses.uncertainty_loss`). Left and right share a factor. The root has no error and is left
    out of the exponent's fit, which its zeros would push upwards.

    Parameters
    ----------
    pairs
        Observations and a lifter's predictions for them, with uncertainties. Unknown feet and palms
        do not count.
    joint_set
        Joint set of the predictions.
    """
    predicted, observed = [], []
    for lifted, seen in pairs:
        assert lifted.uncertainty is not None
        errors = np.linalg.norm(lifted.joints - seen.joints, axis=-1)
        predicted.append(np.maximum(lifted.uncertainty[seen.counts], SMALLEST))
        observed.append(errors[seen.counts])
    expected, made = np.concatenate(predicted), np.concatenate(observed)
    both = np.array([np.arange(len(joint_set)), joint_set.mirror])  # a joint and its partner
    mean_log = np.log(expected).mean(axis=0)

    def factors(exponent: float) -> NDArray[np.float64]:
        means: NDArray[np.float64] = np.nanmean(made / expected**exponent, axis=0)
        return np.maximum(means[both].mean(axis=0), SMALLEST)

    def cost(exponent: float) -> float:
        of_joints = np.log(factors(exponent)) + exponent * mean_log
        return float(np.delete(of_joints, joint_set.root).mean())

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
    """Scale the error heads of both branches under flip augmentation; return the scales."""
    network = lifter.network
    done: dict[str, ErrorScale] = {}
    if not isinstance(network, GLAGCN):
        return done
    heads = {SEQUENCE: network.error_global, CENTRE: network.error_local}
    for branch, head in heads.items():
        if head is not None:
            predict = lifter_predictor(lifter, True, branch)
            pairs = ((predict(seen), seen) for seen in held_out)
            done[branch] = fit_error_scale(pairs, lifter.joint_set)
            apply_error_scale(head, done[branch])
    return done
