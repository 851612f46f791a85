"""Options out of a TOML file, and the options in effect as such a file.

The keys are the options' long names, whatever options there are: nothing here knows any of them.
Values reach click as defaults (`Context.default_map`), so the command line wins over the file.
"""

from __future__ import annotations

import codecs
import difflib
import json
import re
import sys
import tomllib
from collections.abc import Callable, Mapping
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from ..machine.process import is_utf8
from .help_groups import GroupedCommand, stated_default

INPUT_KEY = "input"
"""What the argument is called in a file: it has no long name."""

_ESCAPED = re.compile(r"[^\x00-\x7f\ud800-\udfff]")

PRINT = f"{__name__}.print"
"""In the context's `meta`: whether the options are to be printed."""


def _read_into_defaults(
    context: click.Context, _: click.Parameter, path: Path | None
) -> Path | None:
    if path is not None and not context.resilient_parsing:
        context.default_map = read_config(path, context)
    return path


def _note_wish(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    context.meta[PRINT] = wanted


CONFIG_OPTIONS: tuple[Callable[[Callable[..., Any]], Callable[..., Any]], ...] = (
    click.option(
        "--config",
        metavar="FILE",
        is_eager=True,
        expose_value=False,
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        callback=_read_into_defaults,
        help='Take options from a TOML file whose keys are their long names: people = "all". '
        "Relative paths in it start at the file's own folder. What the command line names is "
        "taken from there instead.",
    ),
    click.option(
        "--print-config",
        is_flag=True,
        expose_value=False,
        callback=_note_wish,
        help="Print the options in effect as such a file, with absolute paths, and exit.",
    ),
)


class ConfiguredCommand(GroupedCommand):
    """A command that can print its options instead of carrying them out."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, or print the options in effect."""
        if ctx.meta.get(PRINT):
            click.echo(options_as_toml(ctx), nl=False)
            return None
        return super().invoke(ctx)


def read_config(path: Path, context: click.Context) -> dict[str, Any]:
    """Read a file of options.

    Parameters
    ----------
    path
        A flat TOML file.
    context
        Of the command whose options they are.

    Returns
    -------
    dict
        Values by the names of the command's parameters, as its command line would give them.

    Raises
    ------
    click.UsageError
        The file is no TOML, a key is no option, or a value is not what its option takes. The
        message names the file, the key and the nearest key there is.
    """
    known = _parameters_by_key(context)
    values: dict[str, Any] = {}
    keys: dict[str, str] = {}  # of the parameters that have a value
    for key, value in _parse(path).items():
        parameter = known.get(key)
        if parameter is None or parameter.name is None:
            raise click.UsageError(f"{path}: {_unknown(key, known)}")
        if earlier := keys.get(parameter.name):
            raise click.UsageError(f"{path}: {key!r} and {earlier!r} are the same option")
        keys[parameter.name] = key
        text = _as_given(parameter, value, path.absolute().parent)
        if text is None:
            raise click.UsageError(f"{path}: {key} is {_named(value)}, expected {_kind(parameter)}")
        try:
            parameter.process_value(context, text)
        except click.BadParameter as error:
            raise click.UsageError(f"{path}: {key}: {error.message}") from error
        values[parameter.name] = text
    return values


def options_as_toml(context: click.Context) -> str:
    """Write the options in effect as a file that `read_config` reads; what is not set, as a note.

    Raises
    ------
    click.UsageError
        A name of a file is no text, as names of the last century may be; TOML cannot say it.
    """
    lines = []
    for key, parameter in _parameters_by_key(context, once=True).items():
        value = context.params.get(parameter.name or "")
        if value is None or value == ():
            stated = stated_default(parameter)
            if isinstance(parameter.type, click.types.BoolParamType):
                stated = "true" if stated == key else "false"
            lines.append(f"# {key}  [{f'default: {stated}' if stated else 'not set'}]")
            continue
        several = isinstance(value, (tuple, list))
        told = [_toml(parameter, item) for item in (value if several else [value])]
        lines.append(f"{key} = [{', '.join(told)}]" if several else f"{key} = {told[0]}")
    text = "\n".join([*lines, ""])
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise click.UsageError("a file's name is no text and cannot be written as TOML") from error
    return text


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_decoded(path.read_bytes()))
    except OSError as error:
        raise click.UsageError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, UnicodeDecodeError
        raise click.UsageError(f"{path}: is no TOML: {error}") from error


