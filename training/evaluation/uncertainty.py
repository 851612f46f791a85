"""Compares a lifter's predicted errors with its observed errors, joint by joint."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from glagcn_cli.poses import LiftedJoints
from glagcn_cli.skeleton import JOINT_SETS

from .evaluate import Observation

BINS = 10  # deciles of the predicted errors
MILLIMETRES = 1000


class Bin(NamedTuple):
    """Joints of about the same predicted error; millimetres.

    ``predicted`` and ``observed`` are means, ``low`` and ``high`` the quartiles of the observed
    errors, ``share`` the part of all joints.
    """

    predicted: float
    observed: float
    low: float
    high: float
    share: float


def bin_errors(
    predicted: NDArray[np.floating], observed: NDArray[np.floating], bins: int = BINS
) -> list[Bin]:
    """Sort errors (n,) by prediction into bins of equal numbers; metres to millimetres."""
    found = []
    for chosen in np.array_split(np.argsort(predicted, kind="stable"), bins):
        if len(chosen):
            expected = float(predicted[chosen].mean(dtype=np.float64))
            made = observed[chosen].astype(np.float64)
            low, high = np.percentile(made, (25, 75))
            millimetres = MILLIMETRES * np.array([expected, made.mean(), low, high])
            found.append(Bin._make([*millimetres.tolist(), len(chosen) / len(predicted)]))
    return found


def expected_calibration_error(bins: list[Bin]) -> float:
    """Compute the mean distance of a bin's predicted from its observed error, mm."""
    return float(sum(b.share * abs(b.predicted - b.observed) for b in bins))


class Reliability:
    """Collects the errors that a lifter predicts and those that it makes.

    The root, which has no error, does not count, and neither do feet and palms.

    Parameters
    ----------
    joint_set
        Name of the joint set.
    """

    def __init__(self, joint_set: str = "h36m17") -> None:
        names = JOINT_SETS[joint_set].body
        self._counted = [joint for joint in range(len(names)) if joint != names.root]
        self.joints = [names.joints[joint] for joint in self._counted]
        self._predicted: list[NDArray[np.float32]] = []
        self._observed: list[NDArray[np.float32]] = []

    def watch(self, seen: Observation, lifted: LiftedJoints) -> None:
        """Add one take, if its lifter predicts errors."""
        if lifted.uncertainty is None:
            return
        errors = np.linalg.norm(lifted.joints - seen.joints, axis=-1)
        for pairs, values in ((self._predicted, lifted.uncertainty), (self._observed, errors)):
            pairs.append(values[seen.counts][:, self._counted].astype(np.float32))

    @property
    def empty(self) -> bool:
        """True without any predicted error."""
        return not sum(len(part) for part in self._predicted)

    def bins(self) -> list[Bin]:
        """Return the bins of all joints and frames together."""
        predicted, observed = self._pairs()
        return bin_errors(predicted.ravel(), observed.ravel())

    def per_joint(self) -> dict[str, list[Bin]]:
        """Return the bins of each joint alone."""
        predicted, observed = self._pairs()
        return {
            joint: bin_errors(predicted[:, column], observed[:, column])
            for column, joint in enumerate(self.joints)
        }

    def figures(self) -> dict[str, Any] | None:
        """Return figures in millimetres; None where the lifter predicts no errors.

        Returns
        -------
        dict or None
            ``error``: the expected calibration error over deciles of the prediction; ``bins``:
            mean predicted and observed error of each; ``rank_correlation``: of predicted and
            observed errors, 1 for the same order; ``per_joint``: means and calibration error of
            each joint alone.
        """
        if self.empty:
            return None
        bins = self.bins()
        return {
            "error": expected_calibration_error(bins),
            "rank_correlation": self._rank_correlation(),
            "bins": [{"predicted": b.predicted, "observed": b.observed} for b in bins],
            "per_joint": {
                joint: {
                    "predicted": sum(b.share * b.predicted for b in own),
                    "observed": sum(b.share * b.observed for b in own),
                    "error": expected_calibration_error(own),
                }
                for joint, own in self.per_joint().items()
            },
        }

    def describe(self) -> str:
        """Format the figures as one line; empty without figures."""
        figures = self.figures()
        if figures is None:
            return ""
        return (
            f"Uncertainty: expected calibration error {figures['error']:.1f} mm, rank correlation "
            f"with the errors {figures['rank_correlation']:.2f}"
        )

    def _pairs(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return predicted and observed errors (frames, joints) of all takes."""
        return np.concatenate(self._predicted), np.concatenate(self._observed)

    def _rank_correlation(self) -> float:
        """Compute Spearman's, over joints and frames; 0 where all predictions are equal."""
        one, other = (rankdata(values.ravel()) for values in self._pairs())
        one, other = one - one.mean(), other - other.mean()
        scale = float(np.sqrt(np.square(one).sum() * np.square(other).sum()))
        return float((one * other).sum()) / scale if scale else 0.0
