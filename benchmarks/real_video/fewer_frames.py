"""Cost and error of finding joints in fewer frames than a video has, with splines between them.

    python -m benchmarks.real_video.fewer_frames SinglePerson/videos/cam0?.mp4
        --calibration Calib.qca.txt --cache CACHE --rate 30 --rate 15

The truth is triangulated from joints found in every frame. Without a calibration, joints are
compared with those of every frame alone. Seconds are those of the 2D models, by the clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.real_video.calibrated_views import read_cameras
from benchmarks.real_video.clip_people import People, PeopleFinder
from benchmarks.real_video.real_clips import product_poses
from benchmarks.real_video.views_truth import Truth, score_views
from glagcn_cli.lifting.checkpoints import DEFAULT_LIFTER
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.poses import Keypoints2D
from glagcn_training.metrics.markdown_table import markdown_table

Poses = tuple[NDArray[np.float64], NDArray[np.bool_]]


def poses_of(lifter: Lifter, person: Keypoints2D) -> Poses:
    """Lift a person and place them in a scene: joints (frames, 17, 3) and valid (frames,)."""
    poses = product_poses(lifter, person, Settings())["scene"]
    return poses.joints, poses.valid


def difference(one: Poses, other: Poses) -> float:
    """Compute the mean distance of joints about the hip, millimetres, where both have a pose."""
    both = one[1] & other[1]
    first, second = (joints[both] - joints[both][:, :1] for joints, _ in (one, other))
    return float(1000 * np.linalg.norm(first - second, axis=-1)[:, 1:].mean())


def rows(
    clips: Sequence[Path], rates: Sequence[float], cache: Path, calibration: Path | None
) -> list[list[str]]:
    """Measure every rate on every clip; one row a rate."""
    lifter = Lifter.load(DEFAULT_LIFTER)
    found: dict[str, list[People]] = {}
    for rate in (0.0, *rates):
        finder = PeopleFinder(cache, keypoint_rate=rate)
        found[f"{rate:g} a second" if rate else "every frame"] = [finder(clip) for clip in clips]
    every = found["every frame"]
    lifted = {
        name: [poses_of(lifter, people.people[0]) for people in views]
        for name, views in found.items()
    }
    errors: dict[str, list[float]] = {}
    if calibration:
        cameras = {camera.name: camera for camera in read_cameras(calibration)}
        truth = Truth.triangulated(
            [cameras[clip.stem] for clip in clips], [people.people[0] for people in every]
        )
        scored = score_views({"2D": truth}, lifted)
        errors = {name: by_truth["2D"] for name, by_truth in scored.items()}
    table = [["joints found in", "models, s", "P-MPJPE by view, mm", "to every frame, mm", "poses"]]
    for name, views in found.items():
        apart = [
            difference(*both) for both in zip(lifted[name], lifted["every frame"], strict=True)
        ]
        views_mm = errors.get(name, [])
        shown = f"{np.mean(views_mm):.1f} ({', '.join(f'{e:.0f}' for e in views_mm)})"
        table.append(
            [
                name,
                f"{sum(people.seconds for people in views):.1f}",
                shown if views_mm else "",
                f"{np.mean(apart):.1f}",
                f"{sum(int(valid.sum()) for _, valid in lifted[name])}",
            ]
        )
    return table


@click.command()
@click.argument("clips", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--rate", "rates", multiple=True, type=float, default=(30.0, 20.0, 15.0))
@click.option("--calibration", type=click.Path(exists=True, path_type=Path))
@click.option("--cache", required=True, type=click.Path(path_type=Path))
@click.option("--threads", default=1, show_default=True)
def main(
    clips: tuple[Path, ...],
    rates: tuple[float, ...],
    calibration: Path | None,
    cache: Path,
    threads: int,
) -> None:
    """Print a table of CLIPS: time of the models and errors, by how many frames are looked at."""
    torch.set_num_threads(threads)
    click.echo(markdown_table(rows(clips, rates, cache, calibration), left=1))


if __name__ == "__main__":
    main()
