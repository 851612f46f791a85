"""Writers of 3D poses, one a file, chosen by the suffix of the output's name.

A clip of several people: formats that hold one person (`.npy`, `.bvh`) give the first person of the
list, which is the main person, exactly the name asked for, and every other one a name with the
person's number: `walk.bvh`, `walk.person2.bvh`. Formats that hold people side by side (`.npz`)
write one file.

Nothing here imports torch; scipy is imported with the writer that needs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from ..clip_times import WHOLE, ClipRange
from ..errors import UsageError
from ..poses import PoseSequence

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
    ".html": "html",
}

SUFFIXES: tuple[str, ...] = tuple(_MODULES)
"""Outputs that have a pose writer."""

PLOT_SUFFIXES: tuple[str, ...] = (".png", ".pdf", ".svg")
"""Figures of joint angles, which `angles_plot.write_plot` draws."""


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


def writer_for(path: Path) -> Writer:
    """Writer for a path's suffix, upper or lower case; ``UsageError`` for an unknown one."""
    suffix = path.suffix.lower()
    if suffix not in _MODULES:
        known = ", ".join((*VIDEO_SUFFIXES, *SUFFIXES))
        what = f"its suffix {path.suffix!r} is unknown" if suffix else "it has no suffix"
        raise UsageError(f"{path}: {what}; the suffix picks the format, one of {known}")
    writer: Writer = import_module(f".{_MODULES[suffix]}", __name__).write
    return writer
