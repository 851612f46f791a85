"""Whether a lens that bends lines is found from the background of a camera that turns.

    python -m benchmarks.real_video.bent_lens demo.mp4

A virtual camera over a clip of a still one (`virtual_camera`) turns to both sides and nods; its
lens has a known k1 of OpenCV. Focal length and rotation are compared without and with the lens that
is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from benchmarks.real_video.virtual_camera import DRIFT, Filming, filmed, filming
from glagcn_cli.camera import focal_length
from glagcn_cli.camera_path.lens import Lens
from glagcn_cli.camera_path.lens_of_turns import lens_of_turns
from glagcn_cli.camera_path.links import BackgroundLinks
from glagcn_cli.camera_path.path import ASSUMED_FOV, camera_path
from glagcn_cli.camera_path.watching import BackgroundWatch
from glagcn_cli.poses import FrameDetections
from glagcn_cli.video.probing import probe
from glagcn_training.metrics.markdown_table import markdown_table

BENDINGS = (0.0, -0.03, -0.1, -0.25)
ZOOM = 1.2  # times the still clip's focal length
GUESS = 60.0  # degrees: the usual field of view, from which the search begins
HEAD = (
    "k1", "found", "focal length off, %: without", "with", "rotation off, degrees: without", "with",
)  # fmt: skip


def nobody() -> FrameDetections:
    """Return a frame without people: those in the clip are left to the robust fit."""
    return FrameDetections(
        np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 17, 2), np.float32),
        np.zeros((0, 17), np.float32),
    )  # fmt: skip


def errors(
    clip: dict[str, NDArray], camera: Filming, size: tuple[int, int], fps: float, fov: float,
    known: bool,
) -> list[str]:  # fmt: skip
    """Return the errors of the focal length, percent, and of the rotation, degrees."""
    frames = len(camera.focal)
    path = camera_path(clip, frames, slice(0, frames), size, fps, fov, known)
    if path is None:
        return ["-", "-"]
    found, true = path.rotation @ path.rotation[0].T, camera.rotation @ camera.rotation[0].T
    away = np.degrees(Rotation.from_matrix(found @ true.swapaxes(1, 2)).magnitude())
    return [f"{100 * abs(path.focal[0] / camera.focal[0] - 1):.1f}", f"{away.max():.2f}"]


def row(clip: Path, bending: float, fov: float, seconds: float) -> list[str]:
    """Measure one lens."""
    info = probe(clip)
    frames, fps = round(seconds * info.fps), float(info.fps)
    focal = focal_length((info.width, info.height), fov) * ZOOM
    wide = filming(DRIFT, frames, info.fps, focal)
    width, height = size = (720, 640)
    margin = (120, 120)
    camera = replace(wide, size=(width + 2 * margin[0], height + 2 * margin[1]))
    lens = Lens((bending,), focal, size)
    rows = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float64)
    x, y = np.moveaxis(lens.straight(rows.reshape(-1, 2)).reshape(rows.shape), -1, 0)
    x, y = x + np.float32(margin[0]), y + np.float32(margin[1])
    pictures = (
        np.asarray(cv2.remap(picture, x, y, cv2.INTER_LINEAR), np.uint8)
        for picture in filmed(clip, camera, fov, frames)
    )
    watch = BackgroundWatch(size, info.fps)
    for picture in pictures:
        watch.add([picture], [nobody()])
    seen = watch.arrays()
    links = BackgroundLinks.of_clip(seen, frames)
    if links is None:
        raise click.ClickException("the camera was taken for a still one")
    guess = float(np.log(focal_length(size, GUESS) / max(size)))
    found = lens_of_turns(links, size, guess, ASSUMED_FOV)
    before = errors(seen, camera, size, fps, GUESS, False)
    after = before if found is None else errors(
        found.background(seen, frames), camera, size, fps, found.fov, True
    )  # fmt: skip
    told = "-" if found is None else f"{found.coefficients[0]:.3f}"
    return [f"{bending:g}", told, before[0], after[0], before[1], after[1]]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("clip", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--seconds", default=4.0, show_default=True)
@click.option("--fov", default=100.0, show_default=True, help="Of the still clip, degrees.")
def main(clip: Path, seconds: float, fov: float) -> None:
    """Measure lenses of several distortions."""
    rows: list[Sequence[str]] = [HEAD]
    for bending in BENDINGS:
        rows.append(row(clip, bending, fov, seconds))
        click.echo(markdown_table([rows[0], rows[-1]]).splitlines()[-1], err=True)
    click.echo(markdown_table(rows))


if __name__ == "__main__":
    main()
