"""Poses that were lifted before, written in other formats: no model runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import OutputError, UsageError
from ..export.formats import ExportContext
from ..export.mp4 import Clip
from ..export.readers.others.posing import Naming
from ..export.readers.others.reading import is_of_others
from ..export.readers.saved_poses import SavedPoses, read_poses
from ..keypoints.provenance import installed_versions
from ..poses import Keypoints2D
from ..progress.stages import Stages
from ..video.clip_times import ClipRange
from ..video.fetching import as_file
from ..video.probing import VideoInfo, probe
from ..video.source import Source
from .others import in_time_with, placed
from .outputs import Ledger, reported, write_outputs
from .preflight import check_characters, check_outputs, check_source
from .run_report import people_rows, video_facts
from .setting import Call, names_with_effect, option_names, settings_of
from .settings import Settings

APPLICABLE = names_with_effect(Settings, Call.POSES)
"""Settings that still matter when poses are written again."""

SCENE = ("smoothing", "height", "foot_lock", "up", "joints", "unit", "axes")
"""Those of them that matter for poses of other programs alone."""


def export_anew(
    poses: Path,
    outputs: Sequence[Path],
    video: Path | str | Source | None = None,
    choices: Mapping[str, Any] | None = None,
    *,
    image_fps: float | None = None,
    plots: Sequence[Path] = (),
    pages: Sequence[Path] = (),
    overwrite: bool = False,
    stages: Stages | None = None,
    on_written: Callable[[Path], object] = lambda path: None,
) -> list[Path]:
    """Write the poses of a file in other formats.

    Parameters
    ----------
    poses
        A file of ours or of another program (`others.reading`), whose poses are placed in a scene.
    outputs
        Files to write; the suffix picks the format.
    video
        The video that they come from, for formats that show it; as `video.fetching.as_file` takes
        it.
    choices
        Settings by name, of those that are `APPLICABLE`.
    image_fps, plots, pages, overwrite, stages, on_written
        As `process_video.process_video` takes them.

    Returns
    -------
    list of Path
        The files that were written, reports last.

    Raises
    ------
    UsageError, InputError
        Of what is known to fail before any work.
    OutputError
        Outputs failed; the others were written.
    """
    stages = stages or Stages()
    chosen = Settings(**(choices or {}))
    source = None if video is None else Source.of(video)
    with stages.stage("reading"):
        saved = _read(poses, chosen, choices or {}, image_fps)
    check_outputs(
        outputs, [poses, source.path if source else None], plots=plots, pages=pages,
        overwrite=overwrite, everybody=len(saved.sequences) > 1,
    )  # fmt: skip
    check_characters([output.suffix for output in outputs], asdict(chosen))
    if source is not None:
        check_source(source)
    with as_file(source, image_fps=image_fps) if source else nullcontext() as file:
        part = ClipRange.from_settings(saved.settings)
        info = None if file is None else probe(file, part)
        saved = in_time_with(saved, info, poses) if info else saved
        names = [name for name in APPLICABLE if saved.of_others or name not in SCENE]
        settings = {**saved.settings, **{name: getattr(chosen, name) for name in names}}
        size = (info.width, info.height) if info else saved.image_size
        context = ExportContext(
            overwrite, settings | {"from_3d": poses}, file, size, part, saved.camera
        )
        clip = _clip(saved, info)
        ledger = Ledger(stages.telling(on_written))
        wanted = [*outputs, *plots, *pages]
        with reported(wanted, ledger, lambda: _report(clip, context, stages)):
            write_outputs(clip, outputs, plots, pages, context, stages, ledger)
    if ledger.failures:
        raise OutputError("\n".join(ledger.failures))
    return [*ledger.written]


def _read(
    poses: Path, chosen: Settings, choices: Mapping[str, Any], fps: float | None
) -> SavedPoses:
    """Read a file of ours, or of another program."""
    rate = None if fps is None else Fraction(fps).limit_denominator(100_000)
    naming = Naming(chosen.joints, chosen.axes, chosen.unit, rate)
    if is_of_others(poses, naming):
        return placed(poses, naming, chosen)
    if given := [name for name in SCENE if choices.get(name) is not None]:
        option = option_names(given[0], settings_of(Settings)[given[0]][1])[0]
        raise UsageError(
            f"{option} has no effect on poses that were lifted before; leave it out, or lift the "
            "video again"
        )
    return read_poses(poses)


def _clip(saved: SavedPoses, info: VideoInfo | None) -> Clip:
    keypoints = []
    if info is not None and saved.has_keypoints:
        keypoints = [
            Keypoints2D(
                np.nan_to_num(sequence.keypoints), sequence.scores, sequence.valid, sequence.fps,
                (info.width, info.height), sequence.joint_set, sequence.person,
            )
            for sequence in saved.sequences
        ]  # fmt: skip
    return Clip(saved.sequences, keypoints, len(saved.sequences[0]), info)


def _report(clip: Clip, context: ExportContext, stages: Stages) -> dict[str, Any]:
    return {
        "settings": context.settings,
        "input": clip.video and video_facts(clip.video),
        "frames": clip.frames,
        "people": people_rows(clip.sequences),
        "stages": stages.report(),
        "versions": installed_versions(),
    }
