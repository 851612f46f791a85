"""Every data set through the commands: training, an interruption, going on, evaluation."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from glagcn_cli.lifting.checkpoints import load_lifter
from glagcn_training.commands import train_eval
from glagcn_training.engine import report
from glagcn_training.engine.checkpointing import newest_state
from glagcn_training.engine.model import LiftingModel
from glagcn_training.engine.progress import read_log
from tests.helpers.small_datasets import write_3dhp, write_h36m, write_humaneva
from tests.helpers.small_runs import SMALL, small_packs

torch.set_num_threads(1)

STEPS, CUT, SAVED = 6, 5, 4
FRAMES = 20  # of every take: fewer than a window


@dataclass(frozen=True)
class Split:
    """What an evaluation of a split is made of, by the published protocol."""

    takes: int
    actions: tuple[str, ...]
    frames: int = 0  # 0: all frames of all takes

    @property
    def counted(self) -> int:
        """Frames that count."""
        return self.frames or self.takes * FRAMES


@dataclass(frozen=True)
class Case:
    """A data set as it is trained on here, and what is expected of it."""

    dataset: str
    keypoints: str | None = None
    overrides: tuple[str, ...] = ()
    window: int = 27
    fps: int = 50
    joints: str = "h36m17"
    mean_over: str = "actions"
    splits: Mapping[str, Split] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.dataset} {self.keypoints or ''}".strip()

    @property
    def options(self) -> list[str]:
        """Options that both commands share, but for the data folder."""
        chosen = ["--keypoints", self.keypoints] if self.keypoints else []
        return ["--dataset", self.dataset, *chosen, "--device", "cpu", "--threads", "1"]


# Files hold "Directions", "Directions 1" and "Walking", each seen by four cameras.
H36M = {
    name: Split(takes, ("Directions", "Walking")) for name, takes in (("val", 12), ("test", 24))
}
# Four chunks of three actions, each seen by three cameras; averaged by subject and action.
HUMANEVA_ACTIONS = ("Box", "Jog", "Walking")
HUMANEVA = {
    name: Split(12 * len(subjects), tuple(f"{s} {a}" for s in subjects for a in HUMANEVA_ACTIONS))
    for name, subjects in (("val", ("S3",)), ("test", ("S1", "S2", "S3")))
}
MPI_INF_3DHP = {
    "val": Split(16, ("Seq1", "Seq2")),
    # The last frame of each is not valid.
    "test": Split(6, ("green screen", "outdoor", "studio"), 6 * (FRAMES - 1)),
}
CASES = (
    Case("h36m", None, ("network.window=27",), splits=H36M),
    Case(
        "h36m", "cpn_ft_h36m_dbb", ("network.window=9", "validation.flip=false"), 9, splits=H36M
    ),
    Case("humaneva", "gt", (), 27, 60, "humaneva15", "subjects and actions", HUMANEVA),
    Case(
        "humaneva", "detectron_pt_coco", ("network.variant=released",), 27, 60, "humaneva15",
        "subjects and actions", HUMANEVA,
    ),
    Case(
        "mpi_inf_3dhp", None, ("network.window=9", "validation.branch=sequence"), 9, 25,
        "mpi_inf_3dhp17", "frames", MPI_INF_3DHP,
    ),
    # One clip of 60 frames, seen by two virtual cameras.
    Case("mocap", fps=25, mean_over="frames", splits={"val": Split(2, ("clip 2",), 120)}),
)  # fmt: skip


@dataclass(frozen=True)
class Trained:
    """What two commands left: one interrupted, one that went on."""

    case: Case
    data: Path
    folder: Path
    interrupted: Result
    finished: Result

    def evaluate(self, *options: str, weights: Path | None = None) -> dict:
        """Figures of `glagcn-eval --json`."""
        figures = self.folder.parent / "figures.json"
        lifter = str(weights or self.folder / "lifter.pth")
        chosen = ["--data-dir", str(self.data), "--weights", lifter, "--json", str(figures)]
        result = CliRunner().invoke(train_eval.evaluate, [*self.case.options, *chosen, *options])
        assert result.exit_code == 0, result.output
        return json.loads(figures.read_text())


def write_data(dataset: str, folder: Path) -> Path:
    if dataset == "mocap":
        return small_packs(folder)
    writers = {"h36m": write_h36m, "humaneva": write_humaneva, "mpi_inf_3dhp": write_3dhp}
    writers[dataset](folder, frames=FRAMES)
    return folder


def command(case: Case, data: Path, folder: Path, *overrides: str) -> Result:
    """Train as `case` says."""
    changes = [f"schedule.steps={STEPS}", *case.overrides, *overrides]
    options = [f"--set={change}" for change in (*SMALL, *changes)]
    return CliRunner().invoke(
        train_eval.train, [*case.options, "--data-dir", str(data), "-o", str(folder), *options]
    )


@pytest.fixture(scope="module", params=CASES, ids=str)
def trained(request, tmp_path_factory) -> Trained:
    case, base = request.param, tmp_path_factory.mktemp("run")
    data, folder = write_data(case.dataset, base / "data"), base / "run"
    train_step, done = LiftingModel.train_step, 0

    def stops(*args, **kwargs):
        nonlocal done
        done += 1
        if done > CUT:
            raise KeyboardInterrupt
        return train_step(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LiftingModel, "train_step", stops)
        interrupted = command(case, data, folder)
    return Trained(case, data, folder, interrupted, command(case, data, folder))


def test_an_interrupted_run_says_so_and_goes_on(trained) -> None:
    assert trained.interrupted.exit_code == 130
    assert f"resumes from step {SAVED}" in trained.interrupted.output
    assert trained.finished.exit_code == 0, trained.finished.output
    assert newest_state(trained.folder).name == f"step_{STEPS}.pth"
    assert [row["step"] for row in read_log(trained.folder) if "loss" in row] == [2, 4, 6]


def test_neither_interruption_nor_validation_changes_what_is_learned(
    trained, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(report, "draw_curves", lambda *args: None)  # saves half of the time
    result = command(trained.case, trained.data, tmp_path / "run", "schedule.validations=0")
    assert result.exit_code == 0, result.output
    whole, resumed = (
        torch.load(newest_state(folder), weights_only=False)["state_dict"]
        for folder in (tmp_path / "run", trained.folder)
    )
    assert list(whole) == list(resumed)
    for name, tensor in whole.items():
        assert torch.equal(tensor, resumed[name]), name
    assert "Nothing was validated" in (tmp_path / "run" / "report.md").read_text()


def test_a_run_leaves_all_its_files(trained) -> None:
    assert trained.finished.output.split()[-2:] == [
        str(trained.folder / name) for name in ("lifter.pth", "report.md")
    ]
    there = {path.name for path in trained.folder.iterdir() if path.stat().st_size}
    assert there >= {"recipe.yaml", "lifter.pth", "log.jsonl", "report.md", "curves.png",
                     "stills.png", "tensorboard"}  # fmt: skip
    assert list((trained.folder / "tensorboard").glob("events.out.tfevents.*"))
    text = (trained.folder / "report.md").read_text()
    for action in trained.case.splits["val"].actions:
        assert f"\n| {action} | " in text


def test_the_lifter_knows_its_data_set(trained) -> None:
    card = load_lifter(trained.folder / "lifter.pth")[1]
    case = trained.case
    found = (card.architecture.window, card.fps, card.architecture.joint_set)
    assert found == (case.window, case.fps, case.joints)
    data = card.recipe["data"]
    own = "" if case.dataset == "mocap" else "gt"
    assert (data["dataset"], data["keypoints"]) == (case.dataset, case.keypoints or own)
    assert case.dataset == "mocap" or all(name in card.data for name in ("npz", "S1"))


def test_evaluation_gives_the_figures_of_the_run_itself(trained) -> None:
    """On val, exact 2D, the recipe's branch and flip; but for the half precision of the file."""
    card = load_lifter(trained.folder / "lifter.pth")[1]
    settings = card.recipe["validation"]
    options = ["--branch", settings["branch"], *(["--flip"] if settings["flip"] else [])]
    options += ["--network-alone"]
    figures = trained.evaluate("--split", "val", *options)
    own = min(
        (row for row in read_log(trained.folder) if "val/mpjpe" in row),
        key=lambda row: row["val/mpjpe"],
    )
    assert own["step"] == card.recipe["steps_done"]
    for name in ("mpjpe", "p_mpjpe", "n_mpjpe", "mpjve", "pck150", "auc"):
        assert figures[name] == pytest.approx(own[f"val/{name}"], rel=2e-3, abs=0.2), name


