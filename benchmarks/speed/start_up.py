"""Time until first output: ``python -m benchmarks.speed.start_up CLIP``.

Of the help text, and from the command to the moment when the first frames of the clip have gone
through the 2D stage, with default models and without the cache. Processor time is that of the
program itself and of what it waited for.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

_TO_FIRST_FRAME = """
import os
from glagcn_cli.progress.stages import Stage
Stage.advance = lambda *_: os._exit(0)
from glagcn_cli.commands.video import main
main()
"""
_MODELS_ALONE = """
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.pipeline.video_lifter import VideoLifter
models = VideoLifter(Settings())
models.load()
models.detector
"""


def best_of(times: int, command: Sequence[str]) -> tuple[float, float]:
    """Return the least wall-clock seconds, and the least processor seconds, of a command."""
    clock, processor = [], []
    for _ in range(times):
        started, before = time.perf_counter(), sum(os.times()[2:4])
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        clock.append(time.perf_counter() - started)
        processor.append(sum(os.times()[2:4]) - before)
    return min(clock), min(processor)


def main() -> None:
    """Print seconds by the clock and of processor time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    python = sys.executable
    with TemporaryDirectory() as folder:
        job = [str(options.clip), "-o", f"{folder}/out.npy", "--no-cache"]
        commands = {
            "python -c pass": [python, "-c", "pass"],
            "glagcn-video --help": [python, "-m", "glagcn_cli.commands.video", "--help"],
            "import torch": [python, "-c", "import torch"],
            "all models loaded": [python, "-c", _MODELS_ALONE],
            "first frames processed": [python, "-c", _TO_FIRST_FRAME, *job],
        }
        for name, command in commands.items():
            clock, processor = best_of(options.times, command)
            sys.stdout.write(f"{name}: {clock:.2f} s, processor time {processor:.2f} s\n")


if __name__ == "__main__":
    main()
