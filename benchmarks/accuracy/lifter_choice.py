"""Error of lifters against their cost, in one table and one plot.

    python -m benchmarks.accuracy.lifter_choice --data-dir PACKS
        -o choice.png runs/a/lifter.pth lifter-27

Every lifter is run by its sequence branch and, one change at a time: with flip, with windows that
overlap less or more, with longer and shorter windows than it was trained on; by the centre branch
with a window for every frame, and with fewer, as videos are lifted. Errors are of the packs'
validation subjects. Multiply-accumulates (MACs) are counted for each frame of a video of 50 frames
a second: a lifter that works at 25 costs half.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import click
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glagcn_cli.lifting.checkpoints import lifter_path
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.windows import (
    CENTRE,
    HOPS_PER_WINDOW,
    SEQUENCE,
    VIDEO_WINDOWS_PER_SECOND,
)
from glagcn_cli.model.gla_gcn import GLAGCN
from glagcn_training.data.packs import read_packs
from glagcn_training.evaluation.evaluate import (
    Observation,
    lifter_predictor,
    observe_takes,
    score_all,
)
from glagcn_training.evaluation.evaluation_noise import DETECTOR, EXACT, NOISE
from glagcn_training.metrics.markdown_table import markdown_table
from glagcn_training.metrics.scores import summarise
from glagcn_training.networks.compute_cost import (
    count_macs,
    sequence_macs,
)

VIDEO_RATE = 50
HOPS = (1, 2, 4, 8)
WINDOWS = (27, 81, 243)
FIGURES = ("mpjpe", "p_mpjpe", "mpjve")

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
_INK, _GRID = "#3c4048", "#dfe2e8"
_MARKERS = {
    "as shipped": "o", "mirror": "s", "overlap": "^", "centre": "D", "window": "v",
    "as videos": "P",
}  # fmt: skip


@dataclass(frozen=True)
class Way:
    """A way of running a lifter.

    ``kind`` is what is changed, ``label`` how much; ``hops`` windows begin within one's length,
    ``window`` frames of the sequence branch where they are not those of the training;
    ``per_second`` windows of the centre branch, None for one a frame.
    """

    kind: str
    label: str
    branch: str = SEQUENCE
    flip: bool = False
    hops: int = HOPS_PER_WINDOW
    window: int = 0
    per_second: float | None = None


def ways_of(lifter: Lifter) -> list[Way]:
    """List the sequence branch, one change at a time, and the ways of the centre branch."""
    if not isinstance(lifter.network, GLAGCN):
        return [Way("centre", "centre", CENTRE), Way("centre", "centre, mirror", CENTRE, True)]
    own = lifter.card.architecture.window
    return [
        Way("as shipped", f"T {own}"),
        Way("mirror", "mirror", flip=True),
        *(Way("overlap", f"{n} hops", hops=n) for n in HOPS if n != HOPS_PER_WINDOW),
        *(Way("window", f"run at T {n}", window=n) for n in WINDOWS if n != own),
        Way("centre", "centre", CENTRE),
        Way("centre", "centre, mirror", CENTRE, True),
        Way("as videos", "as videos", CENTRE, True, per_second=VIDEO_WINDOWS_PER_SECOND),
    ]


def run_as(lifter: Lifter, way: Way) -> Lifter:
    """Return the same lifter, run in another way."""
    card = lifter.card
    if way.window:
        card = replace(card, architecture=replace(card.architecture, window=way.window))
    return Lifter(
        lifter.network,
        card,
        lifter.windows.device,
        way.hops,
        per_second=way.per_second,
        refines=False,
    )


def macs_per_frame(lifter: Lifter, way: Way) -> float:
    """Count the multiply-accumulates for each frame of a long video of `VIDEO_RATE`."""
    if way.branch == CENTRE:
        each: float = count_macs(lifter.network)
        if way.per_second:
            each *= min(1.0, way.per_second / lifter.card.fps)
    else:
        assert isinstance(lifter.network, GLAGCN)
        window = way.window or lifter.card.architecture.window
        each = sequence_macs(lifter.network, window) / max(1, window // way.hops)
    return each * (2 if way.flip else 1) * lifter.card.fps / VIDEO_RATE


def measure(
    lifter: Lifter, way: Way, seen: dict[str, list[Observation]], name: str
) -> dict[str, float | str]:
    """Measure figures for every noise, cost, and seconds a frame on this machine."""
    row: dict[str, float | str] = {
        "lifter": name, "kind": way.kind, "label": way.label,
        "macs": macs_per_frame(lifter, way),
    }  # fmt: skip
    chosen = run_as(lifter, way)
    predict = lifter_predictor(chosen, way.flip, way.branch)
    for noise, observations in seen.items():
        figures = summarise(score_all(predict, observations))
        row |= {f"{noise} {figure}": figures[figure] for figure in FIGURES}
    longest = max(seen[EXACT], key=lambda one: len(one.joints))
    times = []
    for _ in range(3):
        started = time.perf_counter()
        predict(longest)
        times.append(time.perf_counter() - started)
    row["ms"] = 1000 * min(times) / len(longest.joints)
    return row


def table(rows: list[dict[str, float | str]], noises: list[str]) -> str:
    """Format all rows in markdown: errors in millimetres, MPJVE per frame."""
    lines = [["lifter", "run", "million MACs a frame", "ms a frame",
              *(f"{noise}: MPJPE / P-MPJPE / MPJVE" for noise in noises)]]  # fmt: skip
    for row in rows:
        errors = [
            " / ".join(
                f"{row[f'{noise} {figure}']:.{1 + (figure == 'mpjve')}f}" for figure in FIGURES
            )
            for noise in noises
        ]
        cost = [f"{float(row['macs']) / 1e6:.1f}", f"{row['ms']:.2f}"]
        lines.append([str(row["lifter"]), str(row["label"]), *cost, *errors])
    return markdown_table(lines, left=2)


def draw(rows: list[dict[str, float | str]], noises: list[str], path: Path) -> None:
    """Plot P-MPJPE over MACs, a panel for each noise, every point with its name."""
    figure = Figure(figsize=(5.6 * len(noises), 5.6), dpi=110, layout="constrained")
    for axes, noise in zip(np.atleast_1d(figure.subplots(1, len(noises))), noises, strict=True):
        draw_panel(axes, rows, noise)
    figure.savefig(path)


def draw_panel(axes: Axes, rows: list[dict[str, float | str]], noise: str) -> None:
    """Draw one panel: a colour for each lifter, a marker for each kind of change."""
    names = list(dict.fromkeys(str(row["lifter"]) for row in rows))
    for number, name in enumerate(names):
        colour = _COLOURS[number % len(_COLOURS)]
        side = 1 if number % 2 else -1  # names of one lifter to the left, of the next to the right
        axes.plot([], [], "o", color=colour, label=name)
        for row in (row for row in rows if row["lifter"] == name):
            x, y = float(row["macs"]) / 1e6, float(row[f"{noise} p_mpjpe"])
            axes.plot(x, y, _MARKERS[str(row["kind"])], color=colour, markersize=6)
            axes.annotate(
                str(row["label"]), (x, y), xytext=(6 * side, 0), textcoords="offset points",
                fontsize=7.5, color=colour, ha="left" if side > 0 else "right", va="center",
            )  # fmt: skip
    axes.set_xscale("log")
    axes.margins(0.18, 0.1)
    axes.set_title(f"{noise} 2D", loc="left", color=_INK, fontsize=11, fontweight="bold")
    axes.set_xlabel("million multiply-accumulates for a frame of video", color=_INK)
    axes.set_ylabel("P-MPJPE (mm)", color=_INK)
    axes.grid(True, which="both", color=_GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_INK, labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=True, framealpha=0.85, edgecolor="none", fontsize=9)


@click.command()
@click.argument("lifters", nargs=-1, required=True)
@click.option("--data-dir", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="PNG to write.")
@click.option("--takes", default=64, show_default=True, help="Evenly chosen; 0 for all.")
@click.option(
    "--noise", multiple=True, type=click.Choice(NOISE),
    default=(EXACT, DETECTOR), show_default=True,
)  # fmt: skip
@click.option("--threads", default=1, show_default=True)
def main(
    lifters: tuple[str, ...], data_dir: Path, out: Path | None, takes: int,
    noise: tuple[str, ...], threads: int,
) -> None:  # fmt: skip
    """Measure LIFTERS, files or shipped names, on the packs' validation subjects."""
    torch.set_num_threads(threads)
    noises = list(dict.fromkeys((EXACT, *noise)))
    motion = read_packs(data_dir, "val")
    rows = []
    for name in lifters:
        lifter = Lifter.load(name)
        seen = {n: observe_takes(motion, n, lifter.card.conversion, takes) for n in noises}
        path = lifter_path(name)
        short = path.parent.name if path.stem == "lifter" else path.stem
        rows += [measure(lifter, way, seen, short) for way in ways_of(lifter)]
    click.echo(table(rows, noises))
    if out:
        draw(rows, noises, out)


if __name__ == "__main__":
    main()
