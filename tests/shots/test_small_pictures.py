"""Small grey pictures: the quick way to them shows what the exact one does."""

from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.shots.small_pictures import even_light, quick_grey, small_grey
from tests.helpers.landscape import view


@pytest.mark.parametrize("shrink", range(1, 9))
def test_the_quick_way_shows_the_same_at_the_same_place(shrink: int) -> None:
    frame = view(800)
    exact, quick = (way(frame, shrink).astype(float) for way in (small_grey, quick_grey))
    assert exact.shape == quick.shape
    assert np.abs(exact - quick).mean() < 2.0
    shifted = np.abs(exact[:, 1:] - quick[:, :-1]).mean()
    assert shifted > 2 * np.abs(exact - quick).mean()


def test_even_light_undoes_an_exposure() -> None:
    grey = small_grey(view(800), 2)
    darker = (grey * 0.6 + 10).astype(np.uint8)
    assert np.abs(even_light(grey).astype(int) - even_light(darker)).mean() < 2
