"""How far the rotation of a camera drifts that comes back, and what following it costs.

    python -m benchmarks.real_video.background_following demo.mp4 --seconds 30

The camera is a virtual one over a clip of a still one (`virtual_camera`).
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from benchmarks.real_video.virtual_camera import DRIFT, filmed, filming, intrinsics
from glagcn_cli.camera import focal_length
from glagcn_cli.camera_path.following import BackgroundFollower
from glagcn_cli.camera_path.path import camera_path
from glagcn_cli.keypoints.source import KeypointsUse
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.pipeline.video_lifter import LiftedVideo, VideoLifter
from glagcn_cli.poses import FrameDetections
from glagcn_cli.video.reader import Frame, VideoReader
from glagcn_training.metrics.markdown_table import markdown_table


def follow(
    follower: BackgroundFollower, pictures: Iterable[tuple[Frame, FrameDetections]]
) -> float:
    """Follow the background of pictures; return seconds of processor time."""
    taken = 0.0
    for picture, people in pictures:
        started = time.thread_time()
        follower.add([picture], [people])
        taken += time.thread_time() - started
    return taken


def moved_boxes(boxes: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return boxes (people, 4) about boxes seen by another camera."""
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
    lifted = np.concatenate([corners, np.ones((*corners.shape[:2], 1))], axis=-1) @ matrix.T
    moved = lifted[..., :2] / lifted[..., 2:]
    return np.concatenate([moved.min(axis=1), moved.max(axis=1)], axis=1).astype(np.float32)


def drift(
    clip: Path, still: LiftedVideo, fov: float, seconds: float
) -> tuple[list[str], list[str]]:
    """Follow a camera for some seconds and back to where it began.

    Returns the rows of its errors and of the time that it took.
    """
    frames = round(seconds * still.info.fps)
    size = (still.info.width, still.info.height)
    focal = focal_length(size, fov)
    camera = filming(DRIFT, frames, still.info.fps, focal)
    follower = BackgroundFollower(camera.size, still.info.fps)

    def seen(number: int) -> FrameDetections:
        people = still.found.clip.frames[number % still.frames]
        matrix = camera.matrix(number, intrinsics(focal, size))
        return replace(people, boxes=moved_boxes(people.boxes, matrix))

    taken = follow(follower, ((picture, seen(number)) for number, picture in
                              enumerate(filmed(clip, camera, fov, frames))))  # fmt: skip
    own = float(np.degrees(2 * np.arctan(max(camera.size) / 2 / camera.focal[0])))
    path = camera_path(
        follower.arrays(), frames, slice(0, frames), camera.size, float(still.info.fps), own, True
    )
    if path is None:
        raise click.ClickException("the camera was taken for a still one")
    found, true = path.rotation @ path.rotation[0].T, camera.rotation @ camera.rotation[0].T
    turns = np.degrees(Rotation.from_matrix(found @ true.swapaxes(1, 2)).magnitude())
    errors = [path.kind, *(f"{v:.2f}" for v in (turns.mean(), turns.max(), turns[-1]))]
    return errors, ["turning", f"{1000 * taken / frames:.1f}"]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("clip", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--seconds", default=30.0, show_default=True)
@click.option("--fov", default=100.0, show_default=True, help="Of the still clip, degrees.")
def main(clip: Path, seconds: float, fov: float) -> None:
    """Measure drift and cost."""
    torch.set_num_threads(1)
    models = VideoLifter(Settings(people="all", fov=fov))
    models.load()
    started = time.process_time()
    still = models.lift(clip, use=KeypointsUse(cache=False))
    whole = 1000 * (time.process_time() - started) / still.frames
    errors, moving = drift(clip, still, fov, seconds)
    head = ["kind", "rotation: mean, degrees", "worst", "at the end"]
    click.echo(markdown_table([head, errors]))
    with VideoReader(clip) as reader:
        follower = BackgroundFollower((reader.info.width, reader.info.height), reader.info.fps)
        taken = follow(follower, zip(reader, still.found.clip.frames, strict=True))
    rows = [["still", f"{1000 * taken / still.frames:.1f}"], moving]
    shares = [f"{100 * float(row[1]) / whole:.1f}" for row in rows]
    rows = [[*row, f"{whole:.1f}", share] for row, share in zip(rows, shares, strict=True)]
    head = ["camera", "following, ms a frame", "lifting, ms a frame", "share, %"]
    click.echo("\n" + markdown_table([head, *rows]))


if __name__ == "__main__":
    main()
