"""What a call of ``glagcn-video`` does that was given many videos: check, lift, tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ..errors import UsageError
from ..progress.events import JSON
from .one_video import Task

SEVERAL = (
    "name a folder for the outputs of several videos: --output-dir FOLDER, with --format "
    "mp4,npy,bvh in place of -o"
)


@dataclass(frozen=True)
class ManyTask:
    """What was asked for many videos: where to write, what, and who does the work."""

    output_dir: Path | None
    formats: tuple[str, ...]
    jobs: int | None
    ray: str | None

    def check(self, sources: Sequence[Path | str], given: Mapping[str, Any]) -> None:
        """Refuse options that do not go together.

        Parameters
        ----------
        sources
            What is to be lifted.
        given
            Values of options for one video, by the options' names.
        """
        if self.output_dir is None:
            of_many = {"--format": self.formats, "--jobs": self.jobs, "--ray": self.ray}
            if useless := [name for name, value in of_many.items() if value]:
                raise UsageError(_of_many(useless[0], self.formats, sources))
            if forgotten := [path for path in sources[1:] if _is_output(path)]:
                asked = " ".join(f"-o {path}" for path in forgotten)
                raise UsageError(f"{forgotten[0]} is no video; to write it: {asked}")
            a_folder = len(sources) == 1 and Path(sources[0]).is_dir() and not any(given.values())
            if len(sources) > 1 or a_folder:
                raise UsageError(SEVERAL)
            return
        if not sources:
            raise UsageError("name the videos, or folders of them")
        if useless := [name for name, value in given.items() if value]:
            more = "; --format picks what is written" if useless[0] == "-o" else ""
            raise UsageError(f"{useless[0]} is for one video, not for --output-dir{more}")


def _of_many(option: str, formats: Sequence[str], sources: Sequence[Path | str]) -> str:
    """Say what to type in place of an option for many videos."""
    if option == "--format" and len(sources) == 1 and not Path(sources[0]).is_dir():
        suffix = formats[0].split(",")[0].strip().lstrip(".")
        name = Path(f"{Path(sources[0]).stem}3d.{suffix}")
        return f"--format is for many videos; of one, the output's name says it: -o {name}"
    return f"{option} is for many videos: name a folder with --output-dir too"


def _is_output(path: Path | str) -> bool:
    """Whether an argument is no input, but a file to write whose -o was forgotten."""
    from ..export.formats import INSTEAD, SUFFIXES, VIDEO_SUFFIXES
    from ..video.sources import is_file_name

    suffix = Path(path).suffix.lower()
    is_written = suffix in (*VIDEO_SUFFIXES, *SUFFIXES, *INSTEAD)
    return is_written and is_file_name(path) and not Path(path).is_file()


def lift_videos(
    task: Task,
    many: ManyTask,
    sources: Sequence[Path | str],
    threads: int | None,
    given: dict[str, Any],
) -> bool:
    """Lift many videos and print what became of them; whether all of them are done."""
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

    choices = Choices(
        settings, task.overwrite, KeypointsUse(**task.keeping), task.fps, threads,
        events=task.progress == JSON,
    )  # fmt: skip
    assert many.output_dir is not None
    formats = [name for text in many.formats for name in text.split(",")] or DEFAULT_FORMATS
    watcher = ShownBatch(task.progress, task.written)
    try:
        outcomes = lift_many(
            sources, many.output_dir, choices, formats=formats, jobs=many.jobs, ray=many.ray,
            watcher=watcher,
        )  # fmt: skip
    finally:
        if watcher.total and (summary := many.output_dir / FILE).is_file():
            task.written.append(summary)
    if task.progress != JSON and not task.quiet:
        click.echo(table(outcomes), err=True)
    return all(outcome.status in (DONE, SKIPPED) for outcome in outcomes)
