"""How often units, the axis that points up, and mirror images are told from bodies alone.

    python -m benchmarks.accuracy.axes_found --data-dir PACKS

Every clip of the packs stands for a file of another program: 17 joints of which nothing is said.
Packs are in metres with z up.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from glagcn_cli.export.readers.others.axes import is_mirrored, parse_axes, unit_of, up_axis
from glagcn_training.data.packs import read_packs

UPRIGHT = parse_axes("z-up").turn
MIRROR = np.array([-1.0, 1.0, 1.0])


def outcomes(clips: Iterator[NDArray[np.float64]]) -> dict[str, NDArray[np.bool_]]:
    """Return for each clip (frames, 17, 3) whether something is told right."""
    rows = []
    for joints in clips:
        turned = joints @ UPRIGHT.T
        up = up_axis([joints])
        rows.append(
            (
                unit_of([joints]) == "m",
                up == "z",
                up is None,
                not is_mirrored([turned]),
                is_mirrored([turned * MIRROR]),
            )
        )
    names = (
        "unit right", "up right", "up left to the documentation", "right way round kept",
        "mirror image told",
    )  # fmt: skip
    return dict(zip(names, np.array(rows, bool).T, strict=True))


@click.command()
@click.option("--data-dir", required=True, type=click.Path(path_type=Path), help="Motion packs.")
def main(data_dir: Path) -> None:
    """Print the share of clips of a pack, or of each pack of a folder."""
    packs = sorted(data_dir.glob("*.npz")) if data_dir.is_dir() else [data_dir]
    for pack in packs:
        takes = read_packs(pack, "train").takes
        found = outcomes(take.joints[::5].astype(np.float64) for take in takes)
        told = ", ".join(f"{name} {100 * right.mean():.1f} %" for name, right in found.items())
        click.echo(f"{pack.name}: {len(takes)} clips: {told}")


if __name__ == "__main__":
    main()
