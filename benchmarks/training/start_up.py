"""Seconds from a new process to the first step: ``python -m benchmarks.training.start_up``."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

# What the command does in this order, and what it imports on the way, which is imported ahead here
# to be timed alone.
STAGES = (
    ("import torch", "import torch"),
    ("import the engine, with MMEngine", "from glagcn_training.engine.runner import TrainingRun"),
    ("import torch._dynamo, as torch's optimizers do", "import torch._dynamo"),
    ("a matplotlib figure, as MMEngine's visualizer makes",
     "import matplotlib.pyplot as plt; plt.figure()"),
    ("import tensorboard", "import torch.utils.tensorboard"),
    ("describe the machine, as MMEngine's Runner does", "prepare(); collect_env()"),
    ("read the recipe", "recipe = read_recipe(config, settings)"),
    ("read the data, build everything", "run = TrainingRun.open(recipe, data, folder)"),
    ("the first step, its checkpoint and the lifter", "run.train()"),
)  # fmt: skip

PROGRAM = """
import sys, time
times = []
def lap():
    times.append(time.perf_counter())
lap()
def collect_env():
    from mmengine.utils.dl_utils import collect_env
    collect_env()
def prepare():
    from glagcn_cli.detection.openmmlab import prepare
    prepare.prepare()
def read_recipe(*arguments):
    from glagcn_training.recipes.recipe_files import read_recipe
    return read_recipe(*arguments)
from pathlib import Path
config, data, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
settings = ["schedule.steps=1", "schedule.validations=0"]
{stages}
print(*(after - before for before, after in zip(times, times[1:])))
"""


def one_start(config: str, data_dir: Path) -> list[float]:
    """Return the seconds of each stage in its own process."""
    program = PROGRAM.format(stages="\n".join(f"{code}\nlap()" for _, code in STAGES))
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", program, config, str(data_dir), folder]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8")
    return [float(number) for number in done.stdout.splitlines()[-1].split()]


def main() -> None:
    """Print the median over some starts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True, help="folder of motion packs")
    parser.add_argument("--config", default="mocap_27")
    parser.add_argument("--starts", type=int, default=5)
    options = parser.parse_args()
    starts = [one_start(options.config, options.data_dir) for _ in range(options.starts)]
    for (name, _), seconds in zip(STAGES, zip(*starts, strict=True), strict=True):
        sys.stdout.write(f"{statistics.median(seconds):6.2f} s  {name}\n")
    sys.stdout.write(f"{statistics.median(map(sum, starts)):6.2f} s  together\n")


if __name__ == "__main__":
    main()
