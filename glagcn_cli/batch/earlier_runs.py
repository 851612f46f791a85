"""What an earlier run has done of a video: told by a key of all that its outputs depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..defaults import EXTREMITIES_LIFTER, LIFTER
from ..errors import InputError
from ..files.atomic import atomic_output
from ..files.checksums import remembered_sha256
from ..keypoints.provenance import OPENSIM, installed_versions, made_by
from ..lifting.checkpoints import lifter_path
from ..lifting.opening import lifter_sha256
from ..pipeline.run_report import write_report
from ..pipeline.settings import Settings
from ..video.source import Source

KEY, OLDER = "content_key", "older_outputs"
"""Names in the report of a run: of the key, and of what runs before it left under its stem."""


def content_key(video: Source, settings: Settings, wanted: Sequence[str]) -> str:
    """Name all that the outputs of a video depend on.

    The video's own name and date do not matter, nor does the device, whose results differ by
    rounding.

    Parameters
    ----------
    video
        The file; its whole content is hashed.
    settings
        How it is lifted.
    wanted
        The kinds of files that are written, in any order.

    Raises
    ------
    InputError
        The video cannot be read.
    """
    try:
        content = remembered_sha256(video.path)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(
            f"{video.name}: cannot be read ({reason}); check its permissions"
        ) from error
    about = {"content": content, "wanted": sorted(wanted), **_made_with(settings)}
    if ".mot" in wanted:
        about[OPENSIM] = installed_versions().get(OPENSIM)
    if video.rate is not None:
        about["fps"] = str(video.rate)
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


@lru_cache(maxsize=1)
def _made_with(settings: Settings) -> dict[str, Any]:
    """Return settings, models by content, and versions; the same for all videos of a call."""
    by_content = {"device", "detector", "pose", "lifter", "character", "character_bones"}
    chosen = {name: value for name, value in asdict(settings).items() if name not in by_content}
    hashes = {"lifter": lifter_sha256(lifter_path(settings.lifter))}
    if settings.lifter == LIFTER:  # in its stead where the 2D has feet or palms
        hashes["extremities_lifter"] = lifter_sha256(lifter_path(EXTREMITIES_LIFTER))
    for name in ("character", "character_bones"):
        if (path := getattr(settings, name)) is not None:
            hashes[name] = remembered_sha256(Path(path))
    return {"settings": chosen, **hashes, "made_by": made_by(settings)}


def forget_models() -> None:
    """Read model files anew for the next key: they may have been replaced."""
    _made_with.cache_clear()


@dataclass(frozen=True)
class EarlierRun:
    """What the report of a run says of it.

    Parameters
    ----------
    key
        Of what its outputs depend on; empty where it is not said.
    outputs
        Files that it wrote.
    not_written
        Files that it was to write and did not.
    older
        Files that runs before it wrote with other settings or formats.
    frames, people
        Length of the video, and how many people were lifted; None where it is not said.
    """

    key: str = ""
    outputs: tuple[Path, ...] = ()
    not_written: tuple[Path, ...] = ()
    older: tuple[Path, ...] = ()
    frames: int | None = None
    people: int | None = None

    @classmethod
    def from_report(cls, report: Path) -> EarlierRun:
        """Read a report; one that is missing, damaged or of something else says nothing."""
        try:
            told: Mapping[str, Any] = json.loads(report.read_text(encoding="utf-8"))

            def files(rows: str) -> tuple[Path, ...]:
                # By name alone: the folder may have been moved with all that is in it.
                paths = [row["path"] for row in told.get(rows, [])]
                return tuple(report.with_name(Path(path).name) for path in paths)

            people = None
            if "people" in told:
                people = sum(1 for row in told["people"] if row["frames_with_a_pose"])
            key, frames = str(told.get(KEY, "")), told.get("frames")
            return cls(key, files("outputs"), files("not_written"), files(OLDER), frames, people)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls()

    @property
    def claimed(self) -> set[Path]:
        """Files that are of this program, if they are there."""
        return {*self.outputs, *self.not_written, *self.older}

    def did(self, key: str) -> bool:
        """Whether it did all that is wanted now, and all that it wrote is still there."""
        whole = bool(self.outputs) and not self.not_written
        return whole and key == self.key and all(path.is_file() for path in self.outputs)


@contextmanager
def claiming(report: Path, wanted: Sequence[Path], earlier: EarlierRun) -> Iterator[None]:
    """Say in a report's place, while a run goes on, which files are going to be its own.

    A run that is killed leaves that behind, so that the next may replace what it has written. One
    that ends before it wrote anything leaves what was there before.
    """
    before = report.read_bytes() if report.is_file() else None
    files = list(dict.fromkeys([*wanted, *sorted(earlier.claimed)]))
    why = "not reached"
    write_report(
        report, {"outputs": [], "not_written": [{"path": file, "why": why} for file in files]}
    )
    claim = report.read_bytes()
    try:
        yield
    finally:
        if report.is_file() and report.read_bytes() == claim:
            if before is None:
                report.unlink()
            else:
                with atomic_output(report, overwrite=True) as temporary:
                    temporary.write_bytes(before)
