"""Scenes against the truth: people's paths, and whether their feet stay on the floor.

    python -m benchmarks.accuracy.scene --data-dir PACKS

The packs' validation subjects through virtual cameras of a known field of view, lifted and placed
as videos are, with the foot lock and without, and as before a camera that walks. Tables are in
markdown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray

from glagcn_cli.lifting.checkpoints import DEFAULT_LIFTER
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.poses import Keypoints2D, PoseSequence
from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.contact_figures import ContactFigures, contact_figures
from glagcn_cli.scene.contacts import ANKLE_HEIGHT, ANKLES
from glagcn_cli.scene.placing import scene_axes, to_scene
from glagcn_cli.skeleton import H36M17
from glagcn_training.data.packs import read_packs
from glagcn_training.evaluation.evaluate import Observation, observe_takes
from glagcn_training.evaluation.evaluation_noise import EXACT, NOISE
from glagcn_training.metrics.markdown_table import markdown_table

SECONDS = 10.0
"""Seconds after which a path's error is measured, or at the end of a shorter take."""

LEAST_SECONDS = 2.0
LEAST_PATH = 3.0
"""Least metres of a path for errors in percent of it."""

STILL, FLAT = 0.25, 0.06
"""Metres a second, and metres above its lowest, below which a true ankle stands."""

UPRIGHT = 5.0
"""Largest angle in degrees from the vertical to the true line from hip to head, if upright."""

COLUMNS = (
    "feet", "path: error, % of its length", "across the view", "all joints, mm",
    "in contact: fastest, cm/s", "farthest from the floor, cm", "contacts found, %", "wrong, %",
    "true contacts: median speed, cm/s", "standing upright: tilt, degrees",
    "true contacts: skate, mm a frame", "penetration, mm", "floating, mm", "jerk, m/s3",
    "way of a second over the true one: across", "in depth",
)  # fmt: skip


PLACED = {
    "as lifted": SceneChoices(foot_lock=False),
    "held": SceneChoices(),
    "held, the camera walks": SceneChoices(moving_camera=True, walking_camera=True),
}
"""How takes are placed. A camera that walks is one of which nothing is known, so that one at rest
serves: the path comes from feet in both."""


@dataclass(frozen=True)
class Figures:
    """Figures of one take; None or empty where nothing was measured."""

    path: tuple[float, float] | None
    ways: NDArray[np.float64]
    joints: float
    speeds: NDArray[np.float64]
    heights: NDArray[np.float64]
    found: NDArray[np.bool_]
    standing: NDArray[np.bool_]
    true_speeds: NDArray[np.float64]
    tilts: NDArray[np.float64]
    feet: ContactFigures


def true_scene(seen: Observation) -> NDArray[np.float64]:
    """Return joints (frames, 17, 3) in scene axes, metres, with any origin."""
    assert seen.up is not None and seen.path is not None
    return (seen.joints + seen.path[:, None]) @ scene_axes(seen.up).T


def lift(lifter: Lifter, seen: Observation, flip: bool) -> PoseSequence:
    """Lift to poses in the camera frame, as for a video."""
    frames = len(seen.keypoints)
    scores = np.ones((frames, len(H36M17))) if seen.scores is None else seen.scores
    person = Keypoints2D(
        seen.keypoints.astype(np.float32), scores.astype(np.float32), np.ones(frames, bool),
        Fraction(seen.fps), seen.image_size, H36M17,
    )  # fmt: skip
    return lifter.lift(person, fov=seen.fov, flip=flip)


def measure(lifted: PoseSequence, seen: Observation, choices: SceneChoices) -> Figures:
    """Place one take in a scene and compare."""
    choices = replace(choices, fov=seen.fov)
    (scene,) = to_scene([lifted], seen.image_size, choices)
    assert scene.contacts is not None
    joints, true = scene.joints.astype(np.float64), true_scene(seen)
    fps = float(seen.fps)
    ankles, speed = joints[:, ANKLES], _speed(joints[:, ANKLES], fps)
    height = true[:, ANKLES, 1]
    standing = (_speed(true[:, ANKLES], fps) < STILL) & (height < height.min() + FLAT)
    both = scene.contacts & np.concatenate([scene.contacts[:1], scene.contacts[:-1]])
    offset = joints - true
    tilt = _tilt(joints)[_tilt(true) < UPRIGHT]
    return Figures(
        _path_error(joints[:, 0], true[:, 0], fps), _ways(joints[:, 0], true[:, 0], seen.fps),
        1000 * float(np.linalg.norm(offset - offset[:, :1].mean(axis=0), axis=-1).mean()),
        speed[both], np.abs(ankles[..., 1] - ANKLE_HEIGHT)[scene.contacts],
        scene.contacts.ravel(), standing.ravel(), speed[standing], tilt,
        contact_figures(replace(scene, contacts=standing)),
    )  # fmt: skip


