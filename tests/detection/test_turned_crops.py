from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.detection.turned_crops import Square, cut_out, in_frame

SIZE = 64


def square(angle: float, middle: tuple[float, float] = (100.0, 80.0), side: float = 96.0) -> Square:
    """Turn a square clockwise by an angle in degrees."""
    turn = np.radians(angle)
    return Square(np.array(middle), side, np.array([np.sin(turn), -np.cos(turn)]))


@pytest.mark.parametrize("angle", [0, 30, 90, 180, -120])
def test_what_was_cut_out_goes_back_to_its_place(angle: float) -> None:
    frame = np.zeros((200, 200, 3), np.uint8)
    frame[60:63, 118:121] = 255  # about 61, 119
    place = square(angle)
    crop = cut_out([(frame, place)], SIZE)[0, ..., 0] / 255
    y, x = np.indices(crop.shape)
    spot = np.array([(x * crop).sum(), (y * crop).sum()]) / crop.sum() + 0.5
    np.testing.assert_allclose(in_frame(spot, place, SIZE), [119, 61], atol=0.3)


def test_up_is_up_in_the_cut_out() -> None:
    above = in_frame(np.array([SIZE / 2, 0.0]), square(90), SIZE)
    np.testing.assert_allclose(above, [148, 80], atol=0.01)  # up points to the right


@pytest.mark.parametrize("angle", [0, 77])
def test_a_right_hand_stays_a_right_hand(angle: float) -> None:
    a, b, c = in_frame(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), square(angle), SIZE)
    (ux, uy), (vx, vy) = b - a, c - a
    assert ux * vy - uy * vx > 0


def test_outside_of_the_frame_it_is_black() -> None:
    crop = cut_out([(np.full((40, 40, 3), 200, np.uint8), square(0, (0, 0)))], SIZE)
    assert crop[0, :20].max() == 0
    assert (crop[0, 40, 40] == 200).all()
