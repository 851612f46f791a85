"""Lift many videos in one call."""

from typing import TYPE_CHECKING

from ..faces import late

if TYPE_CHECKING:
    from .jobs import Job as Job
    from .worker import Choices as Choices
    from .worker import Outcome as Outcome
else:
    __getattr__, __dir__, __all__ = late(
        __name__,
        {
            "jobs": "Job",
            "worker": "Choices Outcome",
        },
    )
