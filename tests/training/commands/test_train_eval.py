"""``glagcn-train``, ``glagcn-eval`` and ``glagcn-data prune`` as a user meets them."""

from __future__ import annotations

import errno
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from glagcn_cli.lifting.checkpoints import load_lifter, save_lifter
from glagcn_cli.lifting.lifter import Lifter
from glagcn_training.commands import train_eval
from glagcn_training.commands.data import main as data_main
from glagcn_training.data.registry import find_reader
from glagcn_training.engine import report
from glagcn_training.engine.checkpointing import STATES, AtomicBackend, newest_state, states
from glagcn_training.engine.model import LiftingModel
from glagcn_training.engine.progress import read_log
from tests.helpers.released_files import released, write
from tests.helpers.small_datasets import edit, write_3dhp, write_h36m, write_humaneva
from tests.helpers.small_runs import SMALL, small_packs
from tests.helpers.synthetic_motion import write_pack
from tests.helpers.waiting import until

torch.set_num_threads(1)

FILMED = ("h36m", "humaneva", "mpi_inf_3dhp")
FEW = tuple(f"--set={change}" for change in (*SMALL, "network.window=9", "schedule.steps=4"))


def train(dataset: str, data: Path, out: Path, *options: str) -> Result:
    """A short run; later options win over the short ones."""
    common = ["--dataset", dataset, "--data-dir", str(data), "--device", "cpu", "--threads", "1"]
    return CliRunner().invoke(train_eval.train, [*common, "-o", str(out), *FEW, *options])


def evaluate(dataset: str, data: Path, *options: str) -> Result:
    common = ["--dataset", dataset, "--data-dir", str(data), "--device", "cpu", "--threads", "1"]
    return CliRunner().invoke(train_eval.evaluate, [*common, *options])


def refused(result: Result, code: int, *words: str) -> None:
    """It ended with a message that holds the words, not with a traceback."""
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code == code, result.output
    told = " ".join(result.output.split())  # the lines of usage errors are wrapped
    for word in words:
        assert word in told, result.output


@pytest.fixture(scope="module", autouse=True)
def no_pictures():
    """Half of a short run would go into pictures; they are looked at elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("draw_curves", "draw_stills"):
            patch.setattr(report, name, lambda *args: None)
        yield


@pytest.fixture(scope="module")
def packs(tmp_path_factory) -> Path:
    return small_packs(tmp_path_factory.mktemp("mocap") / "packs")


@pytest.fixture(scope="module")
def run(packs, tmp_path_factory) -> Path:
    """Folder of a finished run."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    result = train("mocap", packs, folder)
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def told(caplog):
    """What is logged, as one text."""
    caplog.set_level(logging.INFO)
    return lambda: "\n".join(record.getMessage() for record in caplog.records)


# Help --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_help_imports_nothing_heavy(command) -> None:
    code = (
        "import sys\n"
        f"from glagcn_training.commands.train_eval import {command}\n"
        f"{command}(['--help'], standalone_mode=False)\n"
        "heavy = {'torch', 'mmengine', 'numpy', 'scipy', 'matplotlib', 'yaml', 'tqdm'}\n"
        "sys.exit(' '.join(heavy & set(sys.modules)) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Usage:")


def test_recipes_are_listed() -> None:
    result = CliRunner().invoke(train_eval.train, ["--list-configs"])
    assert result.exit_code == 0
    assert {"h36m_gt_243", "h36m_cpn_243", "humaneva_27", "mpi_inf_3dhp_81", "mocap_27"} <= {
        *result.output.split()
    }


# Data that is missing or broken ------------------------------------------------------------------


@pytest.mark.parametrize("there", [False, True], ids=["no folder", "empty folder"])
@pytest.mark.parametrize("dataset", FILMED)
def test_missing_files_are_named_with_their_origin_and_licence(tmp_path, dataset, there) -> None:
    data = tmp_path / "data"
    if there:
        data.mkdir()
    reader = find_reader(dataset)
    split = "test" if dataset == "mpi_inf_3dhp" else "val"
    for result, files in (
        (train(dataset, data, tmp_path / "run"), reader.files[:1]),
        (evaluate(dataset, data, "--split", split), reader.files[1:2]),
    ):
        words = [word for file in files for word in (file.name, f"get it from {file.origin}")]
        refused(result, 1, str(data), *words, f"licensed, see: {reader.licence}")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("keypoints", ["gt", "cpn_ft_h36m_dbb"])
