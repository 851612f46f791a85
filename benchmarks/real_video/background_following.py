"""How far the rotation of a camera drifts that comes back.

    python -m benchmarks.real_video.background_following demo.mp4 --seconds 30

The camera is a virtual one over a clip of a still one (`virtual_camera`).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from benchmarks.real_video.virtual_camera import DRIFT, filmed, filming, intrinsics
from glagcn_cli.camera import focal_length
from glagcn_cli.camera_path.path import camera_path
from glagcn_cli.camera_path.watching import BackgroundWatch
from glagcn_cli.keypoints.source import KeypointsUse
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.pipeline.video_lifter import LiftedVideo, VideoLifter
from glagcn_cli.poses import FrameDetections
from glagcn_training.metrics.markdown_table import markdown_table


def moved_boxes(boxes: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return boxes (people, 4) about boxes seen by another camera."""
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
    lifted = np.concatenate([corners, np.ones((*corners.shape[:2], 1))], axis=-1) @ matrix.T
    moved = lifted[..., :2] / lifted[..., 2:]
    return np.concatenate([moved.min(axis=1), moved.max(axis=1)], axis=1).astype(np.float32)


def drift(clip: Path, still: LiftedVideo, fov: float, seconds: float) -> list[str]:
    """Follow a camera for some seconds and back to where it began; return a row of its errors."""
    frames = round(seconds * still.info.fps)
    size = (still.info.width, still.info.height)
    focal = focal_length(size, fov)
    camera = filming(DRIFT, frames, still.info.fps, focal)
    watch = BackgroundWatch(camera.size, still.info.fps)

    def seen(number: int) -> FrameDetections:
        people = still.found.clip.frames[number % still.frames]
        matrix = camera.matrix(number, intrinsics(focal, size))
        return replace(people, boxes=moved_boxes(people.boxes, matrix))

    for number, picture in enumerate(filmed(clip, camera, fov, frames)):
        watch.add([picture], [seen(number)])
    own = float(np.degrees(2 * np.arctan(max(camera.size) / 2 / camera.focal[0])))
    path = camera_path(
        watch.arrays(), frames, slice(0, frames), camera.size, float(still.info.fps), own, True
    )
    if path is None:
        raise click.ClickException("the camera was taken for a still one")
    found, true = path.rotation @ path.rotation[0].T, camera.rotation @ camera.rotation[0].T
    turns = np.degrees(Rotation.from_matrix(found @ true.swapaxes(1, 2)).magnitude())
    return [path.kind, *(f"{v:.2f}" for v in (turns.mean(), turns.max(), turns[-1]))]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("clip", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--seconds", default=30.0, show_default=True)
@click.option("--fov", default=100.0, show_default=True, help="Of the still clip, degrees.")
def main(clip: Path, seconds: float, fov: float) -> None:
    """Measure drift."""
    models = VideoLifter(Settings(people="all", fov=fov))
    still = models.lift(clip, use=KeypointsUse(cache=True))
    head = ["kind", "rotation: mean, degrees", "worst", "at the end"]
    click.echo(markdown_table([head, drift(clip, still, fov, seconds)]))


if __name__ == "__main__":
    main()
