"""How well the turns of a camera that walks are found, in a drawn yard in which all is known.

    python -m benchmarks.accuracy.walking_turns

Kind is what the camera was taken for by one motion of the background alone, before points that pass
each other were followed. Parallax is the share of the points that a way explains and no turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from benchmarks.measuring.drawn_scenes import yard
from benchmarks.measuring.drawn_world import drawn, looking
from benchmarks.real_video.bent_lens import nobody
from glagcn_cli.camera_path.parallax_tracks import Tracks
from glagcn_cli.camera_path.path import camera_path
from glagcn_cli.camera_path.walking import walking_path
from glagcn_cli.camera_path.watching import BackgroundWatch
from glagcn_training.metrics.markdown_table import markdown_table

SIZE, FPS, SECONDS, FOV = (480, 270), 24, 4.0, 60.0
FOCAL = SIZE[0] / 2 / np.tan(np.radians(FOV / 2))
HEAD = (
    "way", "kind before", "turned, degrees", "parallax", "turn off: mean, degrees", "worst",
    "at the end", "expected",
)  # fmt: skip
_Array = NDArray[np.float64]


def _way(x: _Array | float, z: _Array | float, t: _Array, bob: float = 0.03) -> _Array:
    return np.stack(np.broadcast_arrays(x, 1.5 + bob * np.sin(11 * t), z), axis=1)


def _looks(pan: _Array | float, tilt: _Array | float, roll: _Array | float, t: _Array) -> _Array:
    return np.stack(np.broadcast_arrays(pan, tilt, roll, t)[:3], axis=1)


def ways(t: _Array) -> dict[str, tuple[_Array, _Array]]:
    """Return places (frames, 3) metres, and pan, tilt and roll (frames, 3) degrees, by name."""
    sway = 1.5 * np.sin(3 * t)
    return {
        "past, turning": (_way(1.2 * t - 2.4, 2, t), _looks(20 - 10 * t, -3 + sway, sway, t)),
        "ahead, looking about": (_way(0, 4 - t, t), _looks(15 * np.sin(1.2 * t), -3, sway, t)),
        "round, 92 degrees": (
            _way(3 * np.sin(0.4 * t), 3 * np.cos(0.4 * t) - 1, t, 0.0),
            _looks(-np.degrees(0.4 * t), -3, 0, t),
        ),
        "past, not turning": (_way(t - 2, 2, t, 0.0), _looks(0, -3, 0, t)),
        "turning in one place": (_way(0, 2, t, 0.0), _looks(10 * t - 20, -3, 0, t)),
    }  # fmt: skip


def row(name: str, places: _Array, looks: _Array) -> list[str]:
    """Measure one way."""
    panels, turns = yard(np.random.default_rng(3)), np.stack([looking(*one) for one in looks])
    seen, frames = [nobody()] * len(turns), len(turns)
    clip: dict[str, NDArray[Any]] = {}
    pictures = [drawn(panels, *pose, FOCAL, SIZE) for pose in zip(turns, places, strict=True)]
    if True:
        follower = BackgroundWatch(SIZE, FPS)
        follower.add(pictures, seen)
        clip |= follower.arrays()
    whole = slice(0, frames)
    before = camera_path(clip, frames, whole, SIZE, FPS, FOV, True)
    walk = walking_path(Tracks.of_clip(clip, whole), frames, SIZE, FPS, FOCAL)
    true = turns @ turns[0].T
    turned = np.degrees(Rotation.from_matrix(true).magnitude()).max()
    told = [name, "-" if before is None else before.kind, f"{turned:.0f}"]
    if walk is None:
        return [*told, *["-"] * 5]
    found = walk.path.rotation @ walk.path.rotation[0].T
    off = np.degrees(Rotation.from_matrix(found @ true.swapaxes(1, 2)).magnitude())
    errors = (off.mean(), off.max(), off[-1], walk.path.rotation_error[-1])
    return [*told, f"{walk.parallax:.2f}", *(f"{error:.2f}" for error in errors)]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Measure ways through the yard."""
    rows: list[Sequence[str]] = [HEAD]
    for name, (places, looks) in ways(np.arange(round(SECONDS * FPS)) / FPS).items():
        rows.append(row(name, places, looks))
    click.echo(markdown_table(rows, left=2))


if __name__ == "__main__":
    main()
