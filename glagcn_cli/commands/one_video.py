"""What a call of ``glagcn-video`` does for one video: check, load the models, lift and write."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError

if TYPE_CHECKING:
    from ..keypoints.source import KeypointsUse

log = logging.getLogger(__name__)

_OF_VIDEO = {"start", "end", "max_frames", "every"}


@dataclass(frozen=True)
class Task:
    """What one call is to do: the video, files to write, where those that were go, uses of 2D."""

    source: Path | str | None
    outputs: list[Path]
    plots: list[Path]
    overwrite: bool
    progress: str
    written: list[Path]
    keeping: Mapping[str, Any]
    fps: float | None
    quiet: bool = False


def lift(task: Task, threads: int | None, given: dict[str, object]) -> None:
    """Check everything that is cheap to check, then load the models and work."""
    from ..keypoints.source import KeypointsUse
    from ..pipeline.preflight import check_outputs, check_source

    source, use = task.source, KeypointsUse(**task.keeping)
    if source is None:
        _refuse(given.keys() & _OF_VIDEO, "without a video")
    main_input = Path(source or use.from_2d or "")
    if source is not None:
        check_source(Path(source))
    everybody = given.get("people") == "all"
    check_outputs(
        task.outputs, main_input, plots=task.plots, overwrite=task.overwrite, everybody=everybody
    )
    use.check([*task.outputs, *task.plots], task.overwrite)
    if use.from_2d is not None:
        _refuse(given.keys() & {"detector", "pose"}, "with --from-2d; leave one of them out")
    if source is None:
        _work(task, None, threads, given, use)
        return
    from ..video.clip_times import ClipRange
    from ..video.sources import as_file

    part = ClipRange(**{name: given[name] for name in given.keys() & _OF_VIDEO})  # type: ignore[arg-type]
    with as_file(source, part, task.fps) as file:
        from ..video.probing import probe

        probe(file, part)
        _work(task, file, threads, given, use)


def _work(
    task: Task,
    file: Path | None,
    threads: int | None,
    given: dict[str, object],
    use: KeypointsUse,
) -> None:
    """Load the models and lift the video in a file, or the 2D that ``use`` names."""
    from ..machine.process import limit_threads
    from ..machine.system_libraries import check_opencv
    from ..pipeline.choosing import what_numbers_mean
    from ..pipeline.preflight import check_models
    from ..pipeline.settings import Settings
    from ..video.sources import shown

    settings = Settings(**given)  # type: ignore[arg-type]
    check_models(settings)
    check_opencv()
    if use.from_2d is None and (note := what_numbers_mean(settings.people)):
        log.info("%s", note)
    if threads:
        limit_threads(threads)
    from ..pipeline.process_video import process_video
    from ..pipeline.video_lifter import VideoLifter
    from ..progress.stages import Stages

    stages = Stages.shown_as(task.progress, shown(task.source) if task.source else None)
    with stages.stage("loading"):
        models = VideoLifter(settings)
    process_video(
        models, file, task.outputs, plots=task.plots, overwrite=task.overwrite, stages=stages,
        on_written=task.written.append, use=use, named=shown(task.source) if task.source else None,
    )  # fmt: skip


def export_poses(task: Task, poses: Path, given: dict[str, object]) -> None:
    """Write poses that were lifted before in other formats."""
    from ..pipeline.preflight import check_source
    from ..pipeline.reexport import APPLICABLE, export_anew
    from ..progress.stages import Stages
    from ..video.sources import as_file

    # Click gives these whether or not they were asked for.
    chosen = given.keys() - {"people", "device"}
    without = "on poses that were lifted before; leave it out, or lift the video anew"
    _refuse(chosen - set(APPLICABLE), without)
    if task.source is not None:
        check_source(Path(task.source))
    stages = Stages.shown_as(task.progress, str(poses))
    with as_file(task.source, image_fps=task.fps) if task.source else nullcontext() as file:
        export_anew(
            poses, task.outputs, file, {name: given[name] for name in chosen}, plots=task.plots,
            overwrite=task.overwrite, stages=stages, on_written=task.written.append,
        )  # fmt: skip


def _refuse(useless: Collection[str], where: str) -> None:
    """Refuse settings that were chosen and mean nothing; tell of one of them."""
    if useless:
        option = min(useless).replace("_", "-")
        raise UsageError(f"--{option} has no effect {where}")
