"""The report of a run beside its outputs: what was asked, what ran, what came in, how long it took.

One report for every stem: `walk.mp4`, `walk.npz` and `walk.person2.bvh`'s `walk.bvh` share
`walk.run.json`. The middle part keeps it apart from poses that are asked for as `walk.json`.
"""

from __future__ import annotations

import dataclasses
import json
import platform
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from .. import __version__
from ..files.atomic import atomic_output
from ..poses import PoseSequence
from ..video import ffmpeg
from ..video.probing import VideoInfo
from .json_values import json_safe

REPORT_VERSION = 1

# The distributions whose version can change a result.
_REPORTED = (
    "torch", "mmpose", "mmdet", "mmengine", "mmcv", "mmcv-lite",
    "numpy", "scipy", "opencv-python", "imageio-ffmpeg",
)  # fmt: skip


def report_paths(outputs: Iterable[Path]) -> list[Path]:
    """Where the reports of these outputs go, each once, in the order of the outputs."""
    return list(dict.fromkeys(output.with_name(f"{output.stem}.run.json") for output in outputs))


def write_report(path: Path, report: Mapping[str, Any]) -> None:
    """Write a report as JSON (UTF-8, two blanks of indent), with its format version in front.

    A report of an earlier run under this name is replaced: it belongs to outputs that this run
    has replaced or stands beside, and refusing it would refuse the second output of a stem.
    """
    full = {"report_version": REPORT_VERSION, **json_safe(report)}
    text = json.dumps(full, indent=2, ensure_ascii=False, allow_nan=False)
    with atomic_output(path, overwrite=True) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def installed_versions() -> dict[str, str]:
    """Versions of this program, of Python, ffmpeg and the packages that can change a result.

    They are read from the packages' metadata, nothing is imported for it.
    """
    versions = {"glagcn": __version__, "python": platform.python_version()}
    for name in _REPORTED:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions | {"ffmpeg": ffmpeg.version()}


def video_facts(info: VideoInfo) -> dict[str, Any]:
    """What a report says of the video, whose path is what the user gave."""
    return dataclasses.asdict(info) | {"path": info.name}


def people_rows(sequences: Iterable[PoseSequence]) -> list[dict[str, int]]:
    """What a report says of each person."""
    return [
        {"person": sequence.person, "frames_with_a_pose": int(sequence.valid.sum())}
        for sequence in sequences
    ]
