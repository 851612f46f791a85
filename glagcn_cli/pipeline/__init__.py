"""Run all stages from a video to its outputs."""

from typing import TYPE_CHECKING

from ..faces import late

if TYPE_CHECKING:
    from .process_video import lift_video
    from .settings import Settings
    from .video_lifter import LiftedVideo, VideoLifter
else:
    __getattr__, __dir__ = late(
        __name__,
        {
            "LiftedVideo": "video_lifter",
            "Settings": "settings",
            "VideoLifter": "video_lifter",
            "lift_video": "process_video",
        },
    )

__all__ = [
    "LiftedVideo",
    "Settings",
    "VideoLifter",
    "lift_video",
]
