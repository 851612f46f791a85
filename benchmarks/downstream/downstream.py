"""What better 3D is good for: motion recognised from 2D, from lifted and from true 3D.

    python -m benchmarks.downstream.downstream --data-dir PACKS -o runs/downstream

PACKS is the folder of the motion packs. Small lifters are trained, every clip is lifted once by
each lifter, and two classifiers answer three questions (`tasks.py`) about subjects that they do not
know. What is finished in the output folder is not done again. The tables are printed in markdown;
`--plot` draws accuracy against P-MPJPE.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import product
from pathlib import Path
from typing import TypeVar

import click
import numpy as np

from benchmarks.ablations.rows import folder_name
from benchmarks.downstream import inputs
from benchmarks.downstream.classifiers import CLASSIFIERS
from benchmarks.downstream.inputs import Floats, Input, Seen, see
from benchmarks.downstream.lifters import SHIPPED, SMALL, lifter_of, write_packs
from benchmarks.downstream.plot import draw
from benchmarks.downstream.recognition import Answers, answer
from benchmarks.downstream.tables import Row, tables
from benchmarks.downstream.tasks import Clips, read_clips
from glagcn_cli.files.atomic import atomic_output
from glagcn_cli.lifting.lifter import Lifter

log = logging.getLogger(__name__)

Arrays = TypeVar("Arrays", Input, Answers)

KEYPOINTS, CONSTANT, TRUTH = "2D keypoints", "best constant pose", "true 3D"
HALF = f"{SHIPPED}, half of its error"
FEATURES = f"features of {SHIPPED}"


@dataclass(frozen=True)
class Workplace:
    """Where everything is: packs of motion, a folder for results, threads to train with."""

    data_dir: Path
    folder: Path
    threads: int

    @cached_property
    def packs(self) -> Path:
        """Folder of the packs that small lifters are trained on."""
        return write_packs(self.data_dir, self.folder / "packs")

    def lifter(self, row: str) -> Lifter:
        """Return the lifter of a row, trained where that was not done yet."""
        return lifter_of(row, self.folder / "lifters", self.packs, self.threads)


def makers(place: Workplace) -> dict[str, Callable[[Seen], Input]]:
    """Return what makes each input, in the order of the tables."""

    @lru_cache(maxsize=1)
    def poses(row: str, seen: Seen) -> list[Floats]:
        return inputs.lift_all(seen, place.lifter(row))

    def lifted(row: str, share: float = 1.0) -> Callable[[Seen], Input]:
        return lambda seen: inputs.of_poses(seen, inputs.nearer(seen, poses(row, seen), share))

    return {
        KEYPOINTS: inputs.of_keypoints,
        CONSTANT: inputs.of_constant,
        **{row: lifted(row) for row in (*SMALL.variants, SHIPPED)},
        HALF: lifted(SHIPPED, 0.5),
        TRUTH: lambda seen: inputs.of_poses(seen, [one.joints for one in seen.views]),
        FEATURES: lambda seen: inputs.of_features(seen, place.lifter(SHIPPED)),
    }


def rows(place: Workplace, clips: Clips) -> Iterator[Row]:
    """Yield one row for each input, task and classifier."""
    seen = see(clips)
    for name, make in makers(place).items():
        started = time.process_time()
        file = f"{folder_name(name)}.npz"
        made = kept(place.folder / "inputs" / clips.pack / file, Input, partial(make, seen))
        log.info(
            "%s, %s: %.0f s of processor time", clips.pack, name, time.process_time() - started
        )
        for task, classifier in product(clips.tasks, CLASSIFIERS):
            started = time.process_time()
            where = place.folder / "answers" / folder_name(f"{task.name} {classifier}") / file
            answers = kept(where, Answers, partial(answer, task, seen, made.motion, classifier))
            log.info(
                "%s, %s, %s: %.1f %%, %.0f s of processor time", name, task.name, classifier,
                answers.by_seed.mean(), time.process_time() - started,
            )  # fmt: skip
            yield Row(name, clips, task, classifier, answers, made.errors)


def kept(path: Path, kind: Callable[..., Arrays], make: Callable[[], Arrays]) -> Arrays:
    """Read a data class of arrays from a file, or make it and write it there."""
    if path.exists():
        with np.load(path, allow_pickle=False) as archive:
            return kind(**{name: archive[name] for name in archive.files})
    made = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_output(path, overwrite=True) as temporary, temporary.open("wb") as file:
        np.savez(file, **vars(made))
    return made


@click.command()
@click.option("--data-dir", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path))
@click.option(
    "--plot", type=click.Path(dir_okay=False, path_type=Path), help="SVG or PNG to write."
)
@click.option("--threads", default=1, show_default=True)
def main(data_dir: Path, out: Path, plot: Path | None, threads: int) -> None:
    """Train, lift and classify what is missing, and print the tables."""
    import torch

    logging.basicConfig(level=logging.INFO, format="%(asctime)s  %(message)s", datefmt="%H:%M:%S")
    torch.set_num_threads(threads)
    place = Workplace(data_dir, out, threads)
    found = [row for clips in read_clips(data_dir) for row in rows(place, clips)]
    click.echo(tables(found, KEYPOINTS))
    if plot:
        draw(found, plot, KEYPOINTS, CONSTANT)


if __name__ == "__main__":
    main()
