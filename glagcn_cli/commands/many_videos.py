"""What a call of ``glagcn-video`` does that was given many videos: lift them, print a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from ..progress.events import JSON


def lift_videos(
    sources: Sequence[Path | str],
    output_dir: Path,
    given: dict[str, Any],
    *,
    formats: Sequence[str],
    jobs: int | None,
    ray: str | None,
    overwrite: bool,
    save_2d: bool,
    cache: bool,
    image_fps: float | None,
    threads: int | None,
    progress: str,
    quiet: bool,
    on_written: Callable[[Path], object],
) -> bool:
    """Lift many videos and print what became of them; whether all of them are done.

    Parameters
    ----------
    sources, output_dir, formats, jobs, ray
        As `batch.lift_many.lift_many` takes them; formats may have commas between them.
    given
        Settings that were chosen, by name.
    overwrite, image_fps, threads
        As `batch.worker.Choices` has them.
    save_2d, cache
        As `keypoints.source.KeypointsUse` has them.
    progress, quiet
        How progress is shown, and whether the table is left out.
    on_written
        Called with each file as soon as it is whole.
    """
    from ..machine.system_libraries import check_opencv
    from ..pipeline.preflight import check_models
    from ..pipeline.settings import Settings

    settings = Settings(**given)
    check_models(settings)
    check_opencv()
    from ..batch.lift_many import DEFAULT_FORMATS, lift_many
    from ..batch.summary import FILE, table
    from ..batch.watcher import ShownBatch
    from ..batch.worker import DONE, SKIPPED, Choices
    from ..keypoints.source import KeypointsUse

    use = KeypointsUse(save_2d=save_2d, cache=cache)
    choices = Choices(settings, overwrite, use, image_fps, threads, events=progress == JSON)
    names = [name for text in formats for name in text.split(",")] or DEFAULT_FORMATS
    watcher = ShownBatch(progress, on_written)
    try:
        outcomes = lift_many(
            sources, output_dir, choices, formats=names, jobs=jobs, ray=ray, watcher=watcher
        )
    finally:
        if watcher.total and (summary := output_dir / FILE).is_file():
            on_written(summary)
    if progress != JSON and not quiet:
        click.echo(table(outcomes), err=True)
    return all(outcome.status in (DONE, SKIPPED) for outcome in outcomes)
