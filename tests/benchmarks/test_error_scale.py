"""Predicted errors brought to the size of those made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from glagcn_cli.model.heads import ErrorHead
from glagcn_cli.poses import LiftedJoints
from glagcn_cli.skeleton import H36M17
from glagcn_training.evaluation.evaluate import Observation
from glagcn_weights.error_scale import EXPONENTS, apply_error_scale, fit_error_scale

FRAMES = 4000


def made_and_said(factor: np.ndarray, exponent: float) -> tuple[LiftedJoints, Observation]:
    """Errors whose mean is factor x prediction^exponent, in any direction."""
    rng = np.random.default_rng(5)
    said = np.exp(rng.uniform(np.log(0.02), np.log(0.3), (FRAMES, 17)))
    size = rng.exponential(factor * said**exponent)
    direction = rng.normal(size=(FRAMES, 17, 3))
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    true = rng.normal(size=(FRAMES, 17, 3))
    lifted = LiftedJoints(true + size[..., None] * direction, said)
    return lifted, Observation(np.zeros((FRAMES, 17, 2)), true)


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_the_scale_that_made_the_errors_is_found(exponent: float) -> None:
    factor = np.linspace(0.3, 0.9, 17)
    factor = (factor + factor[list(H36M17.mirror)]) / 2
    found = fit_error_scale([made_and_said(factor, exponent)])
    assert found.exponent == pytest.approx(exponent, abs=0.06)
    at = 0.1  # metres predicted
    np.testing.assert_allclose(found.factors * at**found.exponent, factor * at**exponent, rtol=0.08)
    np.testing.assert_array_equal(found.factors, found.factors[list(H36M17.mirror)])


def test_the_root_that_is_never_wrong_says_nothing_of_the_exponent() -> None:
    lifted, seen = made_and_said(np.full(17, 0.6), 0.7)
    assert lifted.uncertainty is not None
    lifted.joints[:, 0] = seen.joints[:, 0]
    lifted.uncertainty[:, 0] = 3e-4
    assert fit_error_scale([(lifted, seen)]).exponent == pytest.approx(0.7, abs=0.06)


def test_frames_that_do_not_count_say_nothing() -> None:
    lifted, seen = made_and_said(np.full(17, 0.6), 0.7)
    valid = np.arange(FRAMES) >= 10
    lifted.joints[~valid] = 1e3
    found = fit_error_scale([(lifted, replace(seen, valid=valid))])
    assert found.exponent == pytest.approx(0.7, abs=0.06) and found.factors.max() < 1


@pytest.mark.parametrize("exponent, told", [(0.0, True), (0.7, False), (3.5, True)])
def test_a_fit_at_an_end_of_what_was_tried_is_told(exponent: float, told: bool) -> None:
    """At 0 the errors have nothing to do with what is predicted."""
    found = fit_error_scale([made_and_said(np.full(17, 0.6), exponent)])
    assert (found.exponent in (EXPONENTS[0], EXPONENTS[-1])) == told
    assert (f"{found.exponent:.2f} is at an end" in found.warning) == told


def test_a_head_says_what_the_scale_makes_of_its_words() -> None:
    torch.manual_seed(2)
    head = ErrorHead(8, 17)
    torch.nn.init.normal_(head.weight, std=0.1)
    x = torch.randn(3, 8, 17, 5)
    before = head(x).detach()
    scale = fit_error_scale([made_and_said(np.full(17, 0.4), 0.7)])
    apply_error_scale(head, scale)
    expected = torch.from_numpy(scale.factors).float() * before**scale.exponent
    torch.testing.assert_close(head(x).detach(), expected, rtol=1e-4, atol=1e-6)
