"""People filmed by a camera that turns and zooms, against the same people filmed by a still one.

    python -m benchmarks.real_video.turning_camera demo.mp4 --folder /tmp/turning

A real clip of a still camera is filmed by a virtual one (`virtual_camera`) and lifted as any video.
The same clip, lifted as it is with the same field of view, is the truth, in the frames in which the
virtual camera sees all of the person. `--in-place` leaves the camera's motion in, as it was before
it was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from benchmarks.real_video.virtual_camera import (
    DRIFT,
    MOTIONS,
    Filming,
    filming,
    intrinsics,
    write_filmed,
)
from glagcn_cli.camera import focal_length
from glagcn_cli.keypoints.source import KeypointsUse
from glagcn_cli.pipeline import shot_cameras
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.pipeline.video_lifter import LiftedVideo, VideoLifter
from glagcn_cli.poses import PoseSequence
from glagcn_cli.rendering.chosen_view import ChosenView
from glagcn_cli.rendering.moving_view import moving_axes
from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.placing import place
from glagcn_cli.skeleton import H36M17
from glagcn_cli.smoothing import low_pass
from glagcn_training.metrics.markdown_table import markdown_table

COLUMNS = (
    "motion", "kind", "rotation: mean, degrees", "worst", "at the end", "focal length, %",
    "heading, degrees", "path, % of its length", "jitter, times", "skate, mm a frame",
    "reprojection, px", "3D view, times as large",
)  # fmt: skip

NEAR = 0.15  # of a person's height: pixels between the same joints of two detections
VIEW = (720, 720)  # pixels of the 3D view beside these clips
JITTER_FROM = 2.0  # hertz: faster changes of a path are jitter
_HIPS = H36M17.indices(["left_hip", "right_hip"])
_FEET = H36M17.indices(["left_ankle", "right_ankle"])


@dataclass(frozen=True)
class Still:
    """The truth: main person of the still clip, and rotation (3, 3) from the camera's axes."""

    person: PoseSequence
    axes: NDArray[np.float64]
    focal: float


def still_scene(models: VideoLifter, clip: Path, fov: float, number: int) -> Still:
    """Lift a clip of a still camera."""
    lifted = models.lift(clip, use=KeypointsUse(cache=True))
    size = (lifted.info.width, lifted.info.height)
    keypoints = next(one for one in lifted.keypoints if one.person == number)
    poses = models.lifter.lift(keypoints, fov=fov, flip=models.settings.flip)
    (placed,) = place([[poses]], size, [SceneChoices(fov)])
    return Still(placed.people[0], placed.axes, focal_length(size, fov))


def filmed_keypoints(still: Still, camera: Filming, size: tuple[int, int]) -> NDArray[np.float64]:
    """Return where the virtual camera sees the 2D of the still clip, (frames, 17, 2) pixels."""
    own = intrinsics(still.focal, size)
    there = np.concatenate([still.person.keypoints, np.ones((*still.person.scores.shape, 1))], -1)
    matrices = np.stack([camera.matrix(frame, own) for frame in range(len(there))])
    shown = np.einsum("fij,fvj->fvi", matrices, there)
    return shown[..., :2] / shown[..., 2:]


def same_person(
    lifted: LiftedVideo, still: PoseSequence, shown: NDArray[np.float64]
) -> PoseSequence:
    """Return the person whose joints lie where the virtual camera sees those of the still clip."""

    def found(person: PoseSequence) -> int:
        both = person.valid & still.valid
        tall = np.ptp(shown[both][..., 1], axis=1)
        away = np.linalg.norm(person.keypoints[both] - shown[both], axis=-1).mean(axis=1)
        return int((away < NEAR * tall).sum())

    return max(lifted.sequences, key=found)


def in_still_world(
    person: PoseSequence, lifted: LiftedVideo, camera: Filming, still: Still, first: int
) -> NDArray[np.float64]:
    """Turn joints to the axes of the still clip's scene, by the camera of the first frame alone."""
    if lifted.camera is None:
        return person.joints.astype(np.float64)
    turn = still.axes @ camera.rotation[first].T @ lifted.camera.rotation[first]
    return person.joints @ turn.T


@dataclass(frozen=True)
class Scores:
    """Figures of one motion, as `COLUMNS` names them after the second."""

    heading: float
    path: float
    jitter: float
    skate: float


def compare(moved: NDArray, valid: NDArray, person: PoseSequence, still: Still) -> Scores:
    """Compare joints (frames, 17, 3) with those of the still clip, in the same axes."""
    both = valid & still.person.valid
    true = still.person.joints.astype(np.float64)
    path, truth = moved[both, 0][:, ::2], true[both, 0][:, ::2]
    away = (path - path.mean(axis=0)) - (truth - truth.mean(axis=0))
    length = np.linalg.norm(np.diff(truth[::5], axis=0), axis=1).sum()
    turned = np.angle(np.exp(1j * (_heading(moved[both]) - _heading(true[both]))))
    fps = person.fps
    return Scores(
        float(np.degrees(np.abs(turned).mean())),
        100 * float(np.sqrt((away**2).sum(axis=1).mean())) / length,
        _jitter(moved[:, 0], both, fps) / _jitter(true[:, 0], both, fps),
        _skate(moved, person.contacts, both),
    )


