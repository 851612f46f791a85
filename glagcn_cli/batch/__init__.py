"""Lift many videos in one call."""

from typing import TYPE_CHECKING

from ..faces import late

if TYPE_CHECKING:
    from .jobs import Job
    from .worker import Choices, Outcome
else:
    __getattr__, __dir__ = late(
        __name__,
        {
            "Choices": "worker",
            "Job": "jobs",
            "Outcome": "worker",
        },
    )

__all__ = [
    "Choices",
    "Job",
    "Outcome",
]
