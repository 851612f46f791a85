"""Which windows each step sees, alone and among several processes."""

from __future__ import annotations

import pytest
import torch

from glagcn_training.engine.order import TrainingOrder


def steps(order, count):
    return [order[step] for step in range(count)]


def test_a_turn_sees_every_window_once():
    order = TrainingOrder(windows=24, batch=8, seed=1, steps=9)
    seen = torch.cat([step["windows"] for step in steps(order, 3)])
    assert sorted(seen.tolist()) == list(range(24))


def test_every_turn_and_every_seed_has_its_own_order():
    first = torch.cat([s["windows"] for s in steps(TrainingOrder(24, 8, 1, 9), 6)])
    other = torch.cat([s["windows"] for s in steps(TrainingOrder(24, 8, 2, 9), 3)])
    assert first[:24].tolist() != first[24:].tolist()
    assert first[:24].tolist() != other.tolist()


def test_steps_are_numbered_and_repeat():
    once, again = (steps(TrainingOrder(50, 7, 3, 20), 20) for _ in range(2))
    assert [step["step"] for step in once] == list(range(20))
    for a, b in zip(once, again, strict=True):
        assert torch.equal(a["windows"], b["windows"])


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_see_together_what_one_sees_alone(processes):
    alone = steps(TrainingOrder(100, 8, 5, 15), 15)
    parts = [steps(TrainingOrder(100, 8, 5, 15, rank, processes), 15) for rank in range(processes)]
    for number, whole in enumerate(alone):
        dealt = torch.stack([part[number]["windows"] for part in parts], dim=1)
        assert torch.equal(dealt.flatten(), whole["windows"])


def test_few_windows_still_fill_a_batch():
    order = TrainingOrder(windows=3, batch=8, seed=1, steps=4)
    for step in steps(order, 4):
        assert len(step["windows"]) == 8
        assert set(step["windows"].tolist()) == {0, 1, 2}


def test_a_batch_that_does_not_divide_is_refused():
    with pytest.raises(ValueError, match="divide"):
        TrainingOrder(10, 9, 1, 5, rank=0, processes=2)


def test_any_step_can_be_asked_for_first():
    order = TrainingOrder(50, 7, 3, 20)
    later = order[15]["windows"]
    assert torch.equal(steps(TrainingOrder(50, 7, 3, 20), 16)[15]["windows"], later)
