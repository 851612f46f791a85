"""What a call of ``glagcn-video`` does for one video: load the library, lift and write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def lift(
    video: Path | str | None,
    outputs: Sequence[Path],
    given: dict[str, Any],
    *,
    from_2d: Path | None,
    save_2d: bool,
    cache: bool,
    progress: str,
    **how: Any,
) -> None:
    """Lift one video.

    Parameters
    ----------
    video, outputs
        What is read, and the files to write; no video where `from_2d` says all that is needed.
    given
        Settings that were chosen, by name.
    from_2d, save_2d, cache
        As `keypoints.source.KeypointsUse` has them.
    progress
        How progress is shown.
    how
        More that `process_video` takes.
    """
    from ..keypoints.source import KeypointsUse
    from ..pipeline.process_video import process_video
    from ..pipeline.settings import Settings

    use = KeypointsUse(from_2d, save_2d, cache)
    stages = _stages(progress, video)
    process_video(Settings(**given), video, outputs, stages=stages, use=use, **how)


def export_poses(
    poses: Path,
    video: Path | str | None,
    outputs: Sequence[Path],
    given: dict[str, Any],
    *,
    progress: str,
    **how: Any,
) -> None:
    """Write poses that were lifted before in other formats; `how` as `export_anew` takes it."""
    from ..pipeline.reexport import export_anew

    export_anew(poses, outputs, video, given, stages=_stages(progress, poses), **how)


def _stages(progress: str, source: Path | str | None) -> Any:
    from ..progress.stages import Stages
    from ..video.source import Source

    return Stages.shown_as(progress, None if source is None else Source.of(source).name)
