"""Turns an ordinary video of people into 3D skeletons."""

from typing import TYPE_CHECKING

from .faces import late

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .batch.lift_many import lift_many
    from .pipeline.process_video import lift_video
    from .pipeline.settings import Settings
    from .pipeline.video_lifter import LiftedVideo, VideoLifter
    from .poses import Keypoints2D, PoseSequence
else:
    __getattr__, __dir__ = late(
        __name__,
        {
            "Keypoints2D": "poses",
            "LiftedVideo": "pipeline.video_lifter",
            "PoseSequence": "poses",
            "Settings": "pipeline.settings",
            "VideoLifter": "pipeline.video_lifter",
            "lift_many": "batch.lift_many",
            "lift_video": "pipeline.process_video",
        },
    )

__all__ = [
    "Keypoints2D",
    "LiftedVideo",
    "PoseSequence",
    "Settings",
    "VideoLifter",
    "__version__",
    "lift_many",
    "lift_video",
]