def test_evaluation_follows_the_protocol(trained) -> None:
    case = trained.case
    for split, expected in case.splits.items():
        figures = trained.evaluate("--split", split)
        for name in ("mpjpe", "p_mpjpe", "n_mpjpe", "mpjve"):
            assert math.isfinite(figures[name]) and figures[name] > 0
        assert figures["p_mpjpe"] <= figures["n_mpjpe"] <= figures["mpjpe"]
        setting = figures["setting"]
        assert (setting["takes"], setting["frames"]) == (expected.takes, expected.counted)
        assert (setting["split"], setting["noise"], setting["flip"]) == (split, "exact", False)
        assert setting["branch"] == "centre"
        assert setting["mean_over"] == case.mean_over
        assert tuple(figures["per_action"]) == expected.actions
        if case.mean_over != "frames":
            means = [errors["mpjpe"] for errors in figures["per_action"].values()]
            assert figures["mpjpe"] == pytest.approx(np.mean(means))


def test_noise_and_the_constant_pose_are_measured(trained) -> None:
    plain, noisy = trained.evaluate(), trained.evaluate("--noise", "detector", "--constant")
    assert noisy["setting"]["noise"] == "detector"
    assert noisy["mpjpe"] != plain["mpjpe"] and "constant_pose" not in plain
    assert noisy["constant_pose"]["p_mpjpe"] < 120  # walkers are all alike
