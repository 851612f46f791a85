"""One setting: how its value is checked, how it is typed, and in which calls it has an effect."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields
from enum import Flag, auto
from pathlib import Path
from typing import Any, Literal, Protocol

from ..errors import UsageError

_KEY = "setting"


class Call(Flag):
    """What a call of the program works on."""

    VIDEO = auto()
    """A video, whose people are detected."""
    KEYPOINTS = auto()
    """A video, of which a file holds the 2D."""
    KEYPOINTS_ALONE = auto()
    """A file of 2D without its video."""
    POSES = auto()
    """Poses of an earlier run, written in other formats."""
    CAMERA = auto()
    """A camera, live."""
    MANY = auto()
    """Many videos."""

    VIDEOS = VIDEO | MANY
    WITH_FRAMES = VIDEO | MANY | KEYPOINTS
    LIFTING = VIDEO | MANY | KEYPOINTS | KEYPOINTS_ALONE
    WRITING = LIFTING | POSES


class Check(Protocol):
    """Refuses values that a setting cannot have."""

    @property
    def metavar(self) -> str:
        """What stands for the value in the help."""
        ...

    def __call__(self, value: Any) -> str | None:
        """Return what a value must be, None where it is that."""
        ...


@dataclass(frozen=True)
class Choice:
    """One of some words."""

    words: tuple[str, ...]

    @property
    def metavar(self) -> str:
        """The words."""
        return "|".join(self.words)

    def __call__(self, value: Any) -> str | None:
        """Return what a value must be, None where it is that."""
        return None if value in self.words else f"must be one of {', '.join(self.words)}"


@dataclass(frozen=True)
class Number:
    """A number in a range, in a unit; `hint` may say what was perhaps meant by one outside."""

    metavar: str
    unit: str
    low: float = -math.inf
    high: float = math.inf
    hint: Callable[[float], str] = lambda _: ""

    def __call__(self, value: Any) -> str | None:
        """Return what a value must be, None where it is that."""
        if math.isfinite(value) and self.low <= value <= self.high:
            return None
        if math.isfinite(self.high):
            wanted = f"between {self.low:g} and {self.high:g} {self.unit}"
        elif math.isfinite(self.low):
            wanted = f"{self.low:g} {self.unit} or more"
        else:
            wanted = f"a number of {self.unit}"
        return f"must be {wanted}{self.hint(value)}"


@dataclass(frozen=True)
class Count:
    """A whole number from 1 on."""

    metavar: str = "N"

    def __call__(self, value: Any) -> str | None:
        """Return what a value must be, None where it is that."""
        return None if isinstance(value, int) and value >= 1 else "must be a whole number from 1"


@dataclass(frozen=True)
class Person:
    """The number of a person, or a word for everybody."""

    everybody: str
    metavar: str = "N|all"

    def __call__(self, value: Any) -> str | None:
        """Return what a value must be, None where it is that."""
        if value == self.everybody or (isinstance(value, int) and value >= 1):
            return None
        return f"must be a whole number from 1, or {self.everybody}"


@dataclass(frozen=True)
class Unchecked:
    """Checked where it is used."""

    metavar: str

    def __call__(self, value: Any) -> str | None:
        """Return what a value must be, None where it is that."""
        return None


@dataclass(frozen=True)
class Switch(Unchecked):
    """On or off."""

    metavar: str = ""


@dataclass(frozen=True)
class Time(Unchecked):
    """A time of the clip, seconds."""

    metavar: str = "TIME"


@dataclass(frozen=True)
class File(Unchecked):
    """A file that is read."""

    metavar: str = "FILE"


@dataclass(frozen=True)
class NumbersOrFile:
    """Numbers separated by commas, or the path of a file."""

    metavar: str
    most: int
    meant: str

    def __call__(self, value: Any) -> str | None:
        """Return what a value must be, None where it is that."""
        numbers = numbers_of(str(value))
        if numbers is None:
            return None if Path(str(value)).is_file() else f"must be {self.meant}"
        sound = len(numbers) <= self.most and all(map(math.isfinite, numbers))
        return None if sound else f"must be {self.meant}"


def numbers_of(told: str) -> tuple[float, ...] | None:
    """Return the numbers that a text states; None for the name of a file."""
    try:
        return tuple(float(part) for part in told.split(","))
    except ValueError:
        return None


@dataclass(frozen=True)
class Model(Unchecked):
    """A model's name, or its files."""

    kind: Literal["detector", "pose", "lifter"] = "lifter"


@dataclass(frozen=True)
class Setting:
    """One setting and its option.

    Parameters
    ----------
    check
        Refuses values, and says how one is typed.
    calls
        Where it has an effect.
    group
        Heading of its option in the help.
    help
        Of its option, without the default.
    unset
        What holds where it is None, for the help; None for nothing to say.
    names
        Of its option, where that is not called as the setting is.
    """

    check: Check
    calls: Call
    group: str
    help: str
    unset: str | None = None
    names: tuple[str, ...] = ()


def setting(
    default: Any,
    check: Check,
    calls: Call,
    group: str,
    help: str,
    *,
    unset: str | None = None,
    names: tuple[str, ...] = (),
) -> Any:
    """Make a field of a dataclass of settings; parameters as `Setting` has them."""
    return field(default=default, metadata={_KEY: Setting(check, calls, group, help, unset, names)})


def settings_of(kind: Any) -> dict[str, tuple[Field[Any], Setting]]:
    """Return the settings of a dataclass by name, in the order in which they stand there."""
    return {known.name: (known, known.metadata[_KEY]) for known in fields(kind)}


def option_names(name: str, of: Setting) -> tuple[str, ...]:
    """Return the names of a setting's option, the one that messages use first."""
    return of.names or (f"--{name.replace('_', '-')}",)


def check_all(chosen: Any) -> None:
    """Raise UsageError for the first setting that has no value of its kind; None is one for all."""
    for name, (known, of) in settings_of(chosen).items():
        value = getattr(chosen, name)
        if value is None and known.default is None:
            continue
        if wanted := of.check(value):
            shown = f"{value:g}" if isinstance(value, float) else value
            raise UsageError(f"{option_names(name, of)[0]} {shown}: {wanted}")


def names_with_effect(kind: Any, call: Call) -> tuple[str, ...]:
    """Return the settings that have an effect in a call, in the order of their table."""
    return tuple(name for name, (_, of) in settings_of(kind).items() if of.calls & call)
