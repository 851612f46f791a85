"""How near OpenSim's model comes to the joints of a person, and how fast.

    python -m benchmarks.accuracy.opensim_ik walk3d.npz squat3d.npz
    python -m benchmarks.accuracy.opensim_ik --data-dir PACKS --longest 10

Files of poses, or validation takes of motion packs as scenes. An error is the distance from a joint
to the model's marker of its name. "Geometry" is what `.mot` holds where OpenSim is not installed:
OpenSim only moves the model by it here. Speed is by the processor's time for both, which other
programs do not change. `--pictures FOLDER` draws the model in red over the joints in blue, from the
front and from the side, with its feet and what points forwards from its chest and head: a leg that
is twisted, or a body the wrong way round, is seen by them.
"""

from __future__ import annotations

import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.gait_events import scene_poses
from benchmarks.measuring.opensim_places import body_places, model_places
from glagcn_cli.biomechanics.opensim.coordinates import coordinate_motion
from glagcn_cli.biomechanics.opensim.inverse_kinematics import Followed, follow
from glagcn_cli.biomechanics.opensim.scaling import scaled_model
from glagcn_cli.export import read_poses
from glagcn_cli.poses import PoseSequence
from glagcn_cli.skeleton import H36M17
from glagcn_training.data.packs import FPS, read_packs
from glagcn_training.metrics.markdown_table import markdown_table

EDGE = 4  # rows at both ends of a clip of UI-PRMD that lie off the markers
VIEWS = ((0, 1, "x"), (2, 1, "z"))
"""Axes of a picture, and the name of the one that runs to the right."""


AHEAD = (
    ("right_ankle", ("toes_r", (0.06, 0.0, 0.0))), ("left_ankle", ("toes_l", (0.06, 0.0, 0.0))),
    ("thorax", ("torso", (0.15, 0.35, 0.0))), ("head", ("head", (0.15, 0.03, 0.0))),
)  # fmt: skip
"""Lines that point forwards: from a joint to a point of a body of the model."""


class Measured(NamedTuple):
    """Errors of one person in metres, places of the model, and frames a second of a core.

    `errors`, `geometry` are (frames, joints); `places`, `ahead` (frames, joints or `AHEAD`, 3).
    """

    name: str
    errors: NDArray[np.float64]
    geometry: NDArray[np.float64]
    places: NDArray[np.float64]
    ahead: NDArray[np.float64]
    speed: float


def people_of(file: Path) -> Iterator[tuple[str, PoseSequence]]:
    """Yield the people of a file of poses."""
    for person in read_poses(file).sequences:
        yield f"{file.name}, person {person.person}", person