def _decoded(content: bytes) -> str:
    """Text of a file as editors and shells of Windows write it too: with a mark, or as UTF-16."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16")
    return content.decode("utf-8-sig")


def _parameters_by_key(context: click.Context, once: bool = False) -> dict[str, click.Parameter]:
    """Parameters that a file can set, by their keys; `once`: each under its first key alone."""
    found: dict[str, click.Parameter] = {}
    for parameter in context.command.get_params(context):
        if not parameter.expose_value:  # --help, --version, --config
            continue
        if isinstance(parameter, click.Argument):
            found[INPUT_KEY] = parameter
            continue
        keys = [name[2:] for name in parameter.opts if name.startswith("--")]
        # The name that the program itself uses comes first: people, not person.
        keys.sort(key=lambda key: key.replace("-", "_") != parameter.name)
        found |= dict.fromkeys(keys[:1] if once else keys, parameter)
    return found


def _unknown(key: str, known: Mapping[str, click.Parameter]) -> str:
    for positive, parameter in known.items():
        if f"--{key}" in parameter.secondary_opts:
            return f"there is no key {key!r}; write {positive} = false"
    nearest = difflib.get_close_matches(key, known, 1, 0.5)
    more = f"did you mean {nearest[0]!r}?" if nearest else "--help lists the options"
    return f"there is no option {key!r}; {more}"


def _is_number(parameter: click.Parameter) -> bool:
    return isinstance(parameter.type, (click.types.IntParamType, click.types.FloatParamType))


def _takes(parameter: click.Parameter, value: object) -> bool:
    """Whether a single value is of the kind that an option takes."""
    kind = parameter.type
    if isinstance(kind, click.types.BoolParamType) or isinstance(value, bool):
        return isinstance(kind, click.types.BoolParamType) and isinstance(value, bool)
    if isinstance(kind, click.types.IntParamType):
        return isinstance(value, int)
    if isinstance(kind, click.types.FloatParamType):
        return isinstance(value, (int, float))
    # Texts that are read further, such as times and numbers of people, may come as numbers.
    return isinstance(value, (str, int, float, time) if parameter.callback else str)


def _as_given(parameter: click.Parameter, value: object, folder: Path) -> Any:
    """Turn a value of a file into what the command line would give; None for the wrong kind."""
    several = parameter.nargs == -1 or parameter.multiple
    if several and not isinstance(value, list):
        value = [value]
    if several and isinstance(value, list):
        return (
            [_single(parameter, item, folder) for item in value]
            if all(_takes(parameter, item) for item in value)
            else None
        )
    return _single(parameter, value, folder) if _takes(parameter, value) else None


def _single(parameter: click.Parameter, value: Any, folder: Path) -> Any:
    if isinstance(value, bool) or _is_number(parameter):
        return value
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")  # 1e-05 is no time
    return anchored(parameter, str(value), folder)


def anchored(parameter: click.Parameter, text: str, folder: Path) -> str:
    """Let a relative path start at a folder; types that are not always paths have their own say."""
    if own := getattr(parameter.type, "anchored", None):
        return str(own(text, folder))
    return str(folder / Path(text).expanduser()) if isinstance(parameter.type, click.Path) else text


def _toml(parameter: click.Parameter, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    text = anchored(parameter, str(value), Path.cwd())
    # JSON's strings are TOML's, but for one control character that TOML wants escaped.
    told = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    # TOML is UTF-8; standard output may be of another encoding, on Windows as a rule.
    return told if is_utf8(sys.stdout) else _ESCAPED.sub(_as_escape, told)


def _as_escape(match: re.Match[str]) -> str:
    return f"\\U{ord(match[0]):08x}"


def _kind(parameter: click.Parameter) -> str:
    several = parameter.nargs == -1 or parameter.multiple
    kind = "text"
    if isinstance(parameter.type, click.types.BoolParamType):
        kind = "true or false"
    elif isinstance(parameter.type, click.types.IntParamType):
        kind = "a whole number"
    elif isinstance(parameter.type, click.types.FloatParamType):
        kind = "a number"
    return f"{kind}, or a list of such" if several else kind


def _named(value: object) -> str:
    """Say what a value is, briefly."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return f"the text {value!r}" if isinstance(value, str) else str(value).lower()