def test_all_files_that_are_missing_are_named_at_once(tmp_path, keypoints) -> None:
    result = train("h36m", tmp_path, tmp_path / "run", "--keypoints", keypoints)
    refused(result, 1, "data_3d_h36m.npz", f"data_2d_h36m_{keypoints}.npz", "human3.6m/eula.php")


def test_a_folder_without_packs_is_a_message(tmp_path) -> None:
    refused(train("mocap", tmp_path, tmp_path / "run"), 1, str(tmp_path), "no motion pack")
    (tmp_path / "01_01.bvh").touch()
    refused(train("mocap", tmp_path, tmp_path / "run"), 1, "glagcn-data convert")


def _first(tree):
    """First view of the first take of the subject that validates."""
    return tree["S8"]["Directions"]


FAULTS = {
    "keys": ("2d_h36m_gt", lambda c: c.update(other=c.pop("positions_2d")), ["'positions_2d'"]),
    "cameras": (
        "2d_h36m_gt", lambda c: _first(c["positions_2d"]).pop(),
        ["S8 Directions", "3 cameras", "expected 4"],
    ),
    "shorter": (
        "2d_h36m_gt",
        lambda c: c["positions_2d"]["S8"].update(Directions=[
            view[:5] for view in _first(c["positions_2d"])
        ]),
        ["S8 Directions", "5 frames of 2D for 12 of 3D"],
    ),
    "nan in 2d": (
        "2d_h36m_gt", lambda c: _first(c["positions_2d"])[2].__setitem__(3, np.nan),
        ["S8 Directions", "2D keypoints hold NaN"],
    ),
    "nan in 3d": (
        "3d_h36m", lambda c: _first(c["positions_3d"]).__setitem__((3, 1), np.nan),
        ["S8 Directions", "3D joints hold NaN"],
    ),
    "subject": ("3d_h36m", lambda c: c["positions_3d"].pop("S8"), ["no subject S8"]),
}  # fmt: skip


