from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from glagcn_cli.rendering import SideBySideRenderer
from tests.helpers.walkers import FPS, points_2d, poses, standing, walk


def renderer(size: tuple[int, int], panel_height: int = 720) -> SideBySideRenderer:
    sequence = poses(walk(np.zeros((3, 3))))
    return SideBySideRenderer([sequence], [points_2d(3, size)], FPS, size, panel_height)


def blank(size: tuple[int, int]) -> np.ndarray:
    return np.full((size[1], size[0], 3), 90, np.uint8)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1280, 720), (2560, 720)),
        ((1768, 994), (2560, 720)),
        ((1920, 1080), (2560, 720)),
        ((1080, 1920), (404 + 720, 720)),
        ((1080, 1080), (1440, 720)),
        ((3840, 1600), (2560, 720)),  # wider than 16:9: bars
        ((100, 1000), (288 + 720, 720)),  # narrower than 2:5: bars
        ((16, 16), (1440, 720)),
        ((7680, 4320), (2560, 720)),
        ((641, 479), (964 + 964, 720)),
    ],
)
def test_size_of_the_frame(size: tuple[int, int], expected: tuple[int, int]) -> None:
    drawing = renderer(size)
    assert drawing.size == expected
    picture = drawing.render(blank(size), 0)
    assert picture.shape == (expected[1], expected[0], 3)
    assert picture.dtype == np.uint8


@pytest.mark.parametrize("height", [2, 3, 17, 121, 481])
@pytest.mark.parametrize("size", [(33, 17), (17, 33), (2, 2)])
def test_sizes_are_even(size: tuple[int, int], height: int) -> None:
    drawing = renderer(size, panel_height=height)
    assert drawing.size[0] % 2 == drawing.size[1] % 2 == 0
    assert drawing.render(blank(size), 0).shape == (drawing.size[1], drawing.size[0], 3)


def test_the_video_is_on_the_left_and_the_colours_stay_rgb() -> None:
    frame = np.zeros((360, 640, 3), np.uint8)
    frame[:, :320], frame[:, 320:] = (250, 0, 0), (0, 0, 250)
    picture = SideBySideRenderer([], [], FPS, (640, 360), panel_height=360).render(frame, 0)
    assert tuple(picture[200, 100]) == (250, 0, 0)
    assert tuple(picture[200, 600]) == (0, 0, 250)
    assert picture[200, 640:].max() < 130


def test_each_call_gives_a_new_array_and_leaves_the_frame_alone() -> None:
    drawing = renderer((320, 180), panel_height=180)
    frame = blank((320, 180))
    first = drawing.render(frame, 0)
    kept = first.copy()
    second = drawing.render(frame, 1)
    assert not np.shares_memory(first, second)
    np.testing.assert_array_equal(first, kept)
    assert (frame == 90).all()
    frame.setflags(write=False)
    drawing.render(frame, 2)


def test_the_same_frame_is_drawn_the_same_in_any_order() -> None:
    forwards, backwards = (renderer((320, 180), panel_height=180) for _ in range(2))
    ahead = [forwards.render(blank((320, 180)), i) for i in (0, 1, 2)]
    behind = [backwards.render(blank((320, 180)), i) for i in (2, 1, 0)]
    for one, other in zip(ahead, behind[::-1], strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_time_is_that_of_the_frame() -> None:
    # 30000/1001 frames a second: frame 30 comes at 1.001 s and frame 0 of any rate at 0.
    size = (320, 180)
    rates = [Fraction(30000, 1001), Fraction(30), Fraction(60)]
    times = [SideBySideRenderer([], [], rate, size, 180).render(blank(size), 30) for rate in rates]
    np.testing.assert_array_equal(times[0], times[1])  # both read 1.00 s
    assert (times[1] != times[2]).any()  # 0.50 s
    changed = np.argwhere((times[1] != times[2]).any(axis=-1))
    assert changed.max(axis=0)[0] < 30
    assert changed.max(axis=0)[1] < 80


def test_a_person_missing_in_a_frame_is_in_neither_panel() -> None:
    size = (640, 360)
    valid = np.array([True, False, True])
    sequence = poses(walk(np.zeros((3, 3))), valid=valid)
    points = points_2d(3, size, valid=valid)
    drawing = SideBySideRenderer([sequence], [points], FPS, size, panel_height=360)
    there, gone = (drawing.render(blank(size), i) for i in (0, 1))
    left = gone[40:, :640]
    assert (left == 90).all()
    assert (there[40:, :640] != 90).any()
    assert (there[:, 640:] != gone[:, 640:]).any()
    saturation = np.ptp(gone[:320, 640:].astype(int), axis=-1)
    assert saturation.max() < 60  # no blue or orange but the legend's


def test_every_person_is_drawn_with_2d_alone_or_3d_alone() -> None:
    size = (640, 360)
    only_2d = SideBySideRenderer([], [points_2d(1, size)], FPS, size, 360).render(blank(size), 0)
    only_3d = SideBySideRenderer([poses(standing()[None])], [], FPS, size, 360)
    assert (only_2d[40:, :640] != 90).any()
    picture = only_3d.render(blank(size), 0)
    assert (picture[40:, :640] == 90).all()
    assert np.ptp(picture[:320, 640:].astype(int), axis=-1).max() > 100


def test_what_cannot_be_drawn_is_refused() -> None:
    size = (64, 36)
    sequence, points = poses(walk(np.zeros((3, 3)))), points_2d(3, size)
    with pytest.raises(ValueError, match="scene frame"):
        SideBySideRenderer([replace(sequence, frame="camera")], [points], FPS, size)
    with pytest.raises(ValueError, match="number of frames"):
        SideBySideRenderer([sequence], [points_2d(4, size)], FPS, size)
    with pytest.raises(ValueError, match="cannot draw"):
        SideBySideRenderer([sequence], [points], FPS, (0, 36))
    with pytest.raises(ValueError, match="cannot draw"):
        SideBySideRenderer([sequence], [points], Fraction(0), size)
    drawing = SideBySideRenderer([sequence], [points], FPS, size, panel_height=90)
    with pytest.raises(ValueError, match="expected 36x64"):
        drawing.render(blank((36, 64)), 0)
    with pytest.raises(ValueError, match="float32"):
        drawing.render(blank(size).astype(np.float32), 0)
    for index in (-1, 3):
        with pytest.raises(IndexError, match="in a clip of 3"):
            drawing.render(blank(size), index)
