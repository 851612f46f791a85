"""The videos in files and folders, and what the outputs of each are called."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError, UsageError
from ..operating_system import folded
from ..pipeline.run_report import report_paths
from ..video.source import Source
from ..wording import plain_text
from .earlier_runs import EarlierRun

log = logging.getLogger(__name__)

VIDEO_FILES = (
    ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".mts", ".m2ts", ".ts",
    ".wmv", ".flv", ".3gp", ".ogv", ".vob", ".mxf", ".gif",
)  # fmt: skip
"""Suffixes by which videos are found in folders; a file that is named itself may have any."""


@dataclass(frozen=True)
class Job:
    """One video of many, and the files to write for it.

    Parameters
    ----------
    source
        The video.
    outputs
        Files to write, all of one stem; the first names the report.
    """

    source: Source
    outputs: tuple[Path, ...]

    @property
    def report(self) -> Path:
        """Where the report of its run goes."""
        return report_paths(self.outputs[:1])[0]


@dataclass(frozen=True)
class _Found:
    """A video, and the folder that was given and holds it; of one given itself, its own folder."""

    source: Source
    folder: Path

    def candidates(self) -> Iterator[str]:
        """Names under the folder of outputs, the wanted one first, without a suffix of theirs."""
        if not self.source.is_file:
            yield self.source.plain_name
            return
        full = self.source.path.relative_to(self.folder)
        short = full.with_suffix("")
        above = self.folder.resolve().name
        yield from (plain_text(str(p)) for p in (short, full, above / short, above / full))


def find_jobs(inputs: Sequence[Path | str], output_dir: Path, suffixes: Sequence[str]) -> list[Job]:
    """Find the videos in files and folders, and name the outputs of each.

    Folders are searched with all folders in them, each once, whatever links lead to it. What is
    hidden, `output_dir` itself, and videos that a report beside them calls an output are left
    out. The order is that of the inputs, and by name within each.

    Outputs have the input's place and stem under `output_dir`. Where several inputs would take one
    name, all of these get, in this order, whichever tells them apart: their suffix as part of the
    name (``walk.mov.npy``), or the name of the folder they came from above it.

    Parameters
    ----------
    inputs
        Files, folders, addresses, numbered pictures.
    output_dir
        Where outputs are going to be written.
    suffixes
        Formats, as suffixes of files: ``(".mp4", ".npy")``.

    Raises
    ------
    UsageError
        Names cannot be told apart, or an output would take the place of an input.
    InputError
        There is no video in the folders.
    """
    by_place: dict[str, _Found] = {}
    for given in inputs:
        for video in _videos_of(given, output_dir):
            by_place.setdefault(_place(video.source), video)
    found = list(by_place.values())
    if not found:
        places = ", ".join(str(given) for given in inputs)
        raise InputError(f"{places}: no videos in there (looked for {', '.join(VIDEO_FILES)})")
    jobs = [
        Job(video.source, tuple(output_dir / f"{name}{suffix}" for suffix in suffixes))
        for video, name in zip(found, _distinct_names(found), strict=True)
    ]
    _check_apart(jobs)
    return jobs


def _videos_of(given: Path | str, output_dir: Path) -> Iterator[_Found]:
    source, path = Source.of(given), Path(given)
    if not source.is_file:
        yield _Found(source, path.parent)
    elif not path.is_dir():
        yield _Found(Source.of(path), path.parent)
    else:
        leave_out = output_dir.resolve() if not _same(output_dir, path) else None
        for file in _files_below(path, leave_out):
            if file.suffix.lower() in VIDEO_FILES and not _is_output(file):
                yield _Found(Source.of(file), path)


def _files_below(folder: Path, leave_out: Path | None) -> Iterator[Path]:
    """Files in a folder and the folders in it, by name; what links lead to comes last."""
    seen: set[Path] = set() if leave_out is None else {leave_out}
    waiting: list[Path] = [folder]
    linked: list[Path] = []
    while waiting or linked:
        # A link is followed when no folder is left that it might lead to.
        current = waiting.pop() if waiting else linked.pop(0)
        try:
            place = current.resolve(strict=True)
            if place in seen:
                continue
            seen.add(place)
            entries = sorted(current.iterdir())
        except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before 3.13
            log.warning("%s: is left out, for it cannot be read (%s)", current, error)
            continue
        shown = [entry for entry in entries if not entry.name.startswith(".")]
        yield from (entry for entry in shown if _is(Path.is_file, entry))
        folders = [entry for entry in shown if _is(Path.is_dir, entry)]
        linked += [entry for entry in folders if entry.is_symlink()]
        waiting += [entry for entry in reversed(folders) if not entry.is_symlink()]


def _is(kind: Callable[[Path], bool], entry: Path) -> bool:
    try:
        return kind(entry)
    except (OSError, RuntimeError):
        return False  # a link that leads nowhere


def _is_output(file: Path) -> bool:
    """Whether a report beside a file calls it an output of this program."""
    return file in EarlierRun.from_report(report_paths([file])[0]).claimed


def _distinct_names(found: Sequence[_Found]) -> list[str]:
    """One name each; of those that would share a name, the next ones that they can have."""
    candidates = [list(video.candidates()) for video in found]
    names = [own[0] for own in candidates]
    counted = Counter(map(_told_by, names))
    shared = [index for index, name in enumerate(names) if counted[_told_by(name)] > 1]
    for length in range(1, 4):
        tried = names.copy()
        for index in shared:
            tried[index] = candidates[index][min(length, len(candidates[index]) - 1)]
        if len(set(map(_told_by, tried))) == len(tried):
            names = tried
            break
    return names


def _told_by(name: str) -> str:
    """Return what distinguishes a name on every file system, without a person's number."""
    return re.sub(r"\.person\d+$", "", folded(name))


def _check_apart(jobs: Sequence[Job]) -> None:
    """Refuse what would be written over something of another video."""
    inputs = {_place(job.source): job.source for job in jobs}
    first_of: dict[str, Job] = {}
    for job in jobs:
        stem = _told_by(str(job.outputs[0].with_suffix("")))
        if (other := first_of.setdefault(stem, job)) is not job:
            raise UsageError(
                f"{other.source.name} and {job.source.name} would both be written as "
                f"{job.outputs[0]}; lift them in calls of their own, with other folders for the "
                "outputs"
            )
        for output in job.outputs:
            if (source := inputs.get(_place(Source.of(output)))) is not None:
                raise UsageError(
                    f"{output}: would take the place of the input {source.name}; name another "
                    f"folder with --output-dir, or leave {output.suffix[1:]} out of --format"
                )


def _place(source: Source) -> str:
    """Where a file lies, with links in the folders above it followed."""
    if not source.is_file:
        return str(source.place)
    path = source.path
    try:
        return str(path.parent.resolve() / path.name)
    except (OSError, RuntimeError):
        return str(path.absolute())


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)
