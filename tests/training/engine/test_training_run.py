"""Training runs on a small pack made on the spot: resuming, folders, what they leave behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from glagcn_cli.errors import DeviceError, TrainingError, UsageError
from glagcn_cli.lifting.checkpoints import load_lifter
from glagcn_cli.skeleton import CONVERSION
from glagcn_training.engine.checkpointing import STATES, AtomicBackend, newest_state
from glagcn_training.engine.progress import read_log
from glagcn_training.engine.runner import TrainingRun
from tests.helpers.small_datasets import write_humaneva
from tests.helpers.small_runs import assert_same_weights, small_packs, small_recipe, trained
from tests.helpers.synthetic_motion import write_pack
from tests.helpers.waiting import until


@pytest.fixture
def packs(tmp_path):
    return small_packs(tmp_path / "packs")


def interrupt_after(run: TrainingRun, steps: int) -> None:
    """Train some steps, then fall over."""
    train_step = run.model.train_step
    done = 0

    def fails(*args, **kwargs):
        nonlocal done
        if done == steps:
            raise InterruptedError
        done += 1
        return train_step(*args, **kwargs)

    run.model.train_step = fails
    with pytest.raises(InterruptedError):
        run.train()


def test_a_loss_that_is_not_a_number_ends_the_run_before_it_is_saved(packs, tmp_path):
    recipe = small_recipe("schedule.log_every=4", "schedule.validations=0")
    run = TrainingRun.open(recipe, packs, tmp_path / "run")
    network, passes = run.model.network, []

    def breaks(*_):
        passes.append(1)
        if len(passes) == 4:
            next(network.parameters()).data.fill_(float("nan"))

    network.register_forward_pre_hook(breaks)
    with pytest.raises(TrainingError, match="no longer a number, 4 passes into the run"):
        run.train()
    assert newest_state(tmp_path / "run").name == "step_2.pth"


@pytest.mark.parametrize("optimizer", ["adamw", "ranger"])
def test_a_resumed_run_ends_as_one_that_was_not_interrupted(packs, tmp_path, optimizer):
    recipe = small_recipe(
        f"optimizer.name={optimizer}", "network.dropout=0.1", "schedule.steps=9",
        "augmentation.occlusion=0.5", "optimizer.warm_up=3",
    )  # fmt: skip
    whole = trained(recipe, packs, tmp_path / "whole")
    interrupt_after(TrainingRun.open(recipe, packs, tmp_path / "cut"), 5)
    assert newest_state(tmp_path / "cut").name == "step_4.pth"
    again = trained(recipe, packs, tmp_path / "cut")
    assert_same_weights(whole, again)
    assert [row["step"] for row in read_log(tmp_path / "cut")] == [
        row["step"] for row in read_log(tmp_path / "whole")
    ]
    for file in ("whole", "cut"):
        assert load_lifter(tmp_path / file / "lifter.pth")[1].recipe["steps_done"]


def test_a_validation_lost_to_a_crash_is_made_up_for(packs, tmp_path):
    recipe = small_recipe("schedule.steps=4", "schedule.validations=2")
    whole = trained(recipe, packs, tmp_path / "whole")
    run = TrainingRun.open(recipe, packs, tmp_path / "cut")
    run.model.val_step = lambda data: (_ for _ in ()).throw(InterruptedError)
    with pytest.raises(InterruptedError):
        run.train()
    again = trained(recipe, packs, tmp_path / "cut")
    measured = [row["step"] for row in read_log(tmp_path / "cut") if "val/mpjpe" in row]
    assert measured == [2, 4]
    first, second = (r.runner.message_hub.get_info("best_error") for r in (whole, again))
    assert first == second


def test_a_finished_run_stays_as_it_is(packs, tmp_path):
    recipe = small_recipe()
    first = trained(recipe, packs, tmp_path / "run")
    assert_same_weights(first, trained(recipe, packs, tmp_path / "run"))


LONG = ("schedule.steps=40", "schedule.validations=0", "network.dropout=0.1")
KILLED = """
import sys, torch
from pathlib import Path
from tests.helpers.small_runs import small_recipe, trained
torch.set_num_threads(1)
trained(small_recipe(*sys.argv[3:]), Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_a_run_killed_at_any_moment_goes_on(packs, tmp_path):
    """kill -9 in the middle of an epoch, then the same command again."""
    folder = tmp_path / "run"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(packs), str(folder), *LONG], env=environment
    )
    until(lambda: newest_state(folder) is not None)
    process.send_signal(signal.SIGKILL)
    process.wait()
    reached = newest_state(folder)
    assert reached is not None and 0 < int(reached.stem.removeprefix("step_")) < 40
    recipe = small_recipe(*LONG)
    torch.set_num_threads(1)
    whole, resumed = (trained(recipe, packs, f) for f in (tmp_path / "whole", folder))
    # Two processes may round differently, and training makes more of it; losing a step, the
    # optimizer's state or an order of windows changes outputs by centimetres.
    apart = np.abs(lifted(whole) - lifted(resumed))
    assert apart.mean() < 5e-3


