from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.detection.frames import same_sized, to_bgr


def test_frames_are_cut_where_their_size_changes() -> None:
    frames = [np.zeros((h, 8, 3), np.uint8) for h in (4, 4, 6, 4)]
    assert [[frame.shape[0] for frame in run] for run in same_sized(frames)] == [[4, 4], [6], [4]]


def test_red_becomes_the_last_channel() -> None:
    red = np.zeros((2, 3, 3), np.uint8)
    red[..., 0] = 200
    assert to_bgr(red)[1, 2].tolist() == [0, 0, 200]


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4)])
def test_other_pictures_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected"):
        to_bgr(np.zeros(shape, np.uint8))
