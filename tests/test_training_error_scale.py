"""Predicted errors brought to the size of those made."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from glagcn_cli.model.heads import ErrorHead
from glagcn_cli.poses import LiftedJoints
from glagcn_cli.skeleton import H36M17
from glagcn_training.error_scale import apply_error_scale, fit_error_scale
from glagcn_training.evaluate import Observation

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


@pytest.mark.parametrize("exponent", [0.5, 1.0])
def test_the_scale_that_made_the_errors_is_found(exponent: float) -> None:
    factor = np.linspace(0.3, 0.9, 17)
    factor = (factor + factor[list(H36M17.mirror)]) / 2
    found = fit_error_scale([made_and_said(factor, exponent)])
    assert found.exponent == pytest.approx(exponent, abs=0.06)
    at = 0.1  # metres predicted
    np.testing.assert_allclose(found.factors * at**found.exponent, factor * at**exponent, rtol=0.08)
    np.testing.assert_array_equal(found.factors, found.factors[list(H36M17.mirror)])


def test_a_head_says_what_the_scale_makes_of_its_words() -> None:
    torch.manual_seed(2)
    head = ErrorHead(8, 17)
    torch.nn.init.normal_(head.weight, std=0.1)
    x = torch.randn(3, 8, 5, 17)
    before = head(x).detach()
    scale = fit_error_scale([made_and_said(np.full(17, 0.4), 0.7)])
    apply_error_scale(head, scale)
    expected = torch.from_numpy(scale.factors).float() * before**scale.exponent
    torch.testing.assert_close(head(x).detach(), expected, rtol=1e-4, atol=1e-6)
