"""Turns an ordinary video of people into 3D skeletons."""

from typing import TYPE_CHECKING

from .faces import late

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .batch.lift_many import lift_many as lift_many
    from .pipeline.process_video import lift_video as lift_video
    from .pipeline.settings import Settings as Settings
    from .pipeline.video_lifter import LiftedVideo as LiftedVideo
    from .pipeline.video_lifter import VideoLifter as VideoLifter
    from .poses import Keypoints2D as Keypoints2D
    from .poses import PoseSequence as PoseSequence
else:
    __getattr__, __dir__, __all__ = late(
        __name__,
        {
            "batch.lift_many": "lift_many",
            "pipeline.process_video": "lift_video",
            "pipeline.settings": "Settings",
            "pipeline.video_lifter": "LiftedVideo VideoLifter",
            "poses": "Keypoints2D PoseSequence",
        },
    )
