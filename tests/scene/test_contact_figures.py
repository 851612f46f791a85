"""Figures of contacts, on walks whose feet are known to stand, slide, sink and hover."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from glagcn_cli.poses import PoseSequence
from glagcn_cli.scene.contact_figures import ContactFigures, contact_figures
from glagcn_cli.scene.supports import CLEARANCE
from tests.helpers.filmed_figure import lying
from tests.helpers.moving_figure import sequence
from tests.helpers.planted_walk import planted_walk

WALK = planted_walk()


def walker(**changes: object) -> PoseSequence:
    person = replace(sequence(WALK.joints, fps=Fraction(50)), contacts=WALK.contacts)
    return replace(person, **changes)  # type: ignore[arg-type]


def moved(by: np.ndarray) -> ContactFigures:
    joints = WALK.joints + by
    return contact_figures(walker(joints=joints.astype(np.float32)))


def test_feet_that_stand_neither_slide_nor_sink_nor_hover() -> None:
    figures = contact_figures(walker())
    assert figures.skate == pytest.approx(0, abs=0.2)
    assert figures.penetration == 0
    assert figures.floating == pytest.approx(0, abs=0.01)
    assert figures.share == pytest.approx(WALK.contacts.any(axis=1).mean())
    assert figures.jerk is not None and figures.jerk > 0


def test_a_body_that_slides_skates_by_as_much() -> None:
    slide = np.arange(200)[:, None, None] * [0.003, 0, 0.004]
    assert moved(slide).skate == pytest.approx(5, abs=0.2)


def test_height_is_penetration_below_and_floating_above() -> None:
    raised, sunk = moved(np.array([0, 0.03, 0])), moved(np.array([0, -0.06, 0]))
    assert raised.floating == pytest.approx(30, abs=0.1) and raised.penetration == 0
    assert sunk.floating == 0
    assert sunk.penetration == pytest.approx(20, abs=1), "the ankle may sink to 4 cm"


def test_a_floor_of_ones_own_counts() -> None:
    joints = (WALK.joints + np.array([0, 2.0, 0])).astype(np.float32)
    assert contact_figures(walker(joints=joints)).floating == pytest.approx(0, abs=0.01)


def test_floors_of_one_person_at_different_heights_count() -> None:
    joints = (WALK.joints + np.array([0, 2.0, 0])).astype(np.float32)
    joints[100:, :, 1] -= 1.0
    contacts = WALK.contacts.copy()
    contacts[90:100] = False
    figures = contact_figures(walker(joints=joints, contacts=contacts))
    assert figures.floating == pytest.approx(0, abs=0.01)
    assert figures.penetration == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("off", [0.0, 0.02, -0.03])
def test_a_body_that_lies_rests_on_its_lowest_part(off: float) -> None:
    joints = lying()
    joints[..., 1] += off - (joints[..., 1] - CLEARANCE).min()
    figures = contact_figures(
        replace(sequence(joints, fps=Fraction(50)), contacts=np.zeros((len(joints), 2), bool))
    )
    assert figures.rests == 1 and figures.share == 0
    assert figures.floating == pytest.approx(max(1000 * off, 0), abs=0.1)
    assert figures.penetration == pytest.approx(max(-1000 * off, 0), abs=0.1)


def test_who_walks_rests_on_feet_alone() -> None:
    assert contact_figures(walker()).rests == 0


def test_gaps_are_no_steps() -> None:
    valid = np.ones(200, bool)
    valid[90:110] = False
    joints = WALK.joints.astype(np.float32)
    joints[110:] += 1
    joints[110:, :, 1] -= 1
    assert contact_figures(walker(joints=joints, valid=valid)).skate == pytest.approx(0, abs=0.2)


def test_what_is_not_known_is_none() -> None:
    assert contact_figures(walker(contacts=None)).skate is None
    assert contact_figures(walker(valid=np.zeros(200, bool))) == ContactFigures()
