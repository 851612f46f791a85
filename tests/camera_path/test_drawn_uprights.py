"""Pictures of houses, stairs and trees: whether what rises in them is taken for the upright."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.measuring.drawn_scenes import ASKEW, UPRIGHT
from benchmarks.measuring.drawn_world import drawn, looking
from glagcn_cli.camera_path.upright_lines import UprightLines, line_planes
from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.plumb import with_lines
from tests.helpers.landscape import people

SIZE = (640, 360)
FOCAL = SIZE[0] / 2 / np.tan(np.radians(30))
UP = np.array([0.0, 1.0, 0.0])
MISLEADING = "posts that all lean by 10 degrees"


def degrees_off(place: str, roll: float, tilt: float) -> tuple[float, float]:
    """Errors of people who see two thirds of roll and tilt, and of them and lines."""
    panels = (UPRIGHT | ASKEW)[place](np.random.default_rng(1))
    turn = looking(3.0, tilt, roll)
    picture = drawn(panels, turn, np.array([0.0, 1.6, 0.0]), FOCAL, SIZE)
    lines = UprightLines(SIZE, 30)
    lines.look(0, picture, people().boxes)
    seen = line_planes(lines.arrays(), slice(0, 1), SIZE, np.full(1, FOCAL))
    told: NDArray[np.float64] = looking(3.0, tilt * 0.67, roll * 0.67) @ UP
    both = with_lines(told, SceneChoices(lines=seen, focal_error=0.03))
    off = [np.degrees(np.arccos(np.clip(up @ turn @ UP, -1, 1))) for up in (told, both)]
    return float(off[0]), float(off[1])


@pytest.mark.parametrize(("roll", "tilt"), [(0, 0), (10, -4), (-12, -12)])
@pytest.mark.parametrize("place", UPRIGHT)
def test_houses_rooms_and_posts_tell_the_upright(place: str, roll: float, tilt: float) -> None:
    assert degrees_off(place, roll, tilt)[1] < 1.0


@pytest.mark.parametrize(("roll", "tilt"), [(0, 0), (10, -4)])
@pytest.mark.parametrize("place", [place for place in ASKEW if place != MISLEADING])
def test_what_is_askew_leaves_the_people_alone(place: str, roll: float, tilt: float) -> None:
    people_alone, both = degrees_off(place, roll, tilt)
    assert both == people_alone
