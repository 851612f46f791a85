"""Lift folders of films with fake lifters."""

from __future__ import annotations

import csv
from pathlib import Path

from glagcn_cli.batch.lift_many import lift_many
from glagcn_cli.batch.worker import Choices, Outcome
from glagcn_cli.keypoints.source import KeypointsUse
from glagcn_cli.pipeline.settings import Settings
from tests.helpers.fake_lifting import FakeLifter


def lift(folder: Path, out: Path, *, formats=("npy", "bvh"), jobs=None, overwrite=False, **choices):
    use = KeypointsUse(save_2d=choices.pop("save_2d", False))
    settings = Settings(device="cpu", **choices)
    return lift_many(
        [folder], out, Choices(settings, overwrite, use, load=FakeLifter), formats=formats,
        jobs=jobs,
    )  # fmt: skip


def statuses(outcomes: list[Outcome]) -> dict[str, str]:
    return {Path(outcome.source).name: outcome.status for outcome in outcomes}


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "summary.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tree(out: Path) -> list[str]:
    return sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
