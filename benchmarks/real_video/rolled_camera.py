"""Whether the upright is found by people and by lines alike when a real clip is rolled and tilted.

    python -m benchmarks.real_video.rolled_camera demo.mp4 --folder OUT

A virtual camera at the place of the real one looks a little up, down and askew (`virtual_camera`).
Turned back, the directions that are found in all its videos should be one; how far they lie from
their mean is the scatter. What people and lines find wrong alike shows where cameras are
calibrated, in a world whose z axis is up:

    python -m benchmarks.real_video.rolled_camera cam0*.mp4 --calibration Calib.qca.txt --folder OUT
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from benchmarks.real_video.calibrated_views import read_cameras
from benchmarks.real_video.virtual_camera import Filming, write_filmed
from glagcn_cli.camera import DEFAULT_FOV, focal_length
from glagcn_cli.keypoints.source import KeypointsUse
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.pipeline.video_lifter import VideoLifter
from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.gravity import scene_up
from glagcn_cli.scene.placing import as_one_body
from glagcn_cli.scene.plumb import plumb_line, with_lines
from glagcn_cli.video.probing import probe
from glagcn_training.metrics.markdown_table import markdown_table

ROLLS_AND_TILTS = ((0, 0), (10, 0), (0, 8), (0, -8), (-12, 6))  # degrees
CLOSER = 1.25
"""Times the focal length, so that hardly anything from beyond the picture's edges is seen."""

HEAD = (
    "clip", "people: roll, tilt", "scatter", "lines: found", "roll, tilt", "expected error",
    "scatter", "apart", "both: scatter", "error: people", "lines", "both",
)  # fmt: skip
_Array = NDArray[np.float64]


class Found(NamedTuple):
    """Directions against gravity (3,) in the axes of the real camera; None without lines."""

    people: _Array
    lines: _Array | None
    both: _Array
    error: float


def find(models: VideoLifter, clip: Path, turn: _Array, fov: float) -> Found | None:
    """Find the upright in what a camera turned by (3, 3) sees; None where it sees nobody."""
    lifted = models.lift(clip, use=KeypointsUse(cache=True))
    bodies = [models.lifter.lift(person, fov=fov) for person in lifted.keypoints]
    if not bodies:
        return None
    up = scene_up([as_one_body(body, models.settings.smoothing) for body in bodies])
    camera = lifted.cameras[0]
    plumb = plumb_line(camera.lines, up, camera.focal_error)
    if plumb is None:
        return Found(turn.T @ up, None, turn.T @ up, np.nan)
    choices = SceneChoices(lines=camera.lines, focal_error=camera.focal_error)
    both = with_lines(up, choices)
    return Found(turn.T @ up, turn.T @ plumb.up, turn.T @ both, plumb.error)


def filmed_turned(
    clip: Path, folder: Path, seconds: float, roll: float, tilt: float, own_fov: float
) -> tuple[Path, _Array, float]:
    """Write what a turned camera sees; return it with the turn (3, 3) and its field of view."""
    info = probe(clip)
    size = (info.width // 2 * 2, info.height // 2 * 2)
    focal = focal_length((info.width, info.height), own_fov)
    turn = Rotation.from_euler("ZX", [-roll, -tilt], degrees=True).as_matrix()
    target = folder / f"{clip.stem}.{roll}.{tilt}.mp4"
    frames = min(info.frames or 1, max(1, round(seconds * info.fps)))
    camera = Filming(np.tile(turn, (frames, 1, 1)), np.full(frames, CLOSER * focal), size)
    if not target.exists():
        write_filmed(clip, target, camera, own_fov, frames)
    fov = float(np.degrees(2 * np.arctan(max(size) / 2 / (CLOSER * focal))))
    return target, turn, fov


def _scatter(directions: Sequence[_Array]) -> str:
    """Return the root mean square of the angles to the mean, degrees."""
    if not directions:
        return "-"
    mean = np.mean(directions, axis=0)
    mean /= np.linalg.norm(mean)
    away = np.degrees(np.arccos(np.clip(np.array(directions) @ mean, -1, 1)))
    return f"{np.sqrt((away**2).mean()):.1f}"


def _roll_and_tilt(directions: Sequence[_Array]) -> str:
    if not directions:
        return "-"
    x, y, z = np.mean(directions, axis=0)
    return f"{np.degrees(np.arctan2(x, -y)):.1f}, {np.degrees(np.arctan2(z, np.hypot(x, y))):.1f}"


def _errors(directions: Sequence[_Array], true: _Array | None) -> str:
    """Return the root mean square of the angles to the truth, degrees, and the worst."""
    if true is None or not directions:
        return "-"
    away = np.degrees(np.arccos(np.clip(np.array(directions) @ true, -1, 1)))
    return f"{np.sqrt((away**2).mean()):.1f} ({away.max():.1f})"


def row(name: str, found: Sequence[Found], true: _Array | None = None) -> list[str]:
    """Format what was found in all videos of one clip, whose upright may be known, (3,)."""
    people, both = [one.people for one in found], [one.both for one in found]
    lines = [one.lines for one in found if one.lines is not None]
    apart = [np.degrees(np.arccos(one.people @ one.lines)) for one in found
             if one.lines is not None]  # fmt: skip
    error = f"{np.nanmean([one.error for one in found]):.1f}" if lines else "-"
    return [
        name, _roll_and_tilt(people), _scatter(people), f"{len(lines)} of {len(found)}",
        _roll_and_tilt(lines), error, _scatter(lines),
        f"{np.mean(apart):.1f}" if apart else "-", _scatter(both),
        *(_errors(directions, true) for directions in (people, lines, both)),
    ]  # fmt: skip


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("clips", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--folder", required=True, type=click.Path(path_type=Path, file_okay=False))
@click.option("--seconds", default=0.6, show_default=True, help="Of each clip, from its start.")
@click.option("--calibration", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--threads", default=1, show_default=True)
def main(
    clips: Sequence[Path], folder: Path, seconds: float, calibration: Path | None, threads: int
) -> None:
    """Compare people and lines on clips of still cameras."""
    torch.set_num_threads(threads)
    folder.mkdir(parents=True, exist_ok=True)
    rows, models = [list(HEAD)], VideoLifter(Settings(people="all"))
    cameras = {c.name: c for c in read_cameras(calibration)} if calibration else {}
    for clip in clips:
        found, known = [], cameras.get(clip.stem)
        true, own_fov = None, DEFAULT_FOV
        if known is not None:
            true = known.rotation @ [0.0, 0.0, 1.0]
            own_fov = float(np.degrees(2 * np.arctan(max(known.size) / 2 / known.matrix[0, 0])))
        for roll, tilt in ROLLS_AND_TILTS:
            target, turn, fov = filmed_turned(clip, folder, seconds, roll, tilt, own_fov)
            told = VideoLifter(Settings(people="all", fov=fov))
            told.__dict__ |= {"lifter": models.lifter, "keypoints": models.keypoints}
            if (one := find(told, target, turn, fov)) is not None:
                found.append(one)
        rows.append(row(clip.name, found, true))
        click.echo(markdown_table([rows[0], rows[-1]]).splitlines()[-1], err=True)
    click.echo(markdown_table(rows))


if __name__ == "__main__":
    main()
