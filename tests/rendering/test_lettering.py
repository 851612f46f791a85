from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.rendering.lettering import draw_text, legend, letter_size, text_mask


def test_digits_are_equally_wide_so_that_a_clock_does_not_tremble() -> None:
    assert len({text_mask(digit, 20).shape for digit in "0123456789"}) == 1


def test_letters_have_the_size_asked_for() -> None:
    rows = np.nonzero(text_mask("H", 40).any(axis=1))[0]
    assert 24 <= np.ptp(rows) <= 34


@pytest.mark.parametrize(
    ("anchor", "low", "high"),
    [
        ((0, 0), (50, 50), (150, 90)),
        ((1, 1), (-50, 10), (50, 50)),
        ((0.5, 0.5), (10, 30), (90, 70)),
    ],
)
def test_the_anchor_places_the_text(anchor: tuple, low: tuple, high: tuple) -> None:
    image = np.zeros((100, 150, 3), np.uint8)
    draw_text(image, "abc", (50, 50), 20, (255, 255, 255), anchor)
    rows, columns = np.nonzero(image.any(axis=-1))
    assert low[0] <= columns.min()
    assert columns.max() < high[0]
    assert low[1] <= rows.min()
    assert rows.max() < high[1]


def test_a_plate_darkens_what_is_behind() -> None:
    image = np.full((60, 120, 3), 200, np.uint8)
    draw_text(image, "1", (60, 30), 20, (222, 224, 228), (0.5, 0.5), plate=True)
    assert image.min() == 70
    assert (image[:5] == 200).all()


@pytest.mark.parametrize("position", [(-300, 5), (5, -300), (300, 5), (5, 300), (-5, -5), (25, 15)])
def test_text_over_the_edge_is_cut_off(position: tuple[int, int]) -> None:
    image = np.zeros((20, 30, 3), np.uint8)
    draw_text(image, "long text", position, 20, (255, 255, 255), plate=True)
    assert image.shape == (20, 30, 3)


def test_a_legend_shows_its_colours_from_left_to_right() -> None:
    image = np.zeros((30, 200, 3), np.uint8)
    legend(image, {"one": (255, 0, 0), "two": (0, 0, 255)}, (5, 5), 12, (200, 200, 200))
    red = np.nonzero((image == (255, 0, 0)).all(axis=-1))[1]
    blue = np.nonzero((image == (0, 0, 255)).all(axis=-1))[1]
    assert 0 < len(red) < 200
    assert red.max() < blue.min()


def test_letters_can_be_read_in_the_smallest_panel() -> None:
    assert letter_size(2) == 8
    assert letter_size(720) == 20
