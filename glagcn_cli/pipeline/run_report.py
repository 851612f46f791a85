"""The report of a run beside its outputs: what was asked, what ran, what came in, how long it took.

One report for every stem: `walk.mp4`, `walk.npz` and `walk.person2.bvh`'s `walk.bvh` share
`walk.run.json`. The middle part keeps it apart from poses that are asked for as `walk.json`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..export.json_values import json_safe
from ..files.atomic import atomic_output
from ..poses import PoseSequence
from ..scene.turns import sudden_turns
from ..video.probing import VideoInfo

REPORT_VERSION = 1


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


def video_facts(info: VideoInfo) -> dict[str, Any]:
    """Return a report's facts of the video, with the path that the user gave."""
    facts = dataclasses.asdict(info)
    del facts["source"]
    return {"path": info.name, **facts}


def people_rows(sequences: Iterable[PoseSequence]) -> list[dict[str, Any]]:
    """Return a report's row of each person; `never_seen` names the joints of a missing half."""
    from ..scene.contact_figures import contact_figures  # imports SciPy

    rows = []
    for sequence in sequences:
        row = {
            "person": sequence.person,
            "frames_with_a_pose": int(sequence.valid.sum()),
            "sudden_turns": sudden_turns(sequence),
            "contacts": dataclasses.asdict(contact_figures(sequence)),
        }
        gone = [] if sequence.absent is None else np.flatnonzero(sequence.absent).tolist()
        names = [sequence.joint_set.joints[joint] for joint in gone]
        rows.append(row | ({"never_seen": names} if names else {}))
    return rows
