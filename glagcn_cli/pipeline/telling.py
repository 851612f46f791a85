"""Lines that tell a user what was unlike an ordinary video."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ..halves import half_of
from ..poses import PoseSequence
from ..shots.shots import Shot
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


def tell_of_shots(shots: Sequence[Shot], info: VideoInfo) -> None:
    """Say what is unlike a film of one shot with a camera that stands still."""
    if len(shots) > 1:
        times = ", ".join(f"{float(shot.start / info.fps):.2f}" for shot in shots[1:9])
        more = ", ..." if len(shots) > 9 else ""
        log.info(
            "%s: the film is cut (at %s s%s): each of its %d shots has people and a scene of its "
            "own",
            info.name, times, more, len(shots),
        )  # fmt: skip
    moving = [shot for shot in shots if shot.moving_camera]
    if moving:
        where = "" if len(shots) == 1 else f" in {len(moving)} of {len(shots)} shots"
        log.info(
            "%s: the camera moves%s (the background drifts by %.0f %% of the picture), so "
            "everybody stays in place%s",
            info.name,
            where,
            100 * max(shot.drift for shot in moving),
            where and " there",
        )
