"""Random numbers and motion that the tests of training samples share."""

from __future__ import annotations

import numpy as np
import torch

from glagcn_training.samples.random_draws import GeneratorDraws, StepDraws
from tests.helpers.synthetic_motion import walking


def double_draws(seed=7):
    return GeneratorDraws(np.random.default_rng(seed))


def step_draws(samples, seed=1, step=0, rows=slice(None)):
    return StepDraws(seed, step, samples, rows, "cpu")


class Doubled(StepDraws):
    """The same numbers in double precision."""

    def uniform(self, low, high, shape):
        return super().uniform(low, high, shape).double()

    def normal(self, std, shape):
        return super().normal(std, shape).double()


class AlwaysYes(StepDraws):
    def chance(self, probability, shape):
        return torch.ones(shape, dtype=torch.bool)


def clips(count=3, frames=27):
    speeds = np.linspace(-1.0, 2.0, count)
    return torch.from_numpy(np.stack([walking(frames, speed) for speed in speeds]))
