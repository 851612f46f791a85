"""Which options go together: every option that a call would ignore is refused, in one place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from ..errors import UsageError
from ..export.formats import is_of_output
from ..pipeline.setting import Call, settings_of
from ..pipeline.settings import UP_BY_LINES, Settings
from ..video.source import Source

_ONE = Call.WRITING & ~Call.MANY
_NAMING = ("outputs", "plots", "pages")  # options that name files to write
_CALLS: dict[str, Call] = {
    "sources": Call.WITH_FRAMES | Call.POSES,
    "outputs": _ONE,
    "plots": _ONE,
    "pages": _ONE,
    "from_3d": Call.POSES,
    "from_2d": Call.KEYPOINTS | Call.KEYPOINTS_ALONE,
    "save_2d": Call.LIFTING,
    "cache": Call.LIFTING,
    "fps": Call.WITH_FRAMES | Call.POSES,
    "overwrite": Call.WRITING,
    "output_dir": Call.MANY,
    "formats": Call.MANY,
    "jobs": Call.MANY,
    "ray": Call.MANY,
    "camera": Call.CAMERA,
    "threads": Call.LIFTING | Call.CAMERA,
    "progress": Call.WRITING | Call.CAMERA,
    "quiet": Call.WRITING | Call.CAMERA,
    "verbose": Call.WRITING | Call.CAMERA,
}
"""Where the options that are no settings have an effect; a setting says it in its own entry."""


def checked_call(context: click.Context) -> Call:
    """Return what kind of call the options make.

    Raises
    ------
    UsageError
        Something is missing, or an option would have no effect.
    """
    options = context.params
    call = _kind_of_call(options)
    if options["quiet"] and options["verbose"]:
        raise UsageError("--quiet and --verbose contradict each other")
    if call == Call.VIDEO:
        _refuse_several(options)
    calls = _CALLS | {name: of.calls for name, (_, of) in settings_of(Settings).items()}
    for parameter in context.command.get_params(context):
        name = parameter.name or ""
        if parameter.expose_value and not calls[name] & call and _is_chosen(context, parameter):
            raise UsageError(_no_effect(parameter, call, options))
    if options["up"] == UP_BY_LINES and not call & Call.LIFTING:
        raise UsageError(
            "--up lines looks for upright edges in the pictures of a video; leave it out here"
        )
    if call & (_ONE) and not any(options[name] for name in _NAMING):
        raise UsageError("name a file to write: -o FILE, --plot FILE or --report FILE")
    if call == Call.VIDEO and not options["sources"]:
        raise UsageError("name the video, or a file of poses with --from-3d")
    if call == Call.MANY and not options["sources"]:
        raise UsageError("name the videos, or folders of them")
    return call


def _kind_of_call(options: dict[str, Any]) -> Call:
    if options["camera"] is not None:
        return Call.CAMERA
    if options["output_dir"] is not None:
        return Call.MANY
    if options["from_3d"] is not None:
        return Call.POSES
    if options["from_2d"] is not None:
        return Call.KEYPOINTS if options["sources"] else Call.KEYPOINTS_ALONE
    return Call.VIDEO


def _is_chosen(context: click.Context, parameter: click.Parameter) -> bool:
    """Whether an option was given another value than its own."""
    name = parameter.name or ""
    given = (ParameterSource.COMMANDLINE, ParameterSource.DEFAULT_MAP)
    if context.get_parameter_source(name) not in given:
        return False
    settings = settings_of(Settings)
    own = settings[name][0].default if name in settings else parameter.get_default(context)
    return context.params[name] not in (None, (), own)


def _no_effect(parameter: click.Parameter, call: Call, options: dict[str, Any]) -> str:
    """Say that an option has no effect in a call, and what to do."""
    option = max(parameter.opts, key=len)
    if call == Call.CAMERA:
        if isinstance(parameter, click.Argument):
            return "--camera shows a camera; leave out INPUT, or --camera"
        return f"{option} has no effect with --camera; leave one of them out"
    if call == Call.MANY:
        if parameter.name == "outputs":
            return "-o is for one video, not for --output-dir; --format picks what is written"
        return f"{option} is for one video, not for --output-dir"
    if _CALLS.get(parameter.name or "") == Call.MANY:
        return _of_many(option, options["formats"], options["sources"])
    if call == Call.POSES:
        if parameter.name in ("from_2d", "save_2d"):
            return "--from-3d needs no 2D: leave out --from-2d and --save-2d"
        return (
            f"{option} has no effect on poses that were lifted before; leave it out, or lift the "
            "video again"
        )
    if call == Call.KEYPOINTS_ALONE:
        return f"{option} has no effect without a video"
    return f"{option} has no effect with --from-2d; leave one of them out"


def _of_many(option: str, formats: Sequence[str], sources: Sequence[Path | str]) -> str:
    """Say what to type in place of an option for many videos."""
    if option == "--format" and len(sources) == 1 and not Path(sources[0]).is_dir():
        suffix = formats[0].split(",")[0].strip().lstrip(".")
        name = Path(f"{Path(sources[0]).stem}3d.{suffix}")
        return f"--format is for many videos; of one, the output's name says it: -o {name}"
    return f"{option} is for many videos: name a folder with --output-dir too"


def _refuse_several(options: dict[str, Any]) -> None:
    """Refuse more than one video where no folder is named for their outputs."""
    sources = options["sources"]
    if any(options[name] for name in ("formats", "jobs", "ray")):
        return  # whose message helps more
    if forgotten := [path for path in sources[1:] if _is_output(path)]:
        asked = " ".join(f"-o {path}" for path in forgotten)
        raise UsageError(f"{forgotten[0]} is no video; to write it: {asked}")
    outputs = any(options[name] for name in _NAMING)
    if len(sources) > 1 or (len(sources) == 1 and Path(sources[0]).is_dir() and not outputs):
        raise UsageError(
            "name a folder for the outputs of several videos: --output-dir FOLDER, with --format "
            "mp4,npy,bvh in place of -o"
        )


def _is_output(path: Path | str) -> bool:
    """Whether an argument is no input, but a file to write whose -o was forgotten."""
    is_written = is_of_output(Path(path).suffix.lower())
    return is_written and Source.of(path).is_file and not Path(path).is_file()
