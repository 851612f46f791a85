"""Look at video files, read their frames, and write videos."""

from typing import TYPE_CHECKING

from ..faces import late

if TYPE_CHECKING:
    from .clip_times import ClipRange
    from .probing import VideoInfo, probe
    from .reader import VideoReader
    from .writer import VideoWriter
else:
    __getattr__, __dir__ = late(
        __name__,
        {
            "ClipRange": "clip_times",
            "VideoInfo": "probing",
            "VideoReader": "reader",
            "VideoWriter": "writer",
            "probe": "probing",
        },
    )

__all__ = [
    "ClipRange",
    "VideoInfo",
    "VideoReader",
    "VideoWriter",
    "probe",
]
