"""One video of many: skipped, lifted or failed, whichever process it is done in."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from ..errors import CheckpointError, DeviceError, GlagcnError, ModelNotFoundError
from ..keypoints.files import SUFFIX as KEPT_2D
from ..keypoints.files import keypoints_path
from ..keypoints.source import KeypointsUse
from ..pipeline.preflight import check_source, files_of_other_people
from ..pipeline.process_video import process_video
from ..pipeline.settings import EVERYBODY, Settings
from ..pipeline.video_lifter import VideoLifter
from ..progress.stages import Stages
from ..video.fetching import as_file
from ..video.probing import probe
from .earlier_runs import KEY, OLDER, EarlierRun, claiming, content_key, forget_models
from .jobs import Job

log = logging.getLogger(__name__)

DONE, SKIPPED, FAILED, NOT_REACHED = "done", "skipped", "failed", "not reached"


@dataclass(frozen=True)
class Choices:
    """What holds for all videos of a call; it is sent to the processes that lift them.

    Parameters
    ----------
    settings
        How they are lifted.
    overwrite
        Lift what was done before too, and replace whatever files stand in the way.
    use
        Where 2D comes from and goes to.
    image_fps
        Pictures a second of all of them, as `video.fetching.as_file` takes it.
    threads
        Of torch and OpenCV in each process; None for as many as they take.
    events
        Processes write the events of their stages (`progress_events`) to standard error.
    load
        Makes the models of a process; a function that other processes can import.
    """

    settings: Settings = field(default_factory=Settings)
    overwrite: bool = False
    use: KeypointsUse = field(default_factory=lambda: KeypointsUse(cache=True))
    image_fps: float | None = None
    threads: int | None = None
    events: bool = False
    load: Callable[[Settings], VideoLifter] = VideoLifter


@dataclass(frozen=True)
class Outcome:
    """What became of one video.

    Parameters
    ----------
    source
        The video.
    status
        `DONE`, `SKIPPED`, `FAILED` or `NOT_REACHED`.
    seconds
        Spent on it.
    frames, people
        Its length and how many people were lifted, where that is known.
    message
        Why it was skipped or failed.
    outputs
        Files of it that are there.
    for_all
        It failed for a reason that every other video would meet too.
    notes
        Levels and texts of what was logged about it, where no handler has shown that yet.
    """

    source: str
    status: str
    seconds: float = 0.0
    frames: int | None = None
    people: int | None = None
    message: str = ""
    outputs: tuple[Path, ...] = ()
    for_all: bool = False
    notes: tuple[tuple[int, str], ...] = ()


def lift_job(job: Job, choices: Choices, stages: Stages | None = None) -> Outcome:
    """Lift one video unless that was done before; whatever fails becomes an outcome.

    Models are loaded for the first video of a process that needs them and kept for the next.

    Parameters
    ----------
    job, choices
        What is to be done.
    stages
        Where progress is shown.
    """
    started = time.perf_counter()
    written: list[Path] = []
    status, message, for_all = FAILED, "", False
    name = job.source.name
    try:
        lifted = _lift_or_skip(job, choices, stages or Stages(), written)
        status, message = (DONE, "") if lifted else (SKIPPED, "done before")
    except GlagcnError as error:
        message, for_all = str(error).removeprefix(f"{name}: "), _is_for_all(error)
        log.debug("how it came about:", exc_info=True)
    except Exception as error:
        kind = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        message = f"unexpected error: {kind}"
        log.debug("how it came about:", exc_info=True)
    told = EarlierRun()
    if status == SKIPPED or written:
        told = EarlierRun.from_report(job.report)
    outputs = (*told.outputs, job.report) if status == SKIPPED else tuple(written)
    seconds = round(time.perf_counter() - started, 2)
    return Outcome(name, status, seconds, told.frames, told.people, message, outputs, for_all)


def _is_for_all(error: GlagcnError) -> bool:
    """Whether models or a device are missing; a device that fails later fails for one video."""
    if isinstance(error, DeviceError):
        return loaded_models.cache_info().currsize == 0
    return isinstance(error, (CheckpointError, ModelNotFoundError))


def _lift_or_skip(job: Job, choices: Choices, stages: Stages, written: list[Path]) -> bool:
    """Whether a video was lifted; False where an earlier run has done all that is wanted."""
    settings, use = choices.settings, choices.use
    with as_file(job.source, settings.part, choices.image_fps) as file:
        check_source(file)
        if not file.path.is_file():
            probe(file, settings.part)  # raises, as it is no file
        wanted = [output.suffix for output in job.outputs] + [KEPT_2D] * use.save_2d
        key = content_key(file, settings, wanted)
        earlier = EarlierRun.from_report(job.report)
        if earlier.did(key) and not choices.overwrite:
            return False
        job.report.parent.mkdir(parents=True, exist_ok=True)
        # What an earlier run wrote here with other settings is ours to replace; nothing else is.
        there = _in_the_way(job, settings.people == EVERYBODY, use.save_2d)
        overwrite = choices.overwrite or (bool(earlier.claimed) and there <= earlier.claimed)
        models = loaded_models(choices)
        older = sorted(path for path in earlier.claimed - {*job.outputs} if path.exists())
        about = {KEY: key, OLDER: [{"path": path} for path in older]}
        with claiming(job.report, job.outputs, earlier):
            process_video(
                models, file, job.outputs, overwrite=overwrite, stages=stages,
                on_written=written.append, use=use, about=about,
            )  # fmt: skip
    return True


def _in_the_way(job: Job, everybody: bool, save_2d: bool) -> set[Path]:
    files = [*job.outputs, *([keypoints_path(job.outputs[0])] if save_2d else [])]
    people = [file for output in job.outputs for file in files_of_other_people(output)]
    return {path for path in files if path.exists()} | set(people if everybody else ())


@lru_cache(maxsize=1)
def loaded_models(choices: Choices) -> VideoLifter:
    """Models of this process, loaded once."""
    models = choices.load(choices.settings)
    models.load()
    if choices.threads and "torch" in sys.modules:
        from ..machine.process import limit_threads

        limit_threads(choices.threads)
    return models


def forget() -> None:
    """Let go of the models that this process has loaded."""
    loaded_models.cache_clear()
    forget_models()


def lift_job_with_notes(job: Job, choices: Choices) -> Outcome:
    """Lift one video in a process that nobody sees: what it logs comes with the outcome."""
    with _notes_taken() as notes:
        outcome = lift_job(job, choices, Stages(events=choices.events, about=job.source.name))
    return replace(outcome, notes=tuple(notes))


@contextmanager
def _notes_taken() -> Iterator[list[tuple[int, str]]]:
    notes: list[tuple[int, str]] = []

    class Taker(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            notes.append((record.levelno, self.format(record)))

    logger, taker = logging.getLogger("glagcn_cli"), Taker()
    before = logger.level, logger.propagate
    logger.addHandler(taker)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    try:
        yield notes
    finally:
        logger.removeHandler(taker)
        logger.level, logger.propagate = before
