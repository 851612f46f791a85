"""Run all stages from a video to its outputs."""

from typing import TYPE_CHECKING

from ..faces import late

if TYPE_CHECKING:
    from .process_video import lift_video as lift_video
    from .settings import Settings as Settings
    from .video_lifter import LiftedVideo as LiftedVideo
    from .video_lifter import VideoLifter as VideoLifter
else:
    __getattr__, __dir__, __all__ = late(
        __name__,
        {
            "process_video": "lift_video",
            "settings": "Settings",
            "video_lifter": "LiftedVideo VideoLifter",
        },
    )
