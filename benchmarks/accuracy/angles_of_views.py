"""Joint angles of a real clip against those that four calibrated cameras triangulate.

    python -m benchmarks.accuracy.angles_of_views SinglePerson/videos/cam0?.mp4 \
        --calibration Calib.qca.txt --cache CACHE

The clips come with a BSD-3 package: `pip download --no-deps pose2sim==0.10.49`, unzip, and look in
`Pose2Sim/Demo_SinglePerson`. One man balances for 1.7 seconds: no figure predicts another clip.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.accuracy.angles import KINDS, LEAST_FRAMES
from benchmarks.measuring.agreement import centred_rms
from benchmarks.real_video.calibrated_views import read_cameras
from benchmarks.real_video.clip_measures import BODY
from benchmarks.real_video.clip_people import PeopleFinder
from benchmarks.real_video.views_truth import Truth
from glagcn_cli.biomechanics.angle_names import NAMES, kind_of
from glagcn_cli.biomechanics.error_bars import angles_with_deviations
from glagcn_cli.biomechanics.joint_angles import joint_angles
from glagcn_cli.lifting.checkpoints import DEFAULT_LIFTER
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.poses import Keypoints2D, PoseSequence
from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.placing import to_scene
from glagcn_cli.skeleton import COCO17, H36M17, lifter_points
from glagcn_training.metrics.markdown_table import markdown_table

Floats = NDArray[np.float64]


def true_pose(truth: Truth, fps: Fraction) -> PoseSequence:
    """Return triangulated joints (world, z up) as a pose; hip and thorax lie between theirs.

    Frames in which the views disagree on a joint are not valid.
    """
    points = np.zeros((len(truth.joints), len(COCO17), 3))
    points[:, COCO17.indices(BODY)] = truth.joints
    x, y, z = np.moveaxis(points, -1, 0)
    flat = [lifter_points(np.stack(pair, axis=-1), COCO17) for pair in ((x, z), (-y, z))]
    joints = np.concatenate([flat[0], flat[1][..., :1]], axis=-1)
    frames = len(joints)
    return PoseSequence(
        joints.astype(np.float32), np.ones((frames, 17), np.float32),
        np.asarray(truth.good.all(axis=1), bool), fps,
        np.zeros((frames, 17, 2), np.float32), joint_set=H36M17,
    )  # fmt: skip


def lifted_pose(lifter: Lifter, person: Keypoints2D) -> PoseSequence:
    """Lift a person and place them in a scene, as a run does."""
    body = lifter.lift(person, flip=True)
    return to_scene([body], person.image_size, SceneChoices())[0]


def rows(truth: PoseSequence, views: Sequence[PoseSequence]) -> Iterator[list[str]]:
    """Yield a row for each angle: centred errors by view, bias, and shares within the bars."""
    true = joint_angles(truth).degrees
    measured = [angles_with_deviations(view) for view in views]
    for kind in KINDS:
        columns = [column for column, name in enumerate(NAMES) if kind_of(name) == kind]
        if kind.startswith("head"):
            continue
        cells, offs, bars = [], [], []
        for one in measured:
            assert one.deviations is not None
            frames = min(len(one), len(true))
            off = one.degrees[:frames, columns] - true[:frames, columns]
            known = np.isfinite(off)
            errors = [centred_rms(o[k]) for o, k in zip(off.T, known.T, strict=True)
                      if k.sum() >= LEAST_FRAMES]  # fmt: skip
            cells.append(f"{np.sqrt(np.mean(np.square(errors))):.1f}" if errors else ".")
            offs.append(off[known])
            bars.append(one.deviations[:frames, columns][known])
        off, bar = np.concatenate(offs), np.concatenate(bars)
        if not len(off):
            continue
        shares = [f"{100 * (np.abs(off) < k * bar).mean():.0f}" for k in (1, 2)]
        yield [kind, *cells, f"{off.mean():+.1f}", f"{np.median(bar):.1f}", *shares]


@click.command()
@click.argument("clips", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--calibration", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--cache", required=True, type=click.Path(path_type=Path))
@click.option("--threads", default=1, show_default=True)
def main(clips: tuple[Path, ...], calibration: Path, cache: Path, threads: int) -> None:
    """Print a table of CLIPS, the views of one person."""
    torch.set_num_threads(threads)
    finder, lifter = PeopleFinder(cache), Lifter.load(DEFAULT_LIFTER)
    people = [finder(clip).people[0] for clip in clips]
    cameras = {camera.name: camera for camera in read_cameras(calibration)}
    truth = Truth.triangulated([cameras[clip.stem] for clip in clips], people)
    pose = true_pose(truth, people[0].fps)
    click.echo(f"{int(pose.valid.sum())} of {len(pose)} frames in which the views agree\n")
    head = ["angle", *(clip.stem for clip in clips), "bias", "bar, median", "within 1, %",
            "within 2, %"]  # fmt: skip
    views = [lifted_pose(lifter, person) for person in people]
    click.echo(markdown_table([head, *rows(pose, views)]))


if __name__ == "__main__":
    main()
