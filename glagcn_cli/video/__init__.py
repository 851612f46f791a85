"""Look at video files, read their frames, and write videos."""

from typing import TYPE_CHECKING

from ..faces import late

if TYPE_CHECKING:
    from .clip_times import ClipRange as ClipRange
    from .probing import VideoInfo as VideoInfo
    from .probing import probe as probe
    from .reader import VideoReader as VideoReader
    from .writer import VideoWriter as VideoWriter
else:
    __getattr__, __dir__, __all__ = late(
        __name__,
        {
            "clip_times": "ClipRange",
            "probing": "VideoInfo probe",
            "reader": "VideoReader",
            "writer": "VideoWriter",
        },
    )
