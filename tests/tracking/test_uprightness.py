"""People who stand in the picture, and pictures that are turned."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.poses import Keypoints2D
from glagcn_cli.tracking.uprightness import median_lean, warn_if_turned
from tests.helpers.walkers import points_2d


def turned(quarters: int, frames: int = 10) -> Keypoints2D:
    """A standing person in a picture that was turned clockwise by quarters."""
    person = points_2d(frames, (400, 400))
    keypoints = person.keypoints
    for _ in range(quarters):
        keypoints = np.stack([399 - keypoints[..., 1], keypoints[..., 0]], axis=-1)
    return replace(person, keypoints=keypoints)


@pytest.mark.parametrize(("quarters", "lean"), [(0, 0), (1, 90), (2, 180), (3, 90)])
def test_the_lean_of_a_standing_person_is_the_pictures_turn(quarters: int, lean: float) -> None:
    assert median_lean([turned(quarters)]) == pytest.approx(lean, abs=1e-3)


@pytest.mark.parametrize(
    ("quarters", "words"),
    [(0, None), (1, "lie on their sides"), (2, "stand on their heads"), (3, "lie on their sides")],
)
def test_a_turned_picture_is_told(
    caplog: pytest.LogCaptureFixture, quarters: int, words: str | None
) -> None:
    with caplog.at_level(logging.WARNING):
        warn_if_turned([turned(quarters)], Path("phone.mp4"))
    if words is None:
        assert not caplog.records
    else:
        assert f"phone.mp4: the people in it {words}" in caplog.text


def test_a_handstand_among_steps_is_no_turned_picture(caplog: pytest.LogCaptureFixture) -> None:
    upright, upside_down = turned(0, 6), turned(2, 4)
    both = replace(
        points_2d(10, (400, 400)),
        keypoints=np.concatenate([upright.keypoints, upside_down.keypoints]),
    )
    warn_if_turned([both], Path("gym.mp4"))
    assert not caplog.records


UNSEEN = {
    "legs": ["left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"],
    "hips": ["left_hip", "right_hip"],
    "one hip": ["left_hip"],
    "shoulders": ["left_shoulder", "right_shoulder"],
    "one of each": ["left_shoulder", "right_hip"],
}


@pytest.mark.parametrize("joints", UNSEEN.values(), ids=UNSEEN)
def test_points_that_were_not_seen_turn_nobody(
    caplog: pytest.LogCaptureFixture, joints: list[str]
) -> None:
    person = turned(0)
    keypoints, scores = person.keypoints.copy(), person.scores.copy()
    columns = person.joint_set.indices(joints)
    keypoints[:, columns], scores[:, columns] = 0, 0
    upper = replace(person, keypoints=keypoints, scores=scores)
    assert median_lean([upper]) is None
    warn_if_turned([upper], Path("desk.mp4"))
    assert not caplog.records


def test_trunks_that_are_hardly_seen_say_nothing() -> None:
    person = turned(1)
    assert median_lean([replace(person, scores=np.full_like(person.scores, 0.1))]) is None
    assert median_lean([replace(person, valid=np.zeros(10, bool))]) is None
    assert median_lean([]) is None
