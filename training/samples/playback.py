"""Varies the playback speed of samples."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .augment import Augmentation
from .random_draws import Draws


def playback_speeds(draws: Draws, augmentation: Augmentation, samples: int) -> Tensor | None:
    """Draw the playback speed of each sample, as a factor.

    Most samples play near the captured speed. A share of `Augmentation.quick` plays faster,
    uniformly in the logarithm of the speed.

    Parameters
    ----------
    draws
        Source of randomness.
    augmentation
        Its `playback`, `quick` and `quickest`.
    samples
        Number of samples.

    Returns
    -------
    Tensor or None
        (samples,) factors; None where all are played as captured.
    """
    speed = None
    if augmentation.playback != (1.0, 1.0):
        speed = draws.uniform(*augmentation.playback, (samples,))
    if augmentation.quick > 0:
        slowest = augmentation.playback[1]
        fastest = max(augmentation.quickest, slowest)
        quick = torch.exp(draws.uniform(math.log(slowest), math.log(fastest), (samples,)))
        usual = torch.ones_like(quick) if speed is None else speed
        speed = torch.where(draws.chance(augmentation.quick, (samples,)), quick, usual)
    return speed