def _heading(joints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the direction (frames,) of the hips over the floor, radians."""
    across = joints[:, _HIPS[0]] - joints[:, _HIPS[1]]
    return np.arctan2(across[:, 2], across[:, 0])


def _jitter(path: NDArray[np.float64], valid: NDArray[np.bool_], fps: Fraction) -> float:
    """Return the median acceleration of a path's fast part, metres a second squared."""
    fast = (path - low_pass(path, valid, fps, JITTER_FROM))[valid]
    return float(np.median(np.linalg.norm(np.diff(fast, 2, axis=0), axis=1))) * float(fps) ** 2


def _skate(
    joints: NDArray[np.float64], contacts: NDArray[np.bool_] | None, valid: NDArray[np.bool_]
) -> float:
    """Return the mean distance over the floor of ankles in contact from frame to frame, mm."""
    if contacts is None:
        return float("nan")
    held = contacts[1:] & contacts[:-1] & (valid[1:] & valid[:-1])[:, None]
    moved = np.linalg.norm(np.diff(joints[:, _FEET][..., ::2], axis=0), axis=-1)
    return 1000 * float(moved[held].mean()) if held.any() else float("nan")


def reprojection(lifted: LiftedVideo, person: PoseSequence) -> float:
    """Return the median distance in pixels of joints through the camera from their 2D."""
    if lifted.camera is None:
        return float("nan")
    size = (lifted.info.width, lifted.info.height)
    shown = lifted.camera.project(person.joints, size)
    away = np.linalg.norm(shown - person.keypoints, axis=-1)
    return float(np.median(away[person.valid & lifted.camera.known]))


def view_growth(lifted: LiftedVideo, person: PoseSequence) -> float:
    """Return how many times as large a 3D view that may move shows somebody as a fixed one."""
    axes = moving_axes([person], lifted.camera, VIEW)
    if axes is None:
        return 1.0
    return ChosenView([axes.seen_by(person)], VIEW).main_size / ChosenView([person], VIEW).main_size


def rotation_errors(lifted: LiftedVideo, camera: Filming) -> NDArray[np.float64]:
    """Return degrees (frames,) between found and true turns since the first frame."""
    path = lifted.cameras[0].path
    if path is None:
        return np.full(len(camera.focal), np.nan)
    found = path.rotation @ path.rotation[0].T
    true = camera.rotation[: len(found)] @ camera.rotation[0].T
    return np.degrees(Rotation.from_matrix(found @ true.swapaxes(1, 2)).magnitude())


def row(
    name: str, lifted: LiftedVideo, camera: Filming, still: Still, size: tuple[int, int],
) -> list[str]:  # fmt: skip
    """Format the figures of one motion."""
    shown = filmed_keypoints(still, camera, size)
    person = same_person(lifted, still.person, shown)
    whole = ((shown >= 0) & (shown < camera.size)).all(axis=(1, 2))
    valid = person.valid & whole
    first = int(np.argmax(valid & still.person.valid))
    moved = in_still_world(person, lifted, camera, still, first)
    scores = compare(moved, valid, person, still)
    turns, path = rotation_errors(lifted, camera), lifted.cameras[0].path
    focal = np.nan if path is None else 100 * np.abs(path.focal / camera.focal - 1).max()
    return [
        name, lifted.cameras[0].kind, *(f"{v:.2f}" for v in (turns.mean(), turns.max(), turns[-1])),
        f"{focal:.1f}", f"{scores.heading:.1f}", f"{scores.path:.1f}", f"{scores.jitter:.2f}",
        f"{scores.skate:.2f}", f"{reprojection(lifted, person):.1f}",
        f"{view_growth(lifted, person):.1f}",
    ]  # fmt: skip


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("clip", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--folder", required=True, type=click.Path(path_type=Path, file_okay=False))
@click.option("--fov", default=100.0, show_default=True, help="Of the still clip, degrees.")
@click.option("--person", default=1, show_default=True, help="Who is compared.")
@click.option("--motion", "names", multiple=True, type=click.Choice([*MOTIONS]), help="Not all.")
@click.option("--tell-fov/--no-tell-fov", default=True, show_default=True)
@click.option("--in-place", is_flag=True, help="Leave the camera's motion in.")
@click.option("--threads", default=1, show_default=True)
def main(
    clip: Path, folder: Path, fov: float, person: int, names: Sequence[str], tell_fov: bool,
    in_place: bool, threads: int,
) -> None:  # fmt: skip
    """Measure turning cameras on a clip of a still one."""
    if in_place:
        shot_cameras.camera_path = lambda *_: None
    torch.set_num_threads(threads)
    folder.mkdir(parents=True, exist_ok=True)
    models = VideoLifter(Settings(people="all", fov=fov))
    still = still_scene(models, clip, fov, person)
    rows = [list(COLUMNS)]
    for name in names or [name for name in MOTIONS if name != DRIFT]:
        lifted = models.lift(clip, use=KeypointsUse(cache=True))
        size = (lifted.info.width, lifted.info.height)
        camera = filming(name, lifted.frames, lifted.info.fps, still.focal)
        target = folder / f"{clip.stem}.{name.replace(' ', '_')}.mp4"
        if not target.exists():
            write_filmed(clip, target, camera, fov, lifted.frames)
        own = float(np.degrees(2 * np.arctan(max(camera.size) / 2 / camera.focal.min())))
        told = VideoLifter(Settings(people="all", fov=own if tell_fov else None))
        told.__dict__ |= {"lifter": models.lifter, "keypoints": models.keypoints}
        seen = told.lift(target, use=KeypointsUse(cache=True))
        rows.append(row(name, seen, camera, still, size))
        click.echo(markdown_table([rows[0], rows[-1]]).splitlines()[-1], err=True)
    click.echo(markdown_table(rows, left=2))


if __name__ == "__main__":
    main()
