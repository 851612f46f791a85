"""What can be refused in a moment, before models are loaded and frames are read."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import CheckpointError, InputError, ModelNotFoundError, OutputError, UsageError
from ..export.formats import (
    BLENDER,
    BY_SUFFIX,
    CHARACTER_SUFFIXES,
    PLOT_SUFFIXES,
    REPORT_SUFFIXES,
    format_of,
)
from ..files.atomic import check_output, nearest_folder
from ..keypoints.files import keypoints_path
from ..operating_system import folded
from ..video.source import Source
from .run_report import report_paths

if TYPE_CHECKING:
    from ..detection.models import Kind
    from .settings import Settings


def check_source(source: Source) -> None:
    """Raise InputError for what cannot be read twice: pipes and devices."""
    file = source.path
    if file.exists() and not (file.is_file() or file.is_dir()):
        raise InputError(
            f"{source.name}: is not a file but a pipe or a device; save the video first, or pipe "
            "it into the program with - in its place"
        )


def check_outputs(
    outputs: Sequence[Path],
    inputs: Iterable[Path | None],
    *,
    plots: Sequence[Path] = (),
    pages: Sequence[Path] = (),
    overwrite: bool,
    everybody: bool = False,
    save_2d: bool = False,
) -> None:
    """Refuse outputs that cannot be written.

    Parameters
    ----------
    outputs
        Files that are asked for.
    inputs
        Files that are going to be read; None for what is not given.
    plots
        Figures of joint angles that are asked for.
    pages
        Reports of gait and exercise that are asked for.
    overwrite
        Existing files may be replaced.
    everybody
        Formats of one person are going to write a file for each.
    save_2d
        The 2D is going to be written beside the first output.

    Raises
    ------
    UsageError
        No output, an unknown suffix, the same output twice, or an input itself.
    OutputError
        A folder takes no files, or a file exists.
    """
    if not (outputs or plots or pages):
        raise UsageError("no output is named")
    for output in outputs:
        format_of(output)
    for plot in plots:
        if plot.suffix.lower() not in PLOT_SUFFIXES:
            raise UsageError(f"{plot}: plots are drawn as {', '.join(PLOT_SUFFIXES)}")
    for page in pages:
        if page.suffix.lower() not in REPORT_SUFFIXES:
            raise UsageError(f"{page}: reports are written as {', '.join(REPORT_SUFFIXES)}")
    tables = [plot.with_suffix(".csv") for plot in plots]  # of the numbers, beside each
    beside = [one.with_suffix(suffix) for one in outputs for suffix in format_of(one).beside]
    outputs = [*outputs, *beside, *plots, *tables, *pages]
    there = [given for given in inputs if given is not None and given.exists()]
    for output in outputs:
        if output.exists() and any(output.samefile(given) for given in there):
            raise UsageError(f"{output}: is the input itself; name another output")
    places = [output.resolve() for output in outputs]
    names = [folded(str(place)) for place in places]
    for output, place, name in zip(outputs, places, names, strict=True):
        if names.count(name) > 1:
            but = "" if places.count(place) > 1 else " (capitals do not make another file of it)"
            raise UsageError(f"{output}: is named twice as an output{but}")
    if save_2d:
        kept = keypoints_path(outputs[0])
        if kept.resolve() in places:
            raise UsageError(f"{kept}: is where --save-2d writes; name another output")
        check_output(kept, overwrite)
    for output in outputs:
        check_output(output, overwrite)
    if everybody:
        _check_people_files(places, overwrite)
    for report in report_paths(outputs):
        check_output(report, overwrite=True)
    _check_folders(nearest_folder(output) for output in outputs)


def check_characters(suffixes: Iterable[str], settings: Mapping[str, Any]) -> None:
    """Read the character of the settings, and refuse outputs that lack what they need.

    Raises
    ------
    UsageError
        A character that no output shows, bones of none, a `.vrm` without a VRM, or Blender is
        missing.
    InputError
        The character cannot be read, or bones of it were not found.
    """
    asked = [suffix.lower() for suffix in suffixes]
    character, bones = settings.get("character"), settings.get("character_bones")
    if any(BY_SUFFIX[suffix].needs == BLENDER for suffix in asked if suffix in BY_SUFFIX):
        from ..export.blender_formats import blender_command

        blender_command()
    if character is None and bones is not None:
        raise UsageError("--character-bones names the bones of a character: add --character FILE")
    option = "--body" if settings.get("body") else "--character"
    chosen = character is not None or option == "--body"
    if chosen and not set(asked) & set(CHARACTER_SUFFIXES):
        shown = ", ".join(CHARACTER_SUFFIXES)
        raise UsageError(f"{option} has an effect on {shown} alone; add one of them with -o")
    if character is not None or ".vrm" in asked:
        from ..export.character.writing import character_of, check_vrm

        read = character_of(settings)
        if ".vrm" in asked:
            check_vrm(read)


def _check_people_files(places: Sequence[Path], overwrite: bool) -> None:
    """Refuse names that other people of an output are going to take."""
    for place in places:
        for other in _of_other_people(place, places):
            raise UsageError(f"{other}: is where another person of {place} is written")
        for file in files_of_other_people(place):
            check_output(file, overwrite)


def files_of_other_people(output: Path) -> list[Path]:
    """Files that are there under names which an output of one person has for others."""
    there = output.parent.is_dir()
    return _of_other_people(output, output.parent.iterdir() if there else ())


def _of_other_people(output: Path, files: Iterable[Path]) -> list[Path]:
    known = BY_SUFFIX.get(output.suffix.lower())  # None for plots and their tables
    if known is None or not known.one_person:
        return []
    suffixes = "|".join(map(re.escape, (output.suffix, *known.beside)))
    name = re.compile(rf"{re.escape(output.stem)}\.person\d+({suffixes})")
    return [file for file in files if file.parent == output.parent and name.fullmatch(file.name)]


def _check_folders(folders: Iterable[Path]) -> None:
    for folder in dict.fromkeys(folders):
        try:
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise OutputError(
                f"{folder}: no file can be written in this folder ({error.strerror}); check your "
                "permissions and the space left, or name another folder"
            ) from error


def check_models(settings: Settings) -> None:
    """Refuse models that have no such name or whose files are missing; downloads nothing.

    Raises
    ------
    ModelNotFoundError
        There is no such model or configuration file.
    CheckpointError
        There is no such checkpoint file.
    """
    from ..lifting.opening import check_lifter

    check_lifter(settings.lifter)
    _check_openmmlab_model(settings.detector, "detector")
    _check_openmmlab_model(settings.pose, "pose")


def _check_openmmlab_model(name: str, kind: Kind) -> None:
    from ..detection.models import MODELS, find_files

    known = MODELS.get(name)
    if known is not None and known.kind == kind and not known.is_shipped:
        return  # its weights are downloaded when they are loaded
    config, checkpoint = find_files(name, kind)
    if not config.is_file():
        raise ModelNotFoundError(f"--{kind}: there is no configuration file {config}")
    if not checkpoint.is_file():
        raise CheckpointError(f"--{kind}: there is no checkpoint file {checkpoint}")
