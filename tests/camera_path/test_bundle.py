"""The derivatives by which key pictures are solved."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_cli.camera_path import bundle


@pytest.mark.parametrize("keys", [4, bundle.MOST_DENSE + 1])
def test_derivatives_are_those_of_the_residuals(keys: int) -> None:
    rng = np.random.default_rng(0)
    ends = np.array([(k, k + 1) for k in range(keys - 1)] + [(0, 2)], np.int32)
    shape = (len(ends), 5)
    measured = bundle.Measured(
        rng.uniform(-0.4, 0.4, (*shape, 2)), rng.uniform(-0.4, 0.4, (*shape, 2)),
        rng.uniform(0, 1, shape),
    )  # fmt: skip
    start = Rotation.from_rotvec(rng.normal(0, 0.1, (keys, 3))).as_matrix()
    focal = rng.normal(0, 0.1, keys)
    problem = bundle._Problem(ends, measured, start, focal, np.array([0]), 0.0, 0.2, True)
    at = rng.normal(0, 0.1, 4 * keys + 1)
    found = problem.slopes(at)
    assert isinstance(found, np.ndarray) == (keys <= bundle.MOST_DENSE)
    found = found if isinstance(found, np.ndarray) else found.toarray()
    steps = 1e-6 * np.eye(len(at))
    slopes = [(problem.residuals(at + s) - problem.residuals(at - s)) / 2e-6 for s in steps]
    np.testing.assert_allclose(found, np.stack(slopes, axis=1), rtol=1e-4, atol=1e-2)
