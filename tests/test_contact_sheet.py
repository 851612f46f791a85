from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.rendering.contact_sheet import contact_sheet

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
