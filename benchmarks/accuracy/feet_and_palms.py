"""Feet and palms of a lifter that has them, and its other joints beside a lifter without.

    python -m benchmarks.accuracy.feet_and_palms --data-dir PACKS --lifter runs/feet/lifter.pth

Validation subjects of packs with feet and palms, seen by virtual cameras, with exact 2D and a
detector's noise. Directions in degrees, median and nine tenths over frames; the heading of a foot
is its direction on the floor. The 17 joints in millimetres, of both lifters from the same 2D, and
milliseconds of processor time a frame.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import click
import torch

from glagcn_cli.lifting.checkpoints import (
    DEFAULT_LIFTER,
    SHIPPED_LIFTERS,
    lifter_path,
    load_lifter,
)
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.opening import open_lifter
from glagcn_cli.model.attached import Attached
from glagcn_cli.skeleton import EXTREMITIES_CONVERSION, H36M17, H36M25
from glagcn_training.data.packs import read_packs
from glagcn_training.evaluation.evaluate import (
    Observation,
    lifter_predictor,
    observe_takes,
    of_body,
    score_all,
)
from glagcn_training.evaluation.evaluation_noise import EXACT, MEASURED
from glagcn_training.evaluation.extremity_errors import TITLES, ExtremityErrors
from glagcn_training.metrics.markdown_table import markdown_table
from glagcn_training.metrics.scores import summarise

FEET_LIFTER = "lifter-27-feet"


def measure(
    lifter: Lifter, seen: Sequence[Observation], flip: bool, branch: str | None
) -> list[str]:
    """Return the cells of one lifter's row."""
    errors = ExtremityErrors()
    if lifter.joint_set is H36M17:
        seen = [of_body(one) for one in seen]
    started = time.process_time()
    rows = score_all(lifter_predictor(lifter, flip, branch), seen, (errors,))
    spent = 1e6 * (time.process_time() - started) / sum(len(one.joints) for one in seen)
    figures, found = errors.figures() or {}, summarise(rows)
    cells = [
        f"{figures[name].median:.1f} ({figures[name].p90:.0f})" if name in figures else "-"
        for name in TITLES
    ]
    heading = figures.get("foot_heading")
    cells.append(f"{100 * heading.reversed:.2f}" if heading else "-")
    return [*cells, *(f"{found[name]:.1f}" for name in ("mpjpe", "p_mpjpe")), f"{spent / 1000:.1f}"]


def _opened(name: str, attach: bool) -> Lifter:
    network, card = open_lifter(lifter_path(name))
    if attach and network.joint_set is H36M25 and name not in SHIPPED_LIFTERS:
        body = load_lifter(lifter_path(DEFAULT_LIFTER))[0]
        network = Attached(body, network).eval()
    return Lifter(network, card)


@click.command()
@click.option("--data-dir", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--lifter", "names", multiple=True, help="May be repeated.", show_default=True,
              default=[DEFAULT_LIFTER, FEET_LIFTER])  # fmt: skip
@click.option("--takes", default=40, show_default=True, help="Evenly chosen; 0 for all.")
@click.option("--flip/--no-flip", default=True, show_default=True)
@click.option("--attach", is_flag=True, help="Hang feet and palms of files on the shipped body.")
@click.option("--branch", help="sequence for a quick look.")
@click.option("--threads", default=1, show_default=True)
def main(
    data_dir: Path,
    names: tuple[str, ...],
    takes: int,
    flip: bool,
    attach: bool,
    branch: str | None,
    threads: int,
) -> None:
    """Measure lifters and print the table."""
    torch.set_num_threads(threads)
    motion = read_packs(data_dir, "val", H36M25)
    lifters = {name: _opened(name, attach) for name in names}
    header = ["2D", "lifter", *TITLES.values(), "feet reversed, %", "MPJPE", "P-MPJPE", "ms"]
    rows = [header]
    for noise in (EXACT, MEASURED):
        seen = observe_takes(motion, noise, EXTREMITIES_CONVERSION, takes)
        for name, lifter in lifters.items():
            label = Path(name).parent.name if name.endswith("lifter.pth") else name
            rows.append([noise, label, *measure(lifter, seen, flip, branch)])
    frames = sum(len(one.joints) for one in seen)
    click.echo(f"{len(seen)} views of {len(seen) // 2} takes, {frames} frames\n")
    click.echo(markdown_table(rows))


if __name__ == "__main__":
    main()
