"""Follows people through a clip."""

from typing import TYPE_CHECKING

from ..faces import late

if TYPE_CHECKING:
    from .tracks import track_people as track_people
else:
    __getattr__, __dir__, __all__ = late(
        __name__,
        {
            "tracks": "track_people",
        },
    )