def takes_of(data: Path, longest: float, most: int) -> Iterator[tuple[str, PoseSequence]]:
    """Yield evenly spaced validation takes, cut at some seconds."""
    takes = read_packs(data, "val").takes
    chosen = takes[:: max(1, len(takes) // most)][:most]
    for take in chosen:
        poses = scene_poses(take)
        part = slice(EDGE, min(len(poses) - EDGE, EDGE + round(longest * FPS)))
        yield f"{take.subject} {take.action}", poses.each_frame(itemgetter(part))


def measure(name: str, person: PoseSequence) -> Measured:
    """Let a model follow a person."""
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.osim"
        root = scaled_model(person)
        model.write_bytes(ElementTree.tostring(root))
        began = time.process_time()
        start = coordinate_motion(person, root)
        followed = follow(model, person, start)
        speed = int(person.valid.sum()) / (time.process_time() - began)
        joints = person.joints_or_nan()
        geometry = np.linalg.norm(model_places(model, start) - joints, axis=-1)
        ahead = body_places(model, followed.motion, [point for _, point in AHEAD])
    return Measured(name, _in_order(followed), geometry, _places(followed), ahead, speed)


def _in_order(followed: Followed) -> NDArray[np.float64]:
    """Return errors in the order of the joint set."""
    return followed.errors[:, [followed.markers.index(joint) for joint in H36M17.joints]]


def _places(followed: Followed) -> NDArray[np.float64]:
    return followed.places[:, [followed.markers.index(joint) for joint in H36M17.joints]]


def rms(errors: NDArray[np.float64]) -> float:
    """Return the root of the mean square in centimetres, of what is no NaN."""
    return 100 * float(np.sqrt(np.nanmean(errors**2)))


def row(one: Measured) -> list[str]:
    """Return a line of the table."""
    of_joint = [rms(one.errors[:, joint]) for joint in range(len(H36M17))]
    worst = int(np.argmax(of_joint))
    return [
        one.name, str(int(np.isfinite(one.errors).all(axis=1).sum())), f"{rms(one.errors):.1f}",
        f"{H36M17.joints[worst]} {of_joint[worst]:.1f}", f"{rms(one.geometry):.1f}",
        f"{one.speed:.0f}",
    ]  # fmt: skip


def draw(one: Measured, person: PoseSequence, folder: Path, columns: int = 5) -> None:
    """Draw evenly spaced frames with a pose."""
    from matplotlib.figure import Figure

    frames = np.flatnonzero(person.valid)
    frames = frames[np.linspace(0, len(frames) - 1, columns).round().astype(int)]
    figure = Figure(figsize=(3 * columns, 7))
    for view, (right, up, name) in enumerate(VIEWS):
        for column, frame in enumerate(frames.tolist()):
            axes = figure.add_subplot(len(VIEWS), columns, 1 + view * columns + column)
            for joints, colour, width in (
                (person.joints[frame], "tab:blue", 3.0), (one.places[frame], "tab:red", 1.2),
            ):  # fmt: skip
                for parent, child in H36M17.bone_indices:
                    ends = joints[[parent, child]]
                    dashed = "--" if child in H36M17.left else "-"
                    axes.plot(ends[:, right], ends[:, up], dashed, color=colour, linewidth=width)
            for (joint, _), end in zip(AHEAD, one.ahead[frame], strict=True):
                ends = np.stack([one.places[frame, H36M17.index(joint)], end])
                axes.plot(ends[:, right], ends[:, up], color="tab:orange", linewidth=1.2)
            axes.set_aspect("equal")
            axes.set_title(f"frame {frame}, {name} to the right", fontsize=8)
            axes.tick_params(labelsize=6)
    figure.suptitle(f"{one.name}: joints blue, model red, the left side dashed")
    folder.mkdir(parents=True, exist_ok=True)
    name = "".join(letter if letter.isalnum() else "_" for letter in one.name)
    figure.savefig(folder / f"{name}.png", dpi=80)


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--data-dir", type=click.Path(exists=True, path_type=Path), help="Motion packs.")
@click.option("--takes", default=12, help="Takes of the packs.")
@click.option("--longest", default=10.0, help="Seconds of each.")
@click.option("--pictures", type=click.Path(path_type=Path), help="Folder to draw into.")
def main(
    files: tuple[Path, ...],
    data_dir: Path | None,
    takes: int,
    longest: float,
    pictures: Path | None,
) -> None:
    """Print a line for each person, and one of all for each joint."""
    people = [found for file in files for found in people_of(file)]
    people += takes_of(data_dir, longest, takes) if data_dir else []
    measured = []
    for name, person in people:
        measured.append(measure(name, person))
        if pictures:
            draw(measured[-1], person, pictures)
    head = ["", "frames", "RMS, cm", "worst joint, cm", "geometry, cm", "frames/s"]
    click.echo(markdown_table([head, *map(row, measured)]))
    every = np.concatenate([one.errors for one in measured])
    geometry = np.concatenate([one.geometry for one in measured])
    click.echo(f"all: {rms(every):.2f} cm, geometry {rms(geometry):.2f} cm")
    table = [[name, f"{rms(every[:, k]):.1f}"] for k, name in enumerate(H36M17.joints)]
    click.echo(markdown_table([["joint", "RMS, cm"], *table]))


if __name__ == "__main__":
    main()
