"""Limits of the numbers in a recipe."""

from __future__ import annotations

import math
from operator import attrgetter
from typing import NamedTuple

from glagcn_cli.errors import UsageError


class Limits(NamedTuple):
    """Ends of an interval, each with or without the end itself."""

    at_least: float = -math.inf
    at_most: float = math.inf
    more_than: float = -math.inf
    less_than: float = math.inf

    def allow(self, number: float) -> bool:
        """Tell whether a number lies in the interval; infinity and "not a number" never do."""
        return (
            math.isfinite(number)
            and self.at_least <= number <= self.at_most
            and self.more_than < number < self.less_than
        )

    def __str__(self) -> str:
        ends = zip(self._fields, self, strict=True)
        named = [f"{name.replace('_', ' ')} {end:g}" for name, end in ends if math.isfinite(end)]
        return " and ".join(named)


_NOT_NEGATIVE = Limits(at_least=0)
_COUNT = Limits(at_least=1)
_POSITIVE = Limits(more_than=0)
_SHARE = Limits(at_least=0, at_most=1)
_HALF_TURN = Limits(at_least=0, at_most=180)

LIMITS: dict[str, Limits] = {
    "seed": Limits(at_least=0, at_most=2**32 - 1),  # NumPy's range
    "data.stride": _COUNT,
    "data.fps": _NOT_NEGATIVE,
    "network.window": Limits(at_least=3),
    "network.in_channels": Limits(at_least=2, at_most=3),  # x, y, and the score
    "network.dropout": Limits(at_least=0, less_than=1),
    "augmentation.bodies": _SHARE,
    "augmentation.children": _SHARE,
    "augmentation.definitions": _SHARE,
    "augmentation.postures": _SHARE,
    "augmentation.mixed": _SHARE,
    "augmentation.flicks": _SHARE,
    "augmentation.playback": _POSITIVE,
    "augmentation.quick": _SHARE,
    "augmentation.quickest": _POSITIVE,
    "augmentation.noise": _NOT_NEGATIVE,
    "augmentation.exact": _SHARE,
    "augmentation.occlusion": _SHARE,
    "augmentation.missing_frames": _SHARE,
    "augmentation.swaps": _SHARE,
    "augmentation.lost_extremities": _SHARE,
    "augmentation.crop": _SHARE,
    "augmentation.rotate_target": _HALF_TURN,
    "augmentation.cameras.distance": _POSITIVE,
    "augmentation.cameras.height": _NOT_NEGATIVE,
    "augmentation.cameras.fov": Limits(more_than=0, less_than=180),
    "augmentation.cameras.off_centre": _SHARE,
    "augmentation.cameras.roll": _HALF_TURN,
    "augmentation.cameras.odd": _SHARE,
    "loss.sequence": _NOT_NEGATIVE,
    "loss.centre": _NOT_NEGATIVE,
    "loss.bone_length": _NOT_NEGATIVE,
    "loss.bone_direction": _NOT_NEGATIVE,
    "loss.velocity": _NOT_NEGATIVE,
    "loss.gravity": _NOT_NEGATIVE,
    "loss.uncertainty": _NOT_NEGATIVE,
    "loss.extremities": _NOT_NEGATIVE,
    "loss.extremity_direction": _NOT_NEGATIVE,
    "optimizer.rate": _POSITIVE,
    "optimizer.last_rate": _NOT_NEGATIVE,
    "optimizer.warm_up": _NOT_NEGATIVE,
    "optimizer.weight_decay": _NOT_NEGATIVE,
    "optimizer.largest_gradient": _NOT_NEGATIVE,
    "optimizer.batch": _COUNT,
    "optimizer.accumulate": _COUNT,
    "optimizer.batch_norm_momentum": Limits(more_than=0, at_most=1),
    "schedule.epochs": _NOT_NEGATIVE,
    "schedule.steps": _NOT_NEGATIVE,
    "schedule.validations": _NOT_NEGATIVE,
    "schedule.save_every": _COUNT,
    "schedule.log_every": _COUNT,
    "validation.takes": _NOT_NEGATIVE,
}
"""Limits of every number of a recipe but the network's own sizes, which it checks itself."""

_FROM_TO = (
    *(f"augmentation.cameras.{name}" for name in ("distance", "height", "fov")),
    "augmentation.playback",
)


def check_limits(recipe: object) -> None:
    """Raise ``UsageError`` with the setting's name for a number outside its limits."""
    for key, limits in LIMITS.items():
        value = attrgetter(key)(recipe)
        numbers = value if isinstance(value, tuple) else (value,)
        if not all(limits.allow(number) for number in numbers):
            each = "each " if isinstance(value, tuple) else ""
            raise UsageError(f"{key} is {value}, expected {each}{limits}")
    for key in _FROM_TO:
        low, high = attrgetter(key)(recipe)
        if low > high:
            raise UsageError(f"{key} is {low:g} to {high:g}, expected the smaller number first")
