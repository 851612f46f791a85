"""Asks classifiers about clips of subjects that they do not know, and scores their answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.downstream.classifiers import CLASSIFIERS
from benchmarks.downstream.inputs import Seen
from benchmarks.downstream.tasks import Task

SEEDS = 3
DRAWS = 2000  # of the bootstrap
LEVEL = 95.0  # percent of every interval


class Estimate(NamedTuple):
    """A figure in percent and its interval of `LEVEL` percent."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Answers:
    """Which answers to a task are right.

    Parameters
    ----------
    right
        (seeds, views) for the views that are tested.
    labels
        (views,) right answers.
    clips
        (views,) number of the clip that a view shows.
    subjects
        (views,) who it shows.
    """

    right: NDArray[np.bool_]
    labels: NDArray[np.intp]
    clips: NDArray[np.intp]
    subjects: NDArray[np.str_]

    def of(self, subjects: tuple[str, ...]) -> Answers:
        """Return the answers about some subjects alone."""
        chosen = np.isin(self.subjects, subjects)
        return Answers(
            self.right[:, chosen], self.labels[chosen], self.clips[chosen], self.subjects[chosen]
        )

    @property
    def weights(self) -> NDArray[np.float64]:
        """Weight of every view, so that classes count equally: (views,), 1 in all."""
        _, which, counts = np.unique(self.labels, return_inverse=True, return_counts=True)
        return np.asarray(1 / counts[which] / len(counts))

    @property
    def by_seed(self) -> NDArray[np.float64]:
        """Share of right answers, mean over classes, of every seed: (seeds,) percent."""
        return np.asarray(100 * self.right @ self.weights)


def answer(task: Task, seen: Seen, motion: NDArray[np.float32], classifier: str) -> Answers:
    """Train a classifier for every fold and seed, and gather the answers about test subjects."""
    clips = seen.clips
    labels, given = seen.of_views(task.labels), seen.of_views(task.given)
    subjects = seen.of_views(clips.subjects)
    found = np.full((SEEDS, len(labels)), -1)
    for fold in clips.folds:
        asked = np.isin(subjects, fold)
        for seed in range(SEEDS):
            found[seed, asked] = CLASSIFIERS[classifier](
                motion[~asked], labels[~asked], motion[asked],
                (given[~asked], given[asked]), len(task.classes), seed,
            )  # fmt: skip
    tested = found[0] >= 0
    numbers = seen.of_views(np.arange(len(task.labels)))
    right = found[:, tested] == labels[tested]
    return Answers(right, labels[tested], numbers[tested], subjects[tested])


def accuracy(answers: Answers) -> Estimate:
    """Return the mean over seeds of the balanced accuracy; the interval is of the seeds."""
    from scipy.stats import t

    values = answers.by_seed
    mean = float(values.mean())
    factor = t.ppf(0.5 + LEVEL / 200, len(values) - 1) / len(values) ** 0.5
    half = float(factor * values.std(ddof=1))
    return Estimate(mean, mean - half, mean + half)


def gain(answers: Answers, other: Answers) -> Estimate:
    """Return how much more is right than in other answers to the same, in points.

    The interval is a bootstrap over clips, all of whose views and seeds are drawn together.
    """
    better = answers.right.mean(axis=0) - other.right.mean(axis=0)
    _, which = np.unique(answers.clips, return_inverse=True)
    weights = answers.weights
    of_clips = np.bincount(which, better * weights)
    share = np.bincount(which, weights)
    drawn = np.random.default_rng(0).integers(0, len(share), (DRAWS, len(share)))
    means = of_clips[drawn].sum(axis=1) / share[drawn].sum(axis=1)
    low, high = np.percentile(means, [50 - LEVEL / 2, 50 + LEVEL / 2])
    return Estimate(100 * float(of_clips.sum()), 100 * float(low), 100 * float(high))
