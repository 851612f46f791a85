"""Doubtful boxes are kept where somebody was just before."""

from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.detection.continued import sure_or_continued
from glagcn_cli.detection.interface import Boxes

HERE, THERE = (0, 0, 40, 100), (200, 0, 240, 100)
NEARLY_HERE = (4, 2, 44, 102)
NOBODY = Boxes(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))


def boxes(*people: tuple[tuple[int, int, int, int], float]) -> Boxes:
    return Boxes(
        np.array([box for box, _ in people], np.float32).reshape(-1, 4),
        np.array([score for _, score in people], np.float32),
    )


@pytest.mark.parametrize(
    ("before", "now", "kept"),
    [
        (None, [(HERE, 0.9), (THERE, 0.2)], [0.9]),
        (NOBODY, [(HERE, 0.2)], []),
        (boxes((HERE, 0.9)), [(NEARLY_HERE, 0.2)], [0.2]),
        (boxes((HERE, 0.2)), [(NEARLY_HERE, 0.2)], [0.2]),
        (boxes((HERE, 0.9)), [(THERE, 0.2)], []),
        # A second box of somebody who is surely there is nobody's.
        (boxes((HERE, 0.9)), [(HERE, 0.8), (NEARLY_HERE, 0.2)], [0.8]),
        # Of two that go on with one person the nearer is theirs.
        (boxes((HERE, 0.9)), [((10, 5, 50, 105), 0.3), (NEARLY_HERE, 0.2)], [0.2]),
        (boxes((HERE, 0.9), (THERE, 0.8)), [(THERE, 0.3), (HERE, 0.2)], [0.3, 0.2]),
        (boxes((HERE, 0.9)), [], []),
    ],
)
def test_who_is_kept(before: Boxes | None, now: list, kept: list[float]) -> None:
    found = sure_or_continued(before, boxes(*now), 0.35)
    np.testing.assert_allclose(found.scores, kept)
