"""Random numbers of a batch: the same for any number of processes and after a resume."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class Draws(Protocol):
    """Source of randomness for samples.

    A shape's first dimension is the caller's number of samples. Results have that shape and are on
    the samples' device. Numbers follow the order of the calls.
    """

    def uniform(self, low: float, high: float, shape: tuple[int, ...]) -> Tensor:
        """Draw uniformly in low <= x < high: (samples, ...)."""

    def normal(self, std: float, shape: tuple[int, ...]) -> Tensor:
        """Draw from a Gaussian about 0: (samples, ...)."""

    def chance(self, probability: float, shape: tuple[int, ...]) -> Tensor:
        """Draw True with a probability: (samples, ...) bool."""


class StepDraws:
    """Draws of a training step, float32, on the device, from seed and step alone.

    Every process draws for the whole batch and uses its own rows, so that any number of processes
    sees the same batch. The CPU's and a GPU's generators give different numbers.

    Parameters
    ----------
    seed, step
        Not negative. They are hashed together, so neighbouring steps and seeds are unrelated.
        (torch's CPU generator reads 32 bits of the hash: among 100,000 steps of a run about one
        pair draws the same numbers, for different windows.)
    total
        Samples of all processes together.
    rows
        Samples of this process. A slice, because a GPU would wait for a copy of indices.
    device
        Device of the numbers.
    """

    def __init__(
        self, seed: int, step: int, total: int, rows: slice, device: torch.device | str
    ) -> None:
        self._device = torch.device(device)
        self._generator = torch.Generator(self._device)
        self._generator.manual_seed(step_seed(seed, step))
        self._total, self._rows = total, rows
        self._samples = len(range(total)[rows])

    def uniform(self, low: float, high: float, shape: tuple[int, ...]) -> Tensor:
        """Draw uniformly in low <= x < high; shape (samples of this process, ...)."""
        whole = self._whole(shape)
        drawn = torch.rand(whole, generator=self._generator, device=self._device)
        return low + (high - low) * drawn[self._rows]

    def normal(self, std: float, shape: tuple[int, ...]) -> Tensor:
        """Draw from a Gaussian about 0; shape (samples of this process, ...)."""
        whole = self._whole(shape)
        drawn = torch.randn(whole, generator=self._generator, device=self._device)
        return std * drawn[self._rows]

    def chance(self, probability: float, shape: tuple[int, ...]) -> Tensor:
        """Draw True with a probability, bool; shape (samples of this process, ...)."""
        return self.uniform(0.0, 1.0, shape) < probability

    def _whole(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape for the samples of all processes."""
        if shape[0] != self._samples:
            raise ValueError(f"{shape[0]} samples, but {self._samples} rows are this process's")
        return (self._total, *shape[1:])


class GeneratorDraws:
    """Draws from numpy's generator, float64 on the CPU: the same numbers on every machine.

    Evaluations use them, so that published figures are reproducible.

    Parameters
    ----------
    generator
        Source of randomness; it advances with every draw.
    """

    def __init__(self, generator: np.random.Generator) -> None:
        self._generator = generator

    def tensor(self, values: NDArray[np.floating]) -> Tensor:
        """Convert an array to a tensor of the draws' type and device."""
        return torch.from_numpy(values.astype(np.float64))

    def uniform(self, low: float, high: float, shape: tuple[int, ...]) -> Tensor:
        """Draw uniformly in low <= x < high: (samples, ...)."""
        return torch.from_numpy(self._generator.uniform(low, high, shape))

    def normal(self, std: float, shape: tuple[int, ...]) -> Tensor:
        """Draw from a Gaussian about 0: (samples, ...)."""
        return torch.from_numpy(self._generator.normal(0.0, std, shape))

    def chance(self, probability: float, shape: tuple[int, ...]) -> Tensor:
        """Draw True with a probability: (samples, ...) bool."""
        return torch.from_numpy(self._generator.random(shape) < probability)


def step_seed(seed: int, step: int) -> int:
    """Hash a run's seed and a step's number to 64 bits, for torch's generators."""
    return int(np.random.SeedSequence([seed, step]).generate_state(1, np.uint64)[0])
