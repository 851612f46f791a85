"""Write 3D poses to files, one module a format, chosen by the suffix of the output's name."""

from typing import TYPE_CHECKING

from ..faces import late

if TYPE_CHECKING:
    from .formats import PLOT_SUFFIXES, SUFFIXES, VIDEO_SUFFIXES, ExportContext, writer_for
    from .readers.saved_poses import SavedPoses, read_poses
else:
    __getattr__, __dir__ = late(
        __name__,
        {
            "ExportContext": "formats",
            "PLOT_SUFFIXES": "formats",
            "SUFFIXES": "formats",
            "SavedPoses": "readers.saved_poses",
            "VIDEO_SUFFIXES": "formats",
            "read_poses": "readers.saved_poses",
            "writer_for": "formats",
        },
    )

__all__ = [
    "PLOT_SUFFIXES",
    "SUFFIXES",
    "VIDEO_SUFFIXES",
    "ExportContext",
    "SavedPoses",
    "read_poses",
    "writer_for",
]