def lifted(run: TrainingRun) -> np.ndarray:
    """What the trained network makes of a fixed input: (4, 27, 17, 3) metres."""
    network = run.model.network.eval()
    x = torch.randn(4, 27, 17, 3, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        return network.sequence(x).sequence.numpy()


def test_half_a_state_never_stands_under_its_name(tmp_path, monkeypatch):
    target = tmp_path / STATES / "step_2.pth"
    target.parent.mkdir()
    target.write_bytes(b"old")

    def dies(self, data):
        self.open("wb").write(data[:1])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", dies)
    with pytest.raises(KeyboardInterrupt):
        AtomicBackend().put(b"new", target)
    assert target.read_bytes() == b"old"
    assert [path.name for path in target.parent.iterdir()] == ["step_2.pth"]


def test_another_run_in_the_folder_is_refused_by_its_settings(packs, tmp_path):
    trained(small_recipe(), packs, tmp_path / "run")
    with pytest.raises(UsageError, match="seed: 1 -> 2"):
        TrainingRun.open(small_recipe("seed=2"), packs, tmp_path / "run")
    TrainingRun.open(small_recipe("schedule.log_every=5"), packs, tmp_path / "run")


def test_the_recipe_is_stored_in_the_folder_the_state_and_the_lifter(packs, tmp_path):
    trained(small_recipe("optimizer.rate=0.004"), packs, tmp_path / "run")
    stored = yaml.safe_load((tmp_path / "run" / "recipe.yaml").read_text())
    card = load_lifter(tmp_path / "run" / "lifter.pth")[1]
    assert stored["optimizer"]["rate"] == card.recipe["optimizer"]["rate"] == 0.004
    state = torch.load(newest_state(tmp_path / "run"), weights_only=False)
    assert "'rate': 0.004" in state["meta"]["cfg"] or "rate=0.004" in state["meta"]["cfg"]


def test_a_checkpoint_says_what_it_was_trained_on(packs, tmp_path):
    trained(small_recipe("schedule.steps=1"), packs, tmp_path / "a")
    assert "walk.npz" in load_lifter(tmp_path / "a" / "lifter.pth")[1].data
    told = small_recipe("schedule.steps=1", "trained_on=my own steps", "licence=CC0")
    trained(told, packs, tmp_path / "b")
    card = load_lifter(tmp_path / "b" / "lifter.pth")[1]
    assert (card.data, card.licence) == ("my own steps", "CC0")


def test_another_seed_gives_other_weights(packs, tmp_path):
    one, two = (
        trained(small_recipe(f"seed={s}", "schedule.steps=1"), packs, tmp_path / str(s))
        for s in (1, 2)
    )
    first, second = (run.model.network.head_global.weight for run in (one, two))
    assert not torch.equal(first, second)


SINGLE_FRAMES = ("network.uncertainty=false", "network.gravity=false", "loss.velocity=0")


@pytest.mark.parametrize(
    "overrides",
    [
        ("network.variant=paper",),
        (*SINGLE_FRAMES, "network.variant=released"),
        ("network.shared_head=true",),
        ("loss.sequence=0", "validation.branch=centre"),
        ("loss.bone_length=0.1", "loss.bone_direction=0.1", "loss.velocity=1"),
        ("data.normalisation=image", "data.conversion=as-given"),
        ("optimizer.precision=bfloat16",),
        (*SINGLE_FRAMES, "baseline=temporal-convolution", "optimizer.batch=32"),
    ],
    ids=" ".join,
)
def test_the_loss_falls(packs, tmp_path, overrides):
    recipe = small_recipe(
        "network.channels=16", "optimizer.batch=8", "optimizer.rate=5e-3", "schedule.steps=60",
        "schedule.validations=0", "schedule.save_every=100", "schedule.log_every=5", *overrides,
    )  # fmt: skip
    trained(recipe, packs, tmp_path / "run")
    losses = [row["loss"] for row in read_log(tmp_path / "run")]
    assert np.mean(losses[-2:]) < 0.7 * losses[0]


def test_accumulated_passes_make_one_step_of_the_whole_batch(packs, tmp_path):
    """Gradients of two halves, averaged, are those of the whole where nothing is normalised."""
    steady = ("optimizer.batch_norm_momentum=[0.001, 0.001]", "schedule.validations=0")
    recipe = small_recipe("optimizer.batch=8", "optimizer.accumulate=2", *steady)
    run = trained(recipe, packs, tmp_path / "run")
    assert (run.plan.steps, run.plan.passes, run.runner.iter) == (6, 12, 12)
    assert [row["step"] for row in read_log(tmp_path / "run")] == [2, 4, 6]
    updates = run.runner.optim_wrapper.optimizer.state_dict()["state"][0]["step"]
    assert updates == 6


def test_more_data_in_the_folder_is_another_run(packs, tmp_path):
    trained(small_recipe(), packs, tmp_path / "run")
    write_pack(packs / "more.npz", ("train",))
    with pytest.raises(UsageError, match=r"other data \(.*windows: 16 -> 24"):
        TrainingRun.open(small_recipe(), packs, tmp_path / "run")


def test_a_run_that_begins_anew_begins_its_log_anew(packs, tmp_path):
    run = trained(small_recipe(), packs, tmp_path / "run")
    for state in (run.plan.folder / STATES).glob("step_*.pth"):
        state.unlink()
    trained(small_recipe("schedule.steps=2", "schedule.validations=0"), packs, tmp_path / "run")
    assert [row["step"] for row in read_log(tmp_path / "run")] == [2]
    assert (tmp_path / "run" / "log.old.jsonl").exists()


def test_the_last_step_is_validated_even_when_a_crash_came_between(packs, tmp_path):
    recipe = small_recipe("schedule.steps=5", "schedule.validations=2")
    run = TrainingRun.open(recipe, packs, tmp_path / "run")
    val_step = run.model.val_step

    def fails_at_the_end(data):
        if run.runner.iter == 5:
            raise InterruptedError
        return val_step(data)

    run.model.val_step = fails_at_the_end
    with pytest.raises(InterruptedError):
        run.train()
    trained(recipe, packs, tmp_path / "run")
    measured = [row["step"] for row in read_log(tmp_path / "run") if "val/mpjpe" in row]
    assert measured == [2, 4, 5]


def test_a_films_own_joints_are_not_called_a_detectors(tmp_path):
    write_humaneva(tmp_path / "data", frames=20)
    recipe = small_recipe("data.dataset=humaneva")
    assert recipe.data.conversion == CONVERSION
    with pytest.raises(UsageError, match="conversion=as-given"):
        TrainingRun.open(recipe, tmp_path / "data", tmp_path / "run")


def test_choosing_on_the_test_set_is_said_and_named(tmp_path, caplog):
    write_humaneva(tmp_path / "data", frames=20)
    recipe = small_recipe(
        "data.dataset=humaneva", "data.conversion=as-given", "data.select_on_test=true",
        "schedule.steps=2", "schedule.validations=1",
    )  # fmt: skip
    trained(recipe, tmp_path / "data", tmp_path / "run")
    assert "chosen on the test set" in caplog.text
    metrics = load_lifter(tmp_path / "run" / "lifter.pth")[1].metrics
    assert "test_mpjpe_mm" in metrics and not any(name.startswith("val_") for name in metrics)


def test_half_precision_with_loss_scaling_needs_cuda(packs, tmp_path):
    with pytest.raises(DeviceError, match="bfloat16"):
        TrainingRun.open(small_recipe("optimizer.precision=float16"), packs, tmp_path / "r")


def test_one_step_of_warming_up_reaches_the_rate(packs, tmp_path):
    recipe = small_recipe(
        "optimizer.warm_up=1", "optimizer.rate=1e-3", "schedule.log_every=1",
        "schedule.validations=0",
    )  # fmt: skip
    trained(recipe, packs, tmp_path / "run")
    assert 0.9e-3 < max(row["learning_rate"] for row in read_log(tmp_path / "run")) <= 1e-3


def test_the_learning_rate_rises_then_falls(packs, tmp_path):
    recipe = small_recipe(
        "optimizer.warm_up=10", "optimizer.rate=1e-3", "optimizer.last_rate=1e-5",
        "schedule.steps=40", "schedule.log_every=1", "schedule.validations=0",
        "schedule.save_every=100",
    )  # fmt: skip
    trained(recipe, packs, tmp_path / "run")
    rates = [row["learning_rate"] for row in read_log(tmp_path / "run")]
    top = int(np.argmax(rates))
    assert rates[0] < 3e-4 and 8 <= top <= 11 and max(rates) == pytest.approx(1e-3, rel=0.02)
    assert (np.diff(rates[: top + 1]) > 0).all() and (np.diff(rates[top:]) <= 0).all()
    assert rates[-1] == pytest.approx(1e-5, rel=0.5)
