"""Floors at different heights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.contacts import ANKLES
from glagcn_cli.scene.levels import Stand, floor_levels
from glagcn_cli.scene.placing import to_scene
from tests.helpers.filmed_figure import CAMERAS, SIZE, Camera
from tests.helpers.planted_walk import planted_walk


@pytest.mark.parametrize(
    ("stands", "expected"),
    [
        ([], []),
        ([Stand(-1.5, 5, 3)], [0]),
        ([Stand(-1.5, 5, 3), Stand(-1.2, 6, 3)], [0, 0]),
        ([Stand(0.2, 6, 3), Stand(-1.9, 5, 3)], [2.1, 0]),
        ([Stand(-1.5, 5, 3), Stand(0.5, 30, 3)], [0, 0]),
        ([Stand(-1.5, 5, 3), Stand(-2.2, 7, 3)], [0, 0]),
        ([Stand(0.2, 6, 0.1), Stand(-1.9, 5, 3)], [0, 0]),
        ([Stand(0.2, 6, 3), Stand(-1.9, 5, 3), Stand(0.3, 6, 3)], [2.1, 0, 2.1]),
    ],
    ids=["nobody", "one", "alike", "a roof", "far away", "a child", "for a moment", "two above"],
)
def test_only_what_is_beyond_doubt_is_another_floor(stands: list, expected: list) -> None:
    np.testing.assert_allclose(floor_levels(stands), expected)


@pytest.mark.parametrize("name", ["level", "12 degrees down", "telephoto"])
def test_who_walks_on_a_roof_is_above_who_walks_below(name: str) -> None:
    camera: Camera = CAMERAS[name]
    below = planted_walk().joints
    above = below + np.array([0.5, 2.4, 0.5])
    people = to_scene(
        [camera.film(above, person=1), camera.film(below, person=2)],
        SIZE, SceneChoices(camera.fov),
    )  # fmt: skip
    low = [float(person.joints[:, ANKLES, 1].min()) for person in people]
    assert low[0] - low[1] == pytest.approx(2.4, abs=0.35)
    assert abs(low[1]) < 0.1


def test_two_on_one_floor_share_it() -> None:
    camera = CAMERAS["12 degrees down"]
    here = planted_walk().joints
    people = [camera.film(here), camera.film(here - np.array([0, 0, 2]), person=2)]
    alone = [to_scene([replace(person)], SIZE, SceneChoices(camera.fov))[0] for person in people]
    both = to_scene(people, SIZE, SceneChoices(camera.fov))
    for one, other in zip(both, alone, strict=True):
        np.testing.assert_allclose(one.joints[..., 1], other.joints[..., 1], atol=0.03)


def test_who_is_seen_again_below_the_roof_stands_below() -> None:
    camera = CAMERAS["12 degrees down"]
    below = planted_walk().joints
    half, gap = len(below) // 2, 5
    jumping = below.copy()
    jumping[: half - gap] += np.array([0.5, 2.4, 0.5])
    seen = camera.film(jumping)
    valid = seen.valid.copy()
    valid[half - gap : half + gap] = False
    people = to_scene(
        [replace(seen, valid=valid), camera.film(below, person=2)], SIZE, SceneChoices(camera.fov)
    )
    ankles = people[0].joints[:, ANKLES, 1].min(axis=1)
    assert np.median(ankles[: half - gap]) > 1.9
    assert np.median(ankles[half + gap :]) < 0.3
