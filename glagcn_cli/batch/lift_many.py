"""Many videos in one call: found in folders, lifted side by side, none lost for another's sake."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

from ..errors import OutputError, UsageError
from ..export.formats import BY_SUFFIX, INSTEAD, no_writer
from ..machine.devices import usable_cores
from ..pipeline.preflight import check_characters
from ..video.source import STANDARD_INPUT
from .jobs import Job, find_jobs
from .summary import write_summary
from .watcher import BatchWatcher
from .worker import NOT_REACHED, Choices, Outcome, forget, lift_job

log = logging.getLogger(__name__)

__all__ = ["Choices", "Outcome", "lift_many"]

DEFAULT_FORMATS = ("mp4", "npy", "bvh")


def lift_many(
    inputs: Sequence[Path | str],
    output_dir: Path | str,
    choices: Choices | None = None,
    *,
    formats: Sequence[str] = DEFAULT_FORMATS,
    jobs: int | None = None,
    ray: str | None = None,
    watcher: BatchWatcher | None = None,
) -> list[Outcome]:
    """Lift every video of a list of files and folders.

    The tree under a folder is kept under `output_dir`. What an earlier call has done of the same
    content, with the same models, settings and formats, is skipped; what a call was stopped in, or
    was done with other settings, is done anew. A video that fails does not stop the others.

    With `jobs` above 1, processes are started that import the calling script: its own work must
    stand under ``if __name__ == "__main__":``.

    Parameters
    ----------
    inputs
        Files, folders, addresses, or numbered pictures; see `jobs.find_jobs`.
    output_dir
        Made if it is missing. ``summary.csv`` goes there, also when the call is interrupted.
    choices
        What holds for all videos.
    formats
        What is written for each: suffixes without their dot.
    jobs
        Processes that work at a time, each with models of its own; None for 1, in this process,
        and with `ray` for as many as the cluster takes. Threads are shared out among them.
    ray
        Address of a Ray cluster that does the work, or ``local``.
    watcher
        Told of the beginning, of every outcome, and of the time that passes.

    Returns
    -------
    list of Outcome
        One for each video, in the order in which they were found; `not reached` are those left
        when a model could not be loaded.

    Raises
    ------
    UsageError
        An unknown format, names that cannot be told apart, Ray is not installed.
    InputError
        There is no video in the folders.
    OutputError
        The folder cannot be made, or the summary cannot be written.
    """
    choices, watcher, folder = choices or Choices(), watcher or BatchWatcher(), Path(output_dir)
    if STANDARD_INPUT in map(str, inputs):
        raise UsageError("standard input holds one video; name its output with -o")
    if choices.use.from_2d is not None:
        raise UsageError("2D keypoints of a file are of one video; name its output with -o")
    suffixes = _suffixes(formats)
    check_characters(suffixes, asdict(choices.settings))
    found = find_jobs(inputs, folder, suffixes)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{folder}: this folder cannot be made ({reason})") from error
    outcomes = {i: Outcome(job.source.name, NOT_REACHED) for i, job in enumerate(found)}
    watcher.begin(len(found))
    try:
        with closing(_ended(found, choices, jobs, ray, watcher)) as ended:
            for index, outcome in ended:
                outcomes[index] = replace(outcome, notes=())
                for level, text in outcome.notes:
                    log.log(level, "%s", text)
                watcher.ended(outcomes[index])
                if outcome.for_all:
                    break
    finally:
        watcher.close()
        write_summary(folder, list(outcomes.values()))
    return list(outcomes.values())


def _suffixes(formats: Sequence[str]) -> tuple[str, ...]:
    suffixes = tuple(dict.fromkeys("." + one.strip().lower().lstrip(".") for one in formats))
    for suffix in suffixes:
        if suffix not in BY_SUFFIX:
            names = ", ".join(one[1:] for one in BY_SUFFIX)
            told = (
                no_writer(suffix) if suffix in INSTEAD else f"there is no such format, but {names}"
            )
            raise UsageError(f"--format {suffix[1:]}: {told}")
    if not suffixes:
        raise UsageError("no format is named")
    return suffixes


def _ended(
    found: Sequence[Job], choices: Choices, jobs: int | None, ray: str | None, watcher: BatchWatcher
) -> Generator[tuple[int, Outcome], None, None]:
    """Outcomes as they come, from wherever the work is done."""
    if ray is not None:
        from .ray_cluster import lift_on_ray

        yield from lift_on_ray(found, choices, ray, jobs, watcher.tick)
        return
    count = min(jobs or 1, len(found))
    if count > 1:
        from .processes import lift_in_processes

        threads = max(1, (choices.threads or usable_cores()) // count)
        yield from lift_in_processes(found, replace(choices, threads=threads), count, watcher.tick)
        return
    try:
        for index, job in enumerate(found):
            yield index, lift_job(job, choices, watcher.stages(job.source.name))
    finally:
        forget()
