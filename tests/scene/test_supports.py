"""What carries a body touches the floor: knees, seat, back; and a jump stays a jump."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from glagcn_cli.scene.contacts import ANKLE_HEIGHT, ANKLES
from glagcn_cli.scene.floor_height import floor_under
from glagcn_cli.scene.supports import CLEARANCE, carried, resting, standing_height
from glagcn_cli.skeleton import H36M17
from tests.helpers.filmed_figure import CAMERAS, FPS, about_x, lifted, lying
from tests.helpers.moving_figure import Figure, sequence
from tests.helpers.planted_walk import planted_walk

RATE = Fraction(FPS)
FRAMES = 150


def on_the_floor(joints: NDArray) -> NDArray:
    """Put the lowest part of every pose (frames, 17, 3) on the floor at y = 0."""
    lowest = (joints[..., 1] - CLEARANCE).min(axis=1)
    return joints - lowest[:, None, None] * [0, 1, 0]


def kneeling() -> NDArray:
    return on_the_floor(Figure(FRAMES, hip=0.0, knee=90.0, alternate=False).joints)


def on_all_fours() -> NDArray:
    limbs = Figure(FRAMES, hip=85.0, knee=85.0, shoulder=-80.0, alternate=False).joints
    return on_the_floor(about_x(limbs, 85.0))


def rolling_over() -> NDArray:
    """Lie on the floor and turn about the long axis."""
    straight = Figure(FRAMES, knee=2.0, elbow=10.0, path=(0, 0, 0)).joints
    around = np.linspace(0, 2 * np.pi, FRAMES)
    x, y, z = np.moveaxis(straight, -1, 0)
    turned = np.stack(
        [
            np.cos(around)[:, None] * x + np.sin(around)[:, None] * z,
            y,
            np.cos(around)[:, None] * z - np.sin(around)[:, None] * x,
        ],
        axis=-1,
    )
    return on_the_floor(about_x(turned, 90.0))


POSTURES = {
    "kneels": kneeling(), "on all fours": on_all_fours(), "lies": on_the_floor(lying(FRAMES)),
    "rolls over": rolling_over(),
}  # fmt: skip


@pytest.mark.parametrize("joints", POSTURES.values(), ids=POSTURES)
def test_what_carries_a_body_is_on_the_floor(joints: NDArray) -> None:
    assert carried(joints, np.zeros(FRAMES), RATE).all()
    camera = CAMERAS["12 degrees down"]
    placed = lifted(camera, joints, level=False)
    lowest = (placed[..., 1] - CLEARANCE).min(axis=1)
    assert np.abs(lowest).max() < 0.08 and np.abs(lowest).mean() < 0.03


def test_who_walks_or_jumps_is_carried_by_feet() -> None:
    joints = planted_walk().joints
    assert not carried(joints, np.zeros(len(joints)), RATE).any()
    np.testing.assert_array_equal(standing_height(joints), joints[:, ANKLES, 1].min(axis=1))
    jump = joints.copy()
    air = (np.arange(len(joints)) - 100) / FPS
    jump[..., 1] += np.clip(0.5 - 9.81 / 2 * air**2, 0, None)[:, None]
    floor, held = floor_under(jump, sequence(jump, fps=RATE))
    assert not held.any()
    np.testing.assert_allclose(floor, 0, atol=0.03)


def test_a_somersault_in_the_air_stays_in_the_air() -> None:
    """Back, head and knees are the lowest parts on the way, and none of them is on the floor."""
    frames, start, stop = 150, 50, 85
    turn = np.clip((np.arange(frames) - start) / (stop - start), 0, 1) * 360
    bent = np.clip(np.sin(np.pi * (np.arange(frames) - start) / (stop - start)), 0, 1)
    bent[(np.arange(frames) < start) | (np.arange(frames) > stop)] = 0
    joints = about_x(Figure(frames, hip=80 * bent, knee=90 * bent, alternate=False).joints, turn)
    joints[..., 1] -= joints[:50, ANKLES, 1].min()
    joints[..., 1] += ANKLE_HEIGHT + 0.9 * bent[:, None]
    floor, held = floor_under(joints, sequence(joints, fps=RATE))
    assert not held.any()
    np.testing.assert_allclose(floor, 0, atol=0.1)


def test_a_foot_laid_down_is_nearer_to_the_floor_than_one_that_stands() -> None:
    upright, flat = planted_walk().joints, on_the_floor(lying(FRAMES))
    assert standing_height(upright).min() == pytest.approx(ANKLE_HEIGHT, abs=0.005)
    np.testing.assert_allclose(standing_height(flat), ANKLE_HEIGHT, atol=1e-9)


def test_parts_that_move_or_are_up_do_not_rest() -> None:
    joints = on_the_floor(lying(FRAMES))
    held, floor = np.ones(FRAMES, bool), np.zeros(FRAMES)
    low = resting(joints, floor, held, RATE)
    assert low.any()
    wrist = H36M17.index("left_wrist")
    waving = joints.copy()
    waving[:, wrist] = [0, 0.02, 0]
    waving[:, wrist, 0] = 0.3 * np.sin(2 * np.pi * 2 * np.arange(FRAMES) / FPS)
    assert resting(waving, floor, held, RATE)[:, wrist].mean() < 0.2
    assert not resting(joints + np.array([0, 0.3, 0]), floor, held, RATE).any()
    assert not resting(joints, floor, ~held, RATE).any()