def _path_error(
    path: NDArray[np.float64], true: NDArray[np.float64], fps: float
) -> tuple[float, float] | None:
    """Compute the error over the floor and that across the view, in percent of the way."""
    last = min(len(path) - 1, round(SECONDS * fps))
    floor = true[: last + 1, ::2]
    length = float(np.linalg.norm(np.diff(floor[::5], axis=0), axis=1).sum())
    if length < LEAST_PATH:
        return None
    error = (path[last] - path[0]) - (true[last] - true[0])
    return 100 * float(np.hypot(error[0], error[2])) / length, 100 * abs(float(error[0])) / length


def _ways(path: NDArray[np.float64], true: NDArray[np.float64], fps: int) -> NDArray[np.float64]:
    """Return the ways (seconds, 2, 2) over the floor in each second, and the true ones."""
    both = np.stack([path, true], axis=1)[::fps, :, ::2]
    return np.diff(both, axis=0)


def _speed(paths: NDArray[np.float64], fps: float) -> NDArray[np.float64]:
    """Compute metres a second (frames, feet) since the frame before."""
    moved = np.linalg.norm(np.diff(paths, axis=0), axis=-1) * fps
    return np.concatenate([moved[:1], moved])


def _tilt(joints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute degrees (frames,) between the vertical and the line from hip to head."""
    line = joints[:, H36M17.index("head")] - joints[:, H36M17.root]
    return np.degrees(np.arccos(np.clip(line[:, 1] / np.linalg.norm(line, axis=1), -1, 1)))


def row(name: str, takes: Sequence[Figures]) -> list[str]:
    """Format all takes as one line of the table."""
    paths = np.array([one.path for one in takes if one.path is not None])
    found, standing, speeds, heights, loose, tilts = (
        np.concatenate([getattr(one, part) for one in takes])
        for part in ("found", "standing", "speeds", "heights", "true_speeds", "tilts")
    )
    return [
        name, *([f"{mean:.1f}" for mean in paths.mean(axis=0)] if len(paths) else ["-", "-"]),
        f"{np.mean([one.joints for one in takes]):.0f}",
        f"{100 * speeds.max():.2f}", f"{100 * heights.max():.2f}",
        f"{100 * found[standing].mean():.0f}", f"{100 * found[~standing].mean():.0f}",
        f"{100 * np.median(loose):.1f}", f"{np.median(tilts):.1f}", *_of_feet(takes),
    ]  # fmt: skip


def _of_feet(takes: Sequence[Figures]) -> list[str]:
    """Format the mean figures of true contacts over the takes."""
    told = ((name, [getattr(one.feet, name) for one in takes])
            for name in ("skate", "penetration", "floating", "jerk"))  # fmt: skip
    feet = [f"{np.mean([v for v in values if v is not None]):.2f}" for _, values in told]
    found, true = np.concatenate([one.ways for one in takes]).swapaxes(0, 1)
    return feet + [f"{share:.2f}" for share in (found * true).sum(axis=0) / (true**2).sum(axis=0)]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data-dir", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--lifter", "weights", default=DEFAULT_LIFTER, show_default=True)
@click.option("--noise", type=click.Choice(NOISE), default=EXACT, show_default=True)
@click.option("--takes", type=int, default=0, help="Number of takes, evenly chosen; 0 for all.")
@click.option("--split", type=click.Choice(["train", "val"]), default="val", show_default=True)
@click.option("--flip/--no-flip", default=True, show_default=True)
@click.option("--threads", type=int, default=2, show_default=True)
def main(
    data_dir: Path, weights: str, noise: str, takes: int, split: str, flip: bool, threads: int
) -> None:
    """Measure the scenes of takes of two seconds and more."""
    torch.set_num_threads(threads)
    lifter = Lifter.load(weights)
    seen = [
        one
        for one in observe_takes(read_packs(data_dir, split), noise, lifter.card.conversion, takes)
        if len(one.joints) >= LEAST_SECONDS * one.fps
    ]
    lifted = [lift(lifter, one, flip) for one in seen]
    rows = [list(COLUMNS)]
    for name, how in PLACED.items():
        rows.append(row(name, [measure(*pair, how) for pair in zip(lifted, seen, strict=True)]))
    click.echo(f"{len(seen)} takes, {sum(len(one.joints) for one in seen)} frames, 2D: {noise}\n")
    click.echo(markdown_table(rows))


if __name__ == "__main__":
    main()
