"""Speed of training: the engine against a plain PyTorch loop over the same network and batches.

``python -m benchmarks.training.speed --data-dir PACKS`` takes about ten minutes on one core. What
is compared takes turns within one run, and medians are given, because machines are seldom quiet.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer, MessageHub
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.training.contestants import WARM_UP, Alternation, Bench, Clock, PlainLoop
from glagcn_cli.machine.devices import choose_device
from glagcn_training.engine.hooks import HISTORY
from glagcn_training.engine.runner import TrainingRun
from glagcn_training.recipes.recipe_files import read_recipe

TINY = ("network.channels=8", "network.global_blocks=1", "optimizer.batch=16")


def against_plain(bench: Bench, steps: int, *settings: str) -> dict[str, float]:
    """Measure samples per second of engine and plain loop, alternating, and the data's share."""
    # The end of a run writes a checkpoint and the lifter; it is not reached by the clock.
    settings = (*settings, f"schedule.steps={WARM_UP + steps + 1}", "schedule.save_every=1000000")
    loop = PlainLoop(bench.run(*settings))
    for _ in range(WARM_UP):
        loop.step()

    def plain_turn() -> None:
        for _ in range(bench.burst):
            loop.step()

    run = bench.run(*settings)
    turns = Alternation(bench, bench.burst, plain_turn)
    run.runner.register_hook(turns)
    run.train()
    loop.done = WARM_UP
    making = bench.seconds_of(loop.batch, steps) / steps
    engine, plain = (
        np.array(seconds[: len(turns.own_seconds)]) / bench.burst
        for seconds in (turns.own_seconds, turns.other_seconds)
    )
    # Blocks as long as the engine takes from one log row to the next, so that each has one.
    every = max(1, run.plan.recipe.schedule.log_every // bench.burst)
    blocks = [slice(first, first + every) for first in range(0, len(engine) - every + 1, every)]
    ratios = [plain[block].sum() / engine[block].sum() for block in blocks]
    batch, typical = run.plan.recipe.optimizer.batch, statistics.median(plain)
    ratio = statistics.median(ratios)
    return {
        "engine_samples_per_s": ratio * batch / typical,
        "plain_samples_per_s": batch / typical,
        "ratio": ratio,
        "ratio_lowest": min(ratios),
        "ratio_highest": max(ratios),
        "more_ms_per_step_in_the_engine": 1e3 * statistics.median(engine - plain),
        "waiting_for_data": turns.waiting / engine.sum() / bench.burst,
        "making_batches": making / statistics.mean(engine),
    }


def precisions(bench: Bench, steps: int) -> dict[str, float]:
    """Measure samples per second of the plain loop in each precision, alternating."""
    size = f"schedule.steps={WARM_UP + steps}"
    loops = {
        precision: PlainLoop(bench.run(size), precision) for precision in ("float32", "bfloat16")
    }
    seconds: dict[str, list[float]] = defaultdict(list)
    for loop in loops.values():
        bench.seconds_of(loop.step, WARM_UP)
    for _ in range(steps // bench.burst):
        for name, loop in loops.items():
            seconds[name].append(bench.seconds_of(loop.step, bench.burst) / bench.burst)
    batch = read_recipe(bench.config).optimizer.batch
    return {name: batch / statistics.median(found) for name, found in seconds.items()}


def over_epochs(bench: Bench, steps: int) -> dict[str, float]:
    """Measure memory and time a step of a tiny network over many epochs of little data."""
    # Few windows, so that there are many epochs.
    settings = (*TINY, "optimizer.batch=4", "data.stride=5000", f"schedule.steps={steps}")
    run = bench.run(*settings)
    every = steps // 20
    clock = Clock(lambda step: step % every == 0, lambda: (bench.now(), used_memory(bench)))
    run.runner.register_hook(clock)
    run.train()
    clock_time, memory = np.array(clock.found).T
    milliseconds = 1e3 * np.diff(clock_time) / every
    late = slice(len(memory) // 4, None)  # the allocator's pools and the histories fill at first
    thousands = np.arange(1, len(memory) + 1) * every / 1000
    return {
        "steps_per_epoch": max(1, len(run.plan.store) // run.plan.recipe.optimizer.batch),
        "steps": steps,
        "longest_history": longest_history(),
        "mb_after_a_quarter": float(memory[late][0]),
        "mb_at_the_end": float(memory[-1]),
        "mb_per_1000_steps": float(np.polyfit(thousands[late], memory[late], 1)[0]),
        # The least of a quarter's five: what else the machine does only adds.
        "ms_per_step_second_quarter": float(milliseconds[5:10].min()),
        "ms_per_step_last_quarter": float(milliseconds[-5:].min()),
    }


def used_memory(bench: Bench) -> float:
    """Return MB allocated by the process, swapped out or not; on a GPU, the tensors' peak."""
    if bench.device != "cpu":
        return torch.cuda.max_memory_allocated() / 1e6
    fields = dict(
        line.split(":", 1)
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    )
    return sum(int(fields[name].split()[0]) * 1024 / 1e6 for name in ("RssAnon", "VmSwap"))


def longest_history() -> int:
    """Count the scalars of the longest history in any of MMEngine's message hubs."""
    hubs = MessageHub._instance_dict.values()
    histories = [history for hub in hubs for history in hub.log_scalars.values()]
    return max(len(history.data[0]) for history in histories)


def history_updates() -> dict[str, float]:
    """Measure MMEngine's microseconds for storing one scalar, by length of its history."""
    found = {}
    for length in (HISTORY, 2 * HISTORY, 10_000, 200_000):
        buffer = HistoryBuffer([0.0] * length, [1] * length)
        before = time.perf_counter()
        for _ in range(200):
            buffer.update(0.0)
        found[str(length)] = 1e6 * (time.perf_counter() - before) / 200
    return found


class Profile(TorchDispatchMode):
    """Finds the time of a step's parts, and device reads, for which a GPU is waited.

    Parameters
    ----------
    run
        Its hooks, and what else takes part in a step, are timed from now on.
    """

    def __init__(self, run: TrainingRun) -> None:
        super().__init__()
        self.seconds: dict[str, float] = defaultdict(float)
        self.reads: dict[str, int] = defaultdict(int)
        self._owners = ["loop"]
        for hook in run.runner.hooks:
            for moment in ("before_train_iter", "after_train_iter"):
                self._watch(hook, moment, f"{type(hook).__name__}.{moment}")
        self._watch(run.model, "train", "model.train()")
        self._watch(run.model, "train_step", "train_step")
        self._watch(run.model, "parse_losses", "parse_losses")
        self._watch(run.runner.optim_wrapper, "_clip_grad", "clip_grad")
        self._watch(run.runner.optim_wrapper.optimizer, "step", "optimizer.step")

    def _watch(self, owner: Any, name: str, label: str) -> None:
        method = getattr(owner, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            with self._at(label):
                return method(*args, **kwargs)

        setattr(owner, name, timed)

    @contextmanager
    def _at(self, label: str) -> Iterator[None]:
        self._owners.append(label)
        before = time.perf_counter()
        yield
        self.seconds[label] += time.perf_counter() - before
        self._owners.pop()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Count the numbers that are read."""
        if func is torch.ops.aten._local_scalar_dense.default:
            self.reads[self._owners[-1]] += 1
        return func(*args, **(kwargs or {}))


def profile(bench: Bench, steps: int, *settings: str) -> dict[str, Any]:
    """Measure milliseconds a step, and device reads a step, by caller."""
    size = (*settings, f"schedule.steps={steps}", f"schedule.save_every={steps}")
    timed = bench.run(*size)
    times = Profile(timed)
    timed.train()
    counted = bench.run(*size)
    reads = Profile(counted)
    with reads:  # it slows every operation down, so times are taken without
        counted.train()
    saved = times.seconds.pop("CheckpointHook.after_train_iter")
    return {
        "ms_per_step": {
            name: 1e3 * seconds / steps
            for name, seconds in sorted(times.seconds.items(), key=lambda item: -item[1])
        },
        "ms_per_checkpoint": 1e3 * saved,
        "reads_per_step": {name: number / steps for name, number in reads.reads.items()},
    }


def measure(bench: Bench, steps: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every measurement by name, as soon as it is done."""
    yield "a tiny network", against_plain(bench, 5 * steps, *TINY)
    yield "profile of a tiny network", profile(bench, 2 * steps, *TINY)
    yield "over epochs", over_epochs(bench, 40 * steps)
    yield "microseconds a history update, by its length", history_updates()
    yield bench.config, against_plain(bench, steps)
    yield f"profile of {bench.config}", profile(bench, steps // 2)
    yield "samples/s by precision", precisions(bench, steps // 2)


def main() -> None:
    """Print every measurement when it is done; write them all as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True, help="folder of motion packs")
    parser.add_argument("--config", default="mocap_27")
    parser.add_argument("--steps", type=int, default=100, help="timed; tiny networks get more")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    logging.disable(logging.INFO)
    results: dict[str, Any] = {"device": options.device, "threads": options.threads}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(
            options.config, options.data_dir, choose_device(options.device), Path(folder), count()
        )
        for name, result in measure(bench, options.steps):
            results[name] = result
            sys.stdout.write(f"{name}: {json.dumps(result, indent=2)}\n")
            sys.stdout.flush()
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
