"""Table of the output formats, and the writer of each.

Formats that hold one person (`.npy`, `.bvh`) write the main person under the name asked
for, and every other one under a name with the person's number: `walk.bvh`,
`walk.person2.bvh`. Formats that hold people side by side (`.npz`) write one file.

Nothing here imports torch; scipy is imported with the writer that needs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from ..errors import UsageError
from ..poses import PoseSequence
from ..video.clip_times import WHOLE, ClipRange

VIDEO_SUFFIXES: tuple[str, ...] = (".mp4",)
"""Outputs that are rendered, not written from poses alone; the pipeline makes them."""

_MODULES: dict[str, str] = {
    ".npy": "npy",
    ".npz": "npz",
    ".json": "json_file",
    ".csv": "csv_file",
    ".trc": "trc",
    ".c3d": "c3d",
    ".bvh": "bvh",
    ".glb": "glb",
    ".png": "png",
    ".html": "html.page",
}

SUFFIXES: tuple[str, ...] = tuple(_MODULES)
"""Outputs that have a pose writer."""

PLOT_SUFFIXES: tuple[str, ...] = (".png", ".pdf", ".svg")
"""Figures of joint angles, which `angles_plot.write_plot` draws."""

_BLENDER = "write .glb or .bvh, which Blender opens and saves as {}"
_CLIP = "write .mp4, which ffmpeg turns into {}"
INSTEAD: dict[str, str] = {
    **dict.fromkeys((".fbx", ".usd", ".usda", ".usdc", ".usdz", ".dae", ".abc"), _BLENDER),
    **dict.fromkeys((".blend", ".obj", ".x3d", ".anim", ".vrma"), _BLENDER),
    ".vrm": "write .bvh, which programs for VRM figures take as their motion",
    ".vmd": "write .bvh, which programs for MMD figures turn into {}",
    ".gltf": "write .glb, which is the same in one file",
    **dict.fromkeys((".avi", ".mov", ".webm", ".gif", ".mkv", ".m4v", ".wmv", ".flv"), _CLIP),
    **dict.fromkeys((".mpg", ".mpeg", ".ogv", ".ts", ".3gp"), _CLIP),
    **dict.fromkeys((".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"), "write .png"),
    **dict.fromkeys((".pdf", ".svg"), "write .png, or the joint angles as {0} with --plot FILE{0}"),
    **dict.fromkeys((".txt", ".tsv", ".xls", ".xlsx", ".ods"), "write .csv, which tables open"),
    **dict.fromkeys((".pkl", ".pickle", ".mat", ".h5", ".hdf5", ".pt"), "write .npz"),
    **dict.fromkeys((".mot", ".sto", ".osim"), "write .trc, of which OpenSim makes {}"),
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
    """

    overwrite: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    source: Path | None = None
    image_size: tuple[int, int] | None = None
    part: ClipRange = WHOLE


class Writer(Protocol):
    """Write the people of one clip to a path, yielding each file as soon as it is whole.

    Raises ``NobodyFoundError``, and writes nothing, when nobody has a pose in any frame.
    """

    def __call__(
        self, path: Path, sequences: Sequence[PoseSequence], context: ExportContext
    ) -> Iterator[Path]:
        """Write; all poses are in the scene frame."""
        ...


def no_writer(suffix: str) -> str:
    """Say that no file is written with a suffix, and what to write instead."""
    if advice := INSTEAD.get(suffix.lower()):
        return f"{suffix} is not written; {advice.format(suffix)}"
    known = ", ".join((*VIDEO_SUFFIXES, *SUFFIXES))
    what = f"its suffix {suffix} is unknown" if suffix else "it has no suffix"
    return f"{what}; the suffix picks the format, one of {known}"


def writer_for(path: Path) -> Writer:
    """Writer for a path's suffix, upper or lower case; ``UsageError`` for an unknown one."""
    suffix = path.suffix.lower()
    if suffix not in _MODULES:
        raise UsageError(f"{path}: {no_writer(path.suffix)}")
    writer: Writer = import_module(f".{_MODULES[suffix]}", __package__).write
    return writer
