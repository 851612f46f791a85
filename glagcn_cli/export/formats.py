"""Table of the output formats: what each holds, and the modules that write and read it.

A new format is a file in this package with a function `write`, as `Writer` says, and one entry in
`FORMATS`; it can be read back where the entry names a module of `readers/` too.

Formats that hold one person (`.npy`, `.bvh`) write the main person under the name asked for, and
every other one under a name with the person's number: `walk.bvh`, `walk.person2.bvh`. Formats that
hold people side by side (`.npz`) write one file.

Nothing here imports NumPy or torch: the command line reads this table for its help.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import UsageError
from ..video.clip_times import WHOLE, ClipRange
from ..video.source import Source

if TYPE_CHECKING:
    from ..camera import FilmCamera
    from ..poses import PoseSequence


@dataclass(frozen=True)
class OutputFormat:
    """One kind of output file.

    Parameters
    ----------
    suffix
        Picks the format; lower case, with its dot.
    writer
        Module with `write`, by its name relative to this package.
    briefly
        Few words for the help of `--output`.
    holds
        One line for the report of a run.
    reader
        Module with `read` in `readers/`; None for files that poses cannot be read back from.
    one_person
        Each file holds one person.
    rendered
        Drawn from the frames of the video by `mp4.render_video`, not written from poses alone.
    needs
        What it needs beside poses, which not everybody has; "" for nothing.
    beside
        Files that are written beside it under its stem: one line for the report, by suffix.
    """

    suffix: str
    writer: str
    briefly: str
    holds: str
    reader: str | None = None
    one_person: bool = False
    rendered: bool = False
    needs: str = ""
    beside: Mapping[str, str] = field(default_factory=dict)


A_CHARACTER, BLENDER = "a VRM character", "Blender"

FORMATS: tuple[OutputFormat, ...] = (
    OutputFormat(
        ".mp4",
        "mp4",
        "the video beside the 3D skeletons",
        "the video with the 2D skeletons, beside it the 3D skeletons; one frame for each frame",
        rendered=True,
    ),
    OutputFormat(
        ".html",
        "html.page",
        "the same as a page to turn and play",
        "one page to look at, without a network: the video beside a 3D view that turns",
    ),
    OutputFormat(
        ".png",
        "png",
        "some frames of it",
        "contact sheet: evenly spaced frames with the 2D beside the 3D skeletons",
    ),
    OutputFormat(
        ".bvh",
        "bvh",
        "a rig for Blender and other animation tools",
        "motion of one person as rotations of a rig, y up, centimetres",
        one_person=True,
    ),
    OutputFormat(
        ".glb",
        "glb",
        "stick figures on rigs for the same",
        "all people as moving stick figures on rigs, or one person as the character; glTF, y up, "
        "metres",
    ),
    OutputFormat(
        ".vrma",
        "vrma",
        "a motion for VRM characters",
        "motion of one person for VRM characters, y up, metres",
        one_person=True,
    ),
    OutputFormat(
        ".vrm",
        "character.writing",
        "the VRM of --character with it",
        "the character with the motion of one person as its animation",
        one_person=True,
        needs=A_CHARACTER,
    ),
    OutputFormat(
        ".fbx",
        "blender_formats",
        "what .glb holds, made by Blender",
        "what .glb holds, as Blender saves it",
        needs=BLENDER,
    ),
    OutputFormat(
        ".usd",
        "blender_formats",
        "the same",
        "what .glb holds, as Blender saves it",
        needs=BLENDER,
    ),
    OutputFormat(
        ".npz",
        "npz",
        "3D joints, 2D keypoints, scores and more",
        "3D joints, how far they may be off, 2D keypoints, scores, valid frames, rate, joint "
        "names, people, settings",
        reader="npz",
    ),
    OutputFormat(
        ".json",
        "json_file",
        "the same as text",
        "all that .npz holds and the gaps, as text; docs/formats.md has its schema",
        reader="json_file",
    ),
    OutputFormat(
        ".csv",
        "csv_file",
        "3D joints as a table",
        "joints of all people as tidy rows: frame, time, person, joint, x, y, z, score",
        reader="csv_file",
    ),
    OutputFormat(
        ".trc",
        "trc",
        "markers for OpenSim",
        "joints of one person as markers for OpenSim, millimetres, y up; empty without a pose",
        reader="trc",
        one_person=True,
    ),
    OutputFormat(
        ".mot",
        "mot",
        "a motion for OpenSim, with its model as .osim",
        "one person as coordinates of an OpenSim model, degrees and metres, y up",
        one_person=True,
        beside={".osim": "the OpenSim model of the .mot in the size of the person"},
    ),
    OutputFormat(
        ".c3d",
        "c3d",
        "markers for Mokka and Visual3D",
        "joints of all people as points, millimetres, y up; residual -1 without a pose",
        reader="c3d",
    ),
    OutputFormat(
        ".npy",
        "npy",
        "3D joints",
        "joints of one person, (frames, 17, 3) float32, metres, y up; NaN without a pose",
        reader="npy",
        one_person=True,
    ),
)
"""All formats, in the order of the help; of those that can be read, what keeps most comes first."""

BY_SUFFIX: dict[str, OutputFormat] = {known.suffix: known for known in FORMATS}

VIDEO_SUFFIXES: tuple[str, ...] = tuple(f.suffix for f in FORMATS if f.rendered)
"""Suffixes of outputs that are drawn from the video."""

SUFFIXES: tuple[str, ...] = tuple(f.suffix for f in FORMATS if not (f.rendered or f.needs))
"""Suffixes of outputs that are written from poses alone."""

CHARACTER_SUFFIXES = (".glb", ".vrm", ".fbx", ".usd", ".html")
"""Suffixes of outputs that show a character."""

READABLE_SUFFIXES: tuple[str, ...] = tuple(f.suffix for f in FORMATS if f.reader)
"""Suffixes of files that poses can be read from; those that keep most come first."""

PLOT_SUFFIXES: tuple[str, ...] = (".png", ".pdf", ".svg")
"""Figures of joint angles, which `angles_plot.write_plot` draws."""

REPORT_SUFFIXES: tuple[str, ...] = (".html", ".pdf")
"""Reports of gait and exercise, which `report.writing.write_pages` writes."""

_BLENDER = "write .glb or .bvh, which Blender opens and saves as {}"
_CLIP = "write .mp4, which ffmpeg turns into {}"
INSTEAD: dict[str, str] = {
    **dict.fromkeys((".usda", ".usdc", ".usdz"), "write .usd"),
    **dict.fromkeys((".dae", ".abc", ".blend", ".obj", ".x3d", ".anim"), _BLENDER),
    ".vmd": "write .bvh, which programs for MMD figures turn into {}",
    ".gltf": "write .glb, which is the same in one file",
    **dict.fromkeys((".avi", ".mov", ".webm", ".gif", ".mkv", ".m4v", ".wmv", ".flv"), _CLIP),
    **dict.fromkeys((".mpg", ".mpeg", ".ogv", ".ts", ".3gp"), _CLIP),
    **dict.fromkeys((".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"), "write .png"),
    **dict.fromkeys((".pdf", ".svg"), "write .png, or the joint angles as {0} with --plot FILE{0}"),
    **dict.fromkeys((".txt", ".tsv", ".xls", ".xlsx", ".ods"), "write .csv, which tables open"),
    **dict.fromkeys((".pkl", ".pickle", ".mat", ".h5", ".hdf5", ".pt"), "write .npz"),
    **dict.fromkeys((".sto", ".osim"), "write .mot, beside which its model stands as .osim"),
    **dict.fromkeys((".yaml", ".yml", ".xml"), "write .json"),
    ".htm": "write .html",
}
"""What to do where a suffix is asked for that is not written; `{}` stands for it."""


@dataclass(frozen=True)
class ExportContext:
    """What writers know beside the poses.

    Parameters
    ----------
    overwrite
        Replace existing files; otherwise they are refused.
    settings
        The resolved settings of the run, for formats that can carry them.
    source
        The video that the poses come from, for formats that show it; None where it is not at hand.
    image_size
        (width, height) of its frames in pixels as they are shown; None where it is not known.
    part
        Which frames of the source the poses are of.
    camera
        The camera in the scene; None for one that stands still, or of which nothing is known.
    """

    overwrite: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    source: Path | str | Source | None = None
    image_size: tuple[int, int] | None = None
    part: ClipRange = WHOLE
    camera: FilmCamera | None = None

    @property
    def video(self) -> Source | None:
        """`source` with its name for messages."""
        return None if self.source is None else Source.of(self.source)


class Writer(Protocol):
    """Write the people of one clip to a path, yielding each file as soon as it is whole.

    Raises ``NobodyFoundError``, and writes nothing, when nobody has a pose in any frame.
    """

    def __call__(
        self, path: Path, sequences: Sequence[PoseSequence], context: ExportContext
    ) -> Iterator[Path]:
        """Write; all poses are in the scene frame."""
        ...


def is_of_output(suffix: str) -> bool:
    """Whether a suffix is that of a format, or of one that is asked for and not written."""
    return suffix in BY_SUFFIX or suffix in INSTEAD


def no_writer(suffix: str) -> str:
    """Say that no file is written with a suffix, and what to write instead."""
    if advice := INSTEAD.get(suffix.lower()):
        return f"{suffix} is not written; {advice.format(suffix)}"
    known = ", ".join(BY_SUFFIX)
    what = f"its suffix {suffix} is unknown" if suffix else "it has no suffix"
    return f"{what}; the suffix picks the format, one of {known}"


def format_of(path: Path) -> OutputFormat:
    """Return the format that a path's suffix picks, in upper or lower case.

    Raises
    ------
    UsageError
        No format has this suffix; the message says what to write instead.
    """
    if (found := BY_SUFFIX.get(path.suffix.lower())) is None:
        raise UsageError(f"{path}: {no_writer(path.suffix)}")
    return found


def writer_for(path: Path) -> Writer:
    """Return the writer for a path's suffix; ``UsageError`` where poses alone do not make it."""
    known = format_of(path)
    if known.rendered:
        others = ", ".join(SUFFIXES)
        raise UsageError(f"{path}: is drawn from a video; poses alone are written as {others}")
    writer: Writer = import_module(f".{known.writer}", __package__).write
    return writer
