from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.rendering.contact_sheet import (
    ASPECT,
    best_columns,
    cell_width,
    contact_sheet,
    evenly_spaced,
    width_for,
)

COLOURS = [(200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 0), (0, 200, 200)]


def frames(count: int = 5) -> list[np.ndarray]:
    return [np.full((90, 160, 3), colour, np.uint8) for colour in COLOURS[:count]]


def middle_of(sheet: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return np.argwhere((sheet == colour).all(axis=-1)).mean(axis=0)


def test_frames_lie_in_reading_order_in_their_shape() -> None:
    sheet = contact_sheet(frames(), 2, width=400)
    assert sheet.shape[1] == 400
    rows, columns = np.array([middle_of(sheet, colour) for colour in COLOURS]).T
    assert rows[0] == rows[1] < rows[2] == rows[3] < rows[4]
    assert columns[0] == columns[2] == columns[4] < columns[1] == columns[3]
    where = np.argwhere((sheet == COLOURS[0]).all(axis=-1))
    height, width = np.ptp(where, axis=0) + 1
    assert width / height == pytest.approx(160 / 90, rel=0.02)


def test_titles_stand_above_their_frames() -> None:
    sheet = contact_sheet(frames(2), 2, ["first", "second"], width=400)
    top = np.argwhere((sheet == COLOURS[0]).all(axis=-1))[:, 0].min()
    assert (sheet[:top, :200] < 150).any()
    assert (sheet[:top, 200:] < 150).any()
    assert not (contact_sheet(frames(2), 2, width=400)[: top // 4] < 150).any()


def test_one_frame_and_many_columns() -> None:
    assert contact_sheet(frames(1), 4, width=300).shape[1] == 300


def test_what_does_not_fit_together_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        contact_sheet([], 2)
    with pytest.raises(ValueError, match="titles"):
        contact_sheet(frames(3), 2, ["only one"])
    with pytest.raises(ValueError, match="differ in size"):
        contact_sheet([*frames(1), np.zeros((5, 5, 3), np.uint8)], 2)


@pytest.mark.parametrize(
    ("shown", "count", "numbers"),
    [
        ([1] * 9, 3, [0, 4, 8]),
        ([0, 0, 1, 1, 1, 0, 1], 2, [2, 6]),
        ([1, 0, 1], 12, [0, 2]),
        ([1] * 5, 1, [2]),
        ([0, 1, 0], 4, [1]),
    ],
)
def test_frames_are_spread_over_those_that_may_be_shown(shown, count, numbers) -> None:
    assert evenly_spaced(np.array(shown, bool), count) == numbers


@pytest.mark.parametrize("count", [1, 2, 7, 12])
@pytest.mark.parametrize("aspect", [0.56, 1.5, 3.6])
def test_no_other_number_of_columns_comes_nearer_to_a_page(count, aspect) -> None:
    def off(columns: int) -> float:
        return abs(np.log(columns * aspect / np.ceil(count / columns) / ASPECT))

    chosen = best_columns(count, aspect)
    assert 1 <= chosen <= count
    assert all(off(chosen) <= off(columns) + 1e-9 for columns in range(1, count + 1))


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
@pytest.mark.parametrize("cell", [200, 391, 1180])
def test_frames_keep_their_size_on_a_sheet_made_for_them(cell, columns) -> None:
    width = width_for(cell, columns)
    assert cell_width(width, columns) == cell
    rows = np.random.default_rng(0).integers(0, 255, (40, cell, 3), np.uint8)
    sheet = contact_sheet([rows], 1, width=width_for(cell, 1))
    assert (sheet == rows[20, 30]).all(axis=-1).any()
