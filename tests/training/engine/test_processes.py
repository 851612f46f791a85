"""Two processes train what one does: the same order, loss and validation."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import torch
from torch import distributed, multiprocessing, nn

from glagcn_cli.errors import UsageError
from glagcn_training.engine.batch_norm import SynchronisedBatchNorm, synchronise_batch_norm
from glagcn_training.engine.processes import check_same, code_version, of_rank_zero, process_group
from glagcn_training.engine.progress import read_log
from glagcn_training.engine.validation import PoseErrors, validation_loader
from glagcn_training.metrics.scores import TakeScores
from tests.helpers.small_datasets import write_humaneva

RECIPE = (
    "network.channels=8", "network.global_blocks=1", "network.window=9", "network.dropout=0",
    "optimizer.batch=8", "optimizer.name=adamw", "optimizer.rate=0.002", "schedule.steps=6",
    "schedule.validations=2", "schedule.log_every=1", "augmentation.noise=0.03",
    "augmentation.occlusion=0.3",
)  # fmt: skip


def command(data, out, *launcher):
    given = ["--dataset", "humaneva", "--data-dir", str(data), "-o", str(out), "--device", "cpu",
             "--threads", "1"]  # fmt: skip
    for override in RECIPE:
        given += ["--set", override]
    return [sys.executable, *launcher, "-m", "glagcn_training", *given]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The same recipe trained by one process and by two."""
    folder = tmp_path_factory.mktemp("processes")
    write_humaneva(folder / "data", frames=30)
    here = ("--standalone", "--local-addr", "127.0.0.1")  # a machine may not know its own name
    torchrun = ("-m", "torch.distributed.run", *here, "--nproc-per-node", "2")
    for out, launcher in (("one", ()), ("two", torchrun)):
        done = subprocess.run(
            command(folder / "data", folder / out, *launcher),
            capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"},
            cwd=folder,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    return folder / "one", folder / "two"


def test_the_loss_is_that_of_one_process(runs):
    one, two = (
        {row["step"]: row["loss"] for row in read_log(run) if "loss" in row} for run in runs
    )
    assert sorted(one) == sorted(two) == list(range(1, 7))
    for step, loss in one.items():
        assert two[step] == pytest.approx(loss, abs=1e-4)


def test_so_is_what_validation_finds(runs):
    one, two = ([row for row in read_log(run) if "val/mpjpe" in row] for run in runs)
    assert [row["step"] for row in one] == [row["step"] for row in two] == [3, 6]
    for alone, together in zip(one, two, strict=True):
        # Biases before a batch norm have no gradient but rounding, which Adam makes whole steps of.
        assert together["val/mpjpe"] == pytest.approx(alone["val/mpjpe"], rel=1e-2)


def test_processes_share_no_files_but_the_run_folder(runs):
    assert sorted(path.name for path in runs[0].parent.iterdir()) == ["data", "one", "two"]


def test_one_log_and_one_report(runs):
    _, two = runs
    rows = [json.loads(line) for line in (two / "log.jsonl").read_text().splitlines()]
    assert len(rows) == 6 + 2
    assert "| processes | 2 |" in (two / "report.md").read_text()


def _as_one_of_two(rank, port, outputs):
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_RANK": str(rank),
                   "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}  # fmt: skip
    torch.set_num_threads(1)
    with process_group("cpu"):
        torch.manual_seed(0)
        x = (3 + 2 * torch.randn(6, 4, 5, 3)).requires_grad_()
        network = nn.Sequential(nn.BatchNorm2d(4))
        nn.init.uniform_(network[0].weight)
        nn.init.uniform_(network[0].bias)
        alone = nn.BatchNorm2d(4)
        alone.load_state_dict(network[0].state_dict())
        synchronise_batch_norm(network)
        assert isinstance(network[0], SynchronisedBatchNorm)
        mine = x[rank::2].detach().requires_grad_()
        y = network(mine)
        (y**3).sum().backward()
        whole = alone(x)
        (whole**3).sum().backward()
        torch.testing.assert_close(y, whole[rank::2])
        torch.testing.assert_close(mine.grad, x.grad[rank::2], rtol=1e-3, atol=1e-4)
        gradient = network[0].weight.grad.clone()
        distributed.all_reduce(gradient)
        torch.testing.assert_close(gradient, alone.weight.grad, rtol=1e-4, atol=1e-4)
        for name, value in alone.state_dict().items():
            torch.testing.assert_close(network[0].state_dict()[name], value)
        assert of_rank_zero(f"of rank {rank}") == "of rank 0"
        outputs.put((rank, _refusal(rank), _mean_of_three_takes()))


def _refusal(rank):
    try:
        check_same("code", f"version {rank}")
    except UsageError as error:
        return str(error)
    return ""


def _mean_of_three_takes():
    """Each process scores two, so that one of the three is scored twice."""
    loader = validation_loader([1.0, 2.0, 6.0])
    metric = PoseErrors("frames")
    for batch in loader:
        rows = [TakeScores("S1", "walk", "", 10, {"mpjpe": value}) for value in batch]
        metric.process(None, rows)
    assert len(metric.results) == 2
    return metric.evaluate(3)["val/mpjpe"]


def test_two_processes_share_batch_norm_compare_versions_and_count_takes_once():
    context = multiprocessing.get_context("spawn")
    outputs = context.SimpleQueue()
    with_port = 29_500 + os.getpid() % 2000
    multiprocessing.spawn(_as_one_of_two, (with_port, outputs), nprocs=2)
    said = sorted(outputs.get() for _ in range(2))
    assert [rank for rank, _, _ in said] == [0, 1]
    for _, refusal, mean in said:
        assert "rank 0: version 0" in refusal and "rank 1: version 1" in refusal
        assert mean == 3.0


def test_the_code_version_changes_with_the_source(monkeypatch, tmp_path):
    before = code_version()
    assert before == code_version()
    (tmp_path / "a.py").write_text("x = 1\n")
    monkeypatch.setattr("glagcn_training.engine.processes.files", lambda package: tmp_path)
    assert code_version() != before


def test_without_torchrun_there_is_one_process(monkeypatch):
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    with process_group("cpu") as alone:
        assert alone == (0, 1)
    assert not distributed.is_initialized()