@pytest.fixture(scope="module")
def h36m(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("h36m")
    write_h36m(folder, frames=12)
    return folder


@pytest.mark.parametrize("fault", FAULTS)
def test_broken_files_are_named(h36m, tmp_path, fault) -> None:
    name, damage, words = FAULTS[fault]
    for path in h36m.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with edit(tmp_path / f"data_{name}.npz") as content:
        damage(content)
    for result in (train("h36m", tmp_path, tmp_path / "run"), evaluate("h36m", tmp_path)):
        refused(result, 1, f"data_{name}.npz", *words)


def test_the_other_data_sets_count_cameras_too(tmp_path) -> None:
    write_humaneva(tmp_path, frames=5)
    with edit(tmp_path / "data_2d_humaneva15_gt.npz") as content:
        content["positions_2d"]["Train/S3"]["Walking 1 chunk0"].pop()
    refused(evaluate("humaneva", tmp_path), 1, "2 cameras, expected 3")
    write_3dhp(tmp_path, frames=5)
    with edit(tmp_path / "data_train_3dhp.npz") as content:
        del content["data"]["S8 Seq1"][0]["8"]
    refused(evaluate("mpi_inf_3dhp", tmp_path), 1, "7 cameras", "expected 8")


def test_nan_in_a_pack_is_a_message(tmp_path) -> None:
    write_pack(tmp_path / "walk.npz", ("train", "val"))
    with np.load(tmp_path / "walk.npz") as archive:
        arrays = dict(archive)
    arrays["root"][7] = np.nan
    np.savez(tmp_path / "walk.npz", **arrays)
    refused(train("mocap", tmp_path, tmp_path / "run"), 1, "walk.npz", "NaN")


def test_packs_without_validation_are_trained_on_as_the_message_says(tmp_path) -> None:
    write_pack(tmp_path / "walk.npz", ("train", "train"))
    advice = "--set data.holdout=none"
    refused(train("mocap", tmp_path, tmp_path / "run"), 1, "no clip of the split 'val'", advice)
    result = train("mocap", tmp_path, tmp_path / "run", *advice.split())
    assert result.exit_code == 0, result.output
    assert (tmp_path / "run" / "lifter.pth").exists()


def test_takes_shorter_than_a_window_are_trained_on_and_told(tmp_path, told) -> None:
    write_pack(tmp_path / "short.npz", ("train", "train", "val"), frames=5)
    result = train("mocap", tmp_path, tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert "2 of 2 takes are shorter than a window of 17 frames" in told()
    begun = "training on 2 windows of 2 takes, validating on 1 takes: 4 steps of batch 4 on cpu"
    assert begun in told()
    weights = str(tmp_path / "run" / "lifter.pth")
    assert evaluate("mocap", tmp_path, "--weights", weights).exit_code == 0


# Options that cannot be carried out --------------------------------------------------------------


@pytest.mark.parametrize(
    ("dataset", "keypoints", "there"),
    [
        ("h36m", "detectron_pt_coco", "gt, cpn_ft_h36m_dbb"),
        ("humaneva", "cpn_ft_h36m_dbb", "gt, detectron_pt_coco"),
        ("mpi_inf_3dhp", "detectron_pt_coco", "it has gt"),
        ("mocap", "gt", "virtual cameras"),
    ],
)
def test_2d_that_a_data_set_does_not_have(tmp_path, dataset, keypoints, there) -> None:
    options = ("--keypoints", keypoints)
    for result in (
        train(dataset, tmp_path, tmp_path / "run", *options), evaluate(dataset, tmp_path, *options)
    ):  # fmt: skip
        refused(result, 2, repr(keypoints), there)


def test_cuda_without_cuda(packs, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for result in (
        train("mocap", packs, tmp_path / "run", "--device", "cuda"),
        evaluate("mocap", packs, "--device", "cuda:1"),
    ):
        refused(result, 1, "CUDA is not available")
    refused(
        train("mocap", packs, tmp_path / "run", "--device", "gpu"),
        2,
        "--device gpu: must be one of auto",
    )


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--config=h36m_gt", ["no configuration 'h36m_gt'", "h36m_gt_243"]),
        ("--set=optimizer.speed=1", ["'optimizer.speed'"]),
        ("--set=optimiser.rate=1", ["'optimiser'", "optimizer?"]),
        ("--set=optimizer.rate=fast", ["optimizer.rate", "'fast'"]),
        ("--set=schedule.steps", ["section.key=value"]),
        ("--set=data.holdout=S1", ["cannot hold out S1"]),
    ],
)
def test_settings_that_there_are_not(packs, tmp_path, option, words) -> None:
    refused(train("mocap", packs, tmp_path / "run", option), 2, *words)
    assert not (tmp_path / "run").exists()


def test_a_subject_that_cannot_be_held_out(h36m, tmp_path) -> None:
    nobody = train("h36m", h36m, tmp_path / "run", "--set=data.holdout=S9")
    refused(nobody, 2, "no training subject S9", "S1, S5, S6, S7, S8")
    refused(evaluate("h36m", h36m, "--holdout", "S2"), 2, "no training subject S2")
    refused(evaluate("h36m", h36m, "--holdout", "none"), 2, "no split 'val'")


def test_places_that_cannot_be_written(packs, tmp_path) -> None:
    (tmp_path / "file").touch()
    refused(train("mocap", packs, tmp_path / "file"), 2, "file")
    refused(train("mocap", packs, tmp_path / "file" / "run"), 1, str(tmp_path / "file"))
    refused(evaluate("mocap", packs, "--json", str(tmp_path)), 1, "is a folder")
    refused(evaluate("mocap", packs, "--calibration", str(tmp_path)), 1, "is a folder")


# Lifters -----------------------------------------------------------------------------------------


def test_a_lifter_of_another_data_set(run, packs, h36m, tmp_path) -> None:
    network, card = load_lifter(run / "lifter.pth")
    other = replace(card, architecture=replace(card.architecture, joint_set="mpi_inf_3dhp17"))
    save_lifter(tmp_path / "other.pth", network, other)
    evaluated = evaluate("h36m", h36m, "--weights", str(tmp_path / "other.pth"))
    refused(evaluated, 1, "other.pth", "mpi_inf_3dhp17", "h36m17")
    taken = train("mocap", packs, tmp_path / "run", "--init", str(tmp_path / "other.pth"))
    refused(taken, 1, "other.pth", "mpi_inf_3dhp17", "h36m17")


def test_a_lifter_that_is_none(packs, tmp_path) -> None:
    refused(evaluate("mocap", packs, "--weights", "lifter-28"), 1, "'lifter-28'", "lifter-27")
    refused(train("mocap", packs, tmp_path / "run", "--init", "no.pth"), 1, "no lifter 'no.pth'")
    (tmp_path / "text.pth").write_text("text")
    broken = str(tmp_path / "text.pth")
    refused(evaluate("mocap", packs, "--weights", broken), 1, "text.pth", "not a readable")
    refused(train("mocap", packs, tmp_path / "run", "--init", broken), 1, "text.pth")


def test_a_lifter_is_pruned_and_trained_on(run, packs, tmp_path, told) -> None:
    out = tmp_path / "pruned.pth"
    command = ["prune", str(run / "lifter.pth"), "--data-dir", str(packs), "-o", str(out)]
    result = CliRunner().invoke(data_main, command)
    assert result.exit_code == 0, result.output
    change = result.output.split()[-1]
    channels = load_lifter(out)[1].architecture.channels
    assert channels < 8 and change == f"network.channels={channels}"
    options = ("--init", str(out), f"--set={change}", "--set=schedule.validations=0")
    result = train("mocap", packs, tmp_path / "run", *options)
    assert result.exit_code == 0, result.output
    taken = re.search(r"(\d+) of (\d+) tensors copied", told())
    assert taken and taken[1] == taken[2]
    refused(CliRunner().invoke(data_main, command), 1, "pruned.pth", "--overwrite")
    unknown = [*command, "--overwrite", "--dataset", "cmu"]
    refused(CliRunner().invoke(data_main, unknown), 2, "'cmu' is not one of")


def test_a_released_lifter_is_imported_and_measured(h36m, tmp_path) -> None:
    theirs, ours = write(tmp_path / "theirs.bin", released(3, 8)), str(tmp_path / "ours.pth")
    result = CliRunner().invoke(data_main, ["import-released", str(theirs), "-o", ours])
    assert result.exit_code == 0, result.output
    result = evaluate("h36m", h36m, "--weights", ours, "--split", "test", "--flip")
    assert result.exit_code == 0, result.output
    assert "| **Mean over actions** | **288** |" in result.output


# Run folders -------------------------------------------------------------------------------------


def test_a_folder_with_another_run(run, packs) -> None:
    refused(train("mocap", packs, run, "--seed", "5"), 2, "seed: 1 -> 5", "another folder")
    # States count passes, of which there would be other ones.
    passes = train("mocap", packs, run, "--set=optimizer.accumulate=2")
    refused(passes, 2, "optimizer.accumulate: 1 -> 2")


def test_the_same_command_again_leaves_a_finished_run_as_it_is(run, packs) -> None:
    before = {name: (run / name).read_bytes() for name in ("lifter.pth", "recipe.yaml")}
    table = _results(run)
    result = train("mocap", packs, run)
    assert result.exit_code == 0, result.output
    assert {name: (run / name).read_bytes() for name in before} == before
    assert _results(run) == table and "MPJPE **" in table


def _results(folder: Path) -> str:
    return (folder / "report.md").read_text().partition("## Curves")[0]


def test_steps_are_told_where_passes_are_counted(packs, tmp_path, told) -> None:
    halves = ("--set", "optimizer.accumulate=2")
    assert train("mocap", packs, tmp_path / "run", *halves).exit_code == 0
    row = re.search(r"results are of \| step (\d+) ", (tmp_path / "run" / "report.md").read_text())
    assert int(row[1]) == load_lifter(tmp_path / "run" / "lifter.pth")[1].recipe["steps_done"]
    assert train("mocap", packs, tmp_path / "run", *halves).exit_code == 0
    steps = re.search(r"from step (\d+) on, of (\d+) steps", told())
    assert steps[1] == steps[2]


def test_the_report_is_of_the_lifter_that_is_kept(packs, tmp_path, monkeypatch) -> None:
    """The last validation is worse here than the one before it."""
    val_step, validations = LiftingModel.val_step, 0

    def spoilt(self, data):
        nonlocal validations
        validations += 1
        rows = val_step(self, data)
        if validations > 2:  # two views of one clip are the first validation
            rows = [replace(r, figures={k: 2 * v for k, v in r.figures.items()}) for r in rows]
        return rows

    monkeypatch.setattr(LiftingModel, "val_step", spoilt)
    assert train("mocap", packs, tmp_path / "run").exit_code == 0
    card = load_lifter(tmp_path / "run" / "lifter.pth")[1]
    assert card.recipe["steps_done"] == 2
    text = (tmp_path / "run" / "report.md").read_text()
    assert "| results are of | step 2 |" in text
    kept = float(re.search(r"MPJPE \*\*([\d.]+) mm", text)[1])
    assert kept == pytest.approx(card.metrics["val_mpjpe_mm"], rel=2e-3)


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def test_a_damaged_state_is_passed_over_for_the_one_before(run, packs, tmp_path, told) -> None:
    shutil.copytree(run, tmp_path / "run")
    assert [path.name for path in states(tmp_path / "run")] == ["step_4.pth", "step_2.pth"]
    damage(tmp_path / "run" / STATES / "step_4.pth")
    result = train("mocap", packs, tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert "step_4.pth is damaged" in told() and "from step 2 on" in told()
    whole, again = (
        torch.load(newest_state(folder), weights_only=False)["state_dict"]
        for folder in (run, tmp_path / "run")
    )
    assert all(torch.equal(tensor, again[name]) for name, tensor in whole.items())


def test_damaged_states_alone_are_a_message(run, packs, tmp_path) -> None:
    shutil.copytree(run, tmp_path / "run")
    for path in states(tmp_path / "run"):
        damage(path)
    refused(train("mocap", packs, tmp_path / "run"), 1, "step_4.pth, step_2.pth", "restart the run")


# While it runs -----------------------------------------------------------------------------------


def test_a_full_disk_is_a_message(packs, tmp_path, monkeypatch) -> None:
    def full(self, obj, filepath) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(filepath))

    monkeypatch.setattr(AtomicBackend, "put", full)
    refused(train("mocap", packs, tmp_path / "run"), 1, "step_2.pth", "No space left")


def test_too_little_memory_comes_with_advice(packs, tmp_path, monkeypatch) -> None:
    def exhausted(*args, **kwargs):
        raise torch.OutOfMemoryError("CUDA out of memory")

    with monkeypatch.context() as patch:
        patch.setattr(LiftingModel, "train_step", exhausted)
        advice = "--set optimizer.accumulate=2"
        refused(train("mocap", packs, tmp_path / "run"), 1, "memory", advice)
    assert train("mocap", packs, tmp_path / "run", *advice.split()).exit_code == 0


def test_too_little_memory_to_evaluate_is_a_message(packs, monkeypatch) -> None:
    def exhausted(*args, **kwargs):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB\nmore")

    monkeypatch.setattr(Lifter, "lift_steady", exhausted)
    refused(evaluate("mocap", packs), 1, "out of memory", "2 GiB)", "--device")


def test_failures_as_messages_imports_no_torch_and_hides_no_bug() -> None:
    code = (
        "import sys\n"
        "from glagcn_training.commands.failures import failures_as_messages\n"
        "with failures_as_messages():\n"
        "    raise RuntimeError('a bug' if 'torch' not in sys.modules else 'torch')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1 and "RuntimeError: a bug" in done.stderr


def test_ctrl_c_leaves_a_run_that_goes_on(packs, tmp_path, told) -> None:
    folder = tmp_path / "run"
    options = ["--dataset", "mocap", "--data-dir", str(packs), "-o", str(folder)]
    long = [*FEW, "--set=schedule.steps=80", "--set=schedule.validations=0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "glagcn_training", *options, *long, "--device=cpu", "--threads=1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: bool(states(folder)), process)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate()
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr and stdout == ""
    reached = newest_state(folder).stem.removeprefix("step_")
    assert int(reached) < 80
    assert f"the same command resumes from step {reached}" in stderr
    result = train("mocap", packs, folder, *long, "--set=schedule.save_every=1000")
    assert result.exit_code == 0, result.output
    assert f"from step {reached} on" in told()
    assert [row["step"] for row in read_log(folder)] == list(range(2, 81, 2))
