"""Cost of feet and palms, and of fingers, in a whole run.

Runs with and without the option take turns, since the machine may do other work beside; the
processor's time depends on that less than the clock.

    python -m benchmarks.speed.feet_hands VIDEO... [--turns 3] [--fingers]
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

from ..measuring.whole_run import WholeRun, run_whole


def told(video: Path, plain: list[WholeRun], more: list[WholeRun]) -> str:
    """Say how much more the runs with the option took, as medians over the turns."""

    def extra(name: str) -> float:
        ratios = [getattr(b, name) / getattr(a, name) for a, b in zip(plain, more, strict=True)]
        return statistics.median(ratios) - 1

    rates = [statistics.median(run.rate for run in runs) for runs in (plain, more)]
    return (
        f"{video.name}: {plain[0].frames} frames, {rates[0]:.1f} and {rates[1]:.1f} frames/s; "
        f"{extra('processor_seconds'):+.1%} processor time, {extra('seconds'):+.1%} by the clock\n"
    )


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", type=Path, nargs="+")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--fingers", action="store_true", help="fingers too")
    options = parser.parse_args()
    wanted = ["--fingers" if options.fingers else "--feet-hands"]
    for video in options.videos:
        run_whole(video, wanted)  # networks are compiled and kept
        plain, more = [], []
        for _ in range(options.turns):
            plain.append(run_whole(video))
            more.append(run_whole(video, wanted))
        sys.stdout.write(told(video, plain, more))


if __name__ == "__main__":
    main()
