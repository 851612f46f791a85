"""Random numbers of a batch: who sees which, and that they can be had again."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from glagcn_training.samples.random_draws import GeneratorDraws, StepDraws, step_seed

CALLS = [
    lambda draws, n: draws.uniform(-1.0, 3.0, (n,)),
    lambda draws, n: draws.normal(2.0, (n, 5, 2)),
    lambda draws, n: draws.chance(0.3, (n, 4)),
    lambda draws, n: draws.normal(1.0, (n,)),
]


def step_draws(seed=1, step=0, total=12, rows=slice(None)):
    return StepDraws(seed, step, total, rows, "cpu")


@pytest.mark.parametrize("processes", [2, 3])
@pytest.mark.parametrize("interleaved", [True, False])
def test_processes_together_draw_what_one_would(processes, interleaved):
    each = 12 // processes
    rows = [
        slice(rank, 12, processes) if interleaved else slice(rank * each, (rank + 1) * each)
        for rank in range(processes)
    ]
    alone, shared = step_draws(), [step_draws(rows=part) for part in rows]
    for call in CALLS:
        whole = call(alone, 12)
        for part, draws in zip(rows, shared, strict=True):
            assert torch.equal(call(draws, each), whole[part])


def test_a_step_can_be_drawn_again_and_differs_from_its_neighbours():
    first = step_draws(3, 7).normal(1.0, (12,))
    assert torch.equal(step_draws(3, 7).normal(1.0, (12,)), first)
    for seed, step in ((3, 8), (4, 7), (7, 3)):
        assert not torch.isclose(step_draws(seed, step).normal(1.0, (12,)), first).any()


def test_no_two_steps_of_neighbouring_runs_share_a_seed():
    """Also in the 32 bits that torch's generator on the CPU reads."""
    seeds = [step_seed(seed, step) for seed in range(8) for step in range(2500)]
    assert len({seed % 2**32 for seed in seeds}) == len(seeds)
    assert max(seeds) >= 2**63


def test_draws_have_the_distribution_asked_for():
    draws = step_draws(total=40_000)
    uniform = draws.uniform(2.0, 5.0, (40_000,))
    assert uniform.dtype == torch.float32
    assert 2 <= uniform.min() < 2.01 and 4.99 < uniform.max() <= 5
    assert uniform.mean() == pytest.approx(3.5, abs=0.03)
    normal = draws.normal(4.0, (40_000,))
    assert normal.mean() == pytest.approx(0, abs=0.1) and normal.std() == pytest.approx(4, abs=0.1)
    assert draws.chance(0.2, (40_000,)).float().mean() == pytest.approx(0.2, abs=0.01)
    assert draws.chance(1.0, (40_000,)).all() and not draws.chance(0.0, (40_000,)).any()


def test_another_number_of_samples_than_the_process_has_is_refused():
    with pytest.raises(ValueError, match="6 rows"):
        step_draws(rows=slice(0, 12, 2)).uniform(0.0, 1.0, (12,))


def test_numpy_draws_are_numpys_own_in_double_precision():
    draws, numpys = GeneratorDraws(np.random.default_rng(5)), np.random.default_rng(5)
    np.testing.assert_array_equal(draws.uniform(1.0, 2.0, (3, 2)), numpys.uniform(1, 2, (3, 2)))
    np.testing.assert_array_equal(draws.normal(0.5, (3,)), numpys.normal(0, 0.5, 3))
    np.testing.assert_array_equal(draws.chance(0.5, (8,)), numpys.random(8) < 0.5)
    assert draws.normal(1.0, (3,)).dtype == draws.tensor(np.ones(2, np.float32)).dtype
    assert draws.normal(1.0, (3,)).dtype == torch.float64
