"""Crops in which somebody stands who does not stand in the picture."""

from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.detection.turned_poses import (
    UPRIGHT,
    body_square,
    is_turned,
    quarter_turns,
    trunk_up,
)
from tests.helpers.tracked_bodies import BODY


def turned(degrees: float) -> np.ndarray:
    """Turn a body (17, 2) of height 1 clockwise about the middle of its hips."""
    angle = np.radians(degrees)
    return BODY @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


@pytest.mark.parametrize("degrees", [0, 30, 90, 180, -120])
def test_up_goes_from_the_hips_to_the_shoulders(degrees: float) -> None:
    up = trunk_up(turned(degrees), np.ones(17))
    angle = np.radians(degrees)
    np.testing.assert_allclose(up, [np.sin(angle), -np.cos(angle)], atol=1e-6)
    assert is_turned(up) == (abs(degrees) > 45)


def test_a_trunk_without_length_or_hardly_seen_stands() -> None:
    np.testing.assert_array_equal(trunk_up(np.zeros((17, 2)), np.ones(17)), UPRIGHT)
    np.testing.assert_array_equal(trunk_up(turned(180), np.full(17, 0.2)), UPRIGHT)


def test_quarter_turns_are_all_others_at_right_angles() -> None:
    all_four = [np.array([0.6, 0.8]), *quarter_turns(np.array([0.6, 0.8]))]
    np.testing.assert_allclose(np.sum(all_four, axis=0), 0, atol=1e-12)
    assert len({tuple(np.round(up, 6)) for up in all_four}) == 4


@pytest.mark.parametrize("degrees", [0, 90, 180])
def test_the_square_around_a_body_does_not_change_as_it_turns(degrees: float) -> None:
    square = body_square(turned(degrees) * 100 + 300, np.ones(17))
    upright = body_square(BODY * 100 + 300, np.ones(17))
    assert square is not None and upright is not None
    np.testing.assert_allclose(square, upright, atol=1e-3)
    assert 1.25 * (square[2] - square[0]) > 100  # networks pad it; the body has 88 pixels


def test_who_shows_no_trunk_has_no_square() -> None:
    scores = np.ones(17)
    scores[[11, 12]] = 0
    assert body_square(BODY * 100, scores) is None
