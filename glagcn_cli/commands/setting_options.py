"""The options of ``glagcn-video`` that stand for settings: one for each field of `Settings`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field
from pathlib import Path
from typing import Any

import click

from ..pipeline.setting import (
    Choice,
    Count,
    File,
    Model,
    Number,
    Person,
    Setting,
    Switch,
    Time,
    option_names,
    settings_of,
)
from ..pipeline.settings import EVERYBODY, Settings
from ..video.clip_times import parse_time
from .completion import ModelName, listed

Command = Callable[..., Any]


def setting_options() -> list[Callable[[Command], Command]]:
    """Return an option for each setting; what is not given comes out as None."""
    return [_option(name, known, of) for name, (known, of) in settings_of(Settings).items()]


def _option(name: str, known: Field[Any], of: Setting) -> Callable[[Command], Command]:
    stated, option = _stated_default(known, of), option_names(name, of)
    words = f"{of.help}  [default: {stated}]" if stated else of.help
    if isinstance(of.check, Switch):
        switch = f"{option[0]}/--no-{option[0].removeprefix('--')}"
        return click.option(switch, name, default=None, help=words)
    return click.option(*option, name, metavar=of.check.metavar, help=words, **_typed(of))


def _stated_default(known: Field[Any], of: Setting) -> str:
    """Return the default as the help states it, "" for one that goes without saying."""
    if of.unset is not None:
        return of.unset
    if isinstance(of.check, Switch):
        name = known.name.replace("_", "-")
        return name if known.default else f"no-{name}"
    if known.default is None:
        return ""
    return f"{known.default:g}" if isinstance(known.default, float) else str(known.default)


def _typed(of: Setting) -> dict[str, Any]:
    """Return how click reads an option; limits are the setting's own."""
    match of.check:
        case Number():
            return {"type": float}
        case Count():
            return {"type": click.IntRange(min=1)}
        case Time():
            return {"callback": _time}
        case Person():
            return {"callback": _people, "shell_complete": listed}
        case File():
            return {"type": click.Path(path_type=Path)}
        case Model():
            return {"type": ModelName(of.check.kind)}
        case Choice() | _:
            return {"shell_complete": listed}


def _time(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """Read a time of the clip."""
    try:
        return None if value is None else parse_time(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _people(_: click.Context, __: click.Parameter, value: str | None) -> int | str | None:
    """Read a person's number or the word for everybody."""
    if value is None or value == EVERYBODY:
        return value
    if not (value.isascii() and value.isdigit()) or int(value) < 1:
        raise click.BadParameter(f"{value!r} must be a whole number from 1, or {EVERYBODY}")
    return int(value)
