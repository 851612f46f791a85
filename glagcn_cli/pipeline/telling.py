"""Lines that tell a user what people lack."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ..halves import half_of
from ..poses import PoseSequence
from ..video.probing import VideoInfo

log = logging.getLogger(__name__)


def tell_of_halves(sequences: Sequence[PoseSequence], info: VideoInfo) -> None:
    """Say of whom half is never in the picture."""
    for sequence in sequences:
        if (half := half_of(sequence.absent)) is not None:
            log.info(
                "%s: the %s of person %d is never in the picture: it is missing in the outputs",
                info.name, half.name, sequence.person,
            )  # fmt: skip
