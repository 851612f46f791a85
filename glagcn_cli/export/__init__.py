"""Write 3D poses to files, one module a format, chosen by the suffix of the output's name."""

from typing import TYPE_CHECKING

from ..faces import late

if TYPE_CHECKING:
    from .formats import PLOT_SUFFIXES as PLOT_SUFFIXES
    from .formats import SUFFIXES as SUFFIXES
    from .formats import VIDEO_SUFFIXES as VIDEO_SUFFIXES
    from .formats import ExportContext as ExportContext
    from .formats import writer_for as writer_for
    from .readers.saved_poses import SavedPoses as SavedPoses
    from .readers.saved_poses import read_poses as read_poses
else:
    __getattr__, __dir__, __all__ = late(
        __name__,
        {
            "formats": "PLOT_SUFFIXES SUFFIXES VIDEO_SUFFIXES ExportContext writer_for",
            "readers.saved_poses": "SavedPoses read_poses",
        },
    )
