"""Lifters that `downstream.py` compares, and the training of those that are small or half-trained.

None of them sees a subject that is tested: their packs hold `tasks.LIFTER_SUBJECTS` alone.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.ablations.ablations import train, trained_lifter
from benchmarks.ablations.rows import Family, Variant, folder_name
from benchmarks.downstream.tasks import LIFTER_SUBJECTS
from glagcn_cli.files.atomic import atomic_output
from glagcn_cli.lifting.checkpoints import DEFAULT_LIFTER
from glagcn_cli.lifting.lifter import Lifter

SHIPPED = "GLA-GCN as shipped"
TEMPORAL = "temporal convolution"


def _size(channels: int, blocks: int) -> tuple[str, ...]:
    return (f"network.channels={channels}", f"network.global_blocks={blocks}")


def _steps(steps: int) -> tuple[str, ...]:
    return (f"schedule.steps={steps}",)


CENTRE_ALONE = (
    "baseline=temporal-convolution", "network.uncertainty=false", "network.gravity=false",
    "loss.velocity=0", "loss.gravity=0", "loss.uncertainty=0",
)  # fmt: skip

SMALL = Family(
    ("optimizer.batch=16", "optimizer.precision=float32", "schedule.validations=0",
     "schedule.log_every=100", "schedule.save_every=5000"),
    {
        TEMPORAL: Variant((*CENTRE_ALONE, *_size(32, 2), *_steps(600))),
        "GLA-GCN, 16 channels": Variant((*_size(16, 1), *_steps(600))),
        "GLA-GCN, 32 channels": Variant((*_size(32, 2), *_steps(600))),
        "GLA-GCN, 64 channels, 100 steps": Variant(_steps(100)),
        "GLA-GCN, 64 channels": Variant(_steps(600)),
    },
)  # fmt: skip
"""The recipe `mocap_27` for 600 steps of 16 windows, unless the name has others. 64 channels are
the shipped size; the temporal convolution costs what 32 channels do."""


def write_packs(data_dir: Path, folder: Path) -> Path:
    """Write packs whose training split is `LIFTER_SUBJECTS`; return their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, subjects in LIFTER_SUBJECTS.items():
        path = folder / f"{name}.npz"
        if path.exists():
            continue
        with np.load(data_dir / path.name, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        learned = np.isin(arrays["subject"].astype(str), subjects)
        arrays["split"] = np.where(learned, "train", "val")
        with atomic_output(path, overwrite=True) as temporary, temporary.open("wb") as file:
            np.savez(file, **arrays)
    return folder


def small_lifter(row: str, folder: Path, packs: Path, threads: int) -> Lifter:
    """Return a small lifter by its row's name, trained where that was not done yet."""
    run = folder / folder_name(row)
    if not (run / "report.md").exists():
        train(run, SMALL, SMALL.variants[row], packs, threads)
    return trained_lifter(run, packs)


def lifter_of(row: str, folder: Path, packs: Path, threads: int) -> Lifter:
    """Return the lifter of a row."""
    if row == SHIPPED:
        return Lifter.load(DEFAULT_LIFTER)
    return small_lifter(row, folder, packs, threads)
