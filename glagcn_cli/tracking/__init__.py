"""Follows people through a clip."""

from typing import TYPE_CHECKING

from ..faces import late

if TYPE_CHECKING:
    from .tracks import track_people
else:
    __getattr__, __dir__ = late(
        __name__,
        {
            "track_people": "tracks",
        },
    )

__all__ = [
    "track_people",
]
