"""Counting repetitions of clips that are one each."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.repetitions import EDGE, WRONG_FORM, count, exercises, rows
from glagcn_training.data.takes import Take
from tests.helpers.moving_figure import Figure


def clips(number: int, action: str = "squat") -> list[Take]:
    """Squats of one person, a clip each, z up."""
    bend = np.sin(np.pi * np.arange(101) / 100) ** 2
    path = np.stack([0 * bend, 0.92 - 0.45 * bend, 0 * bend], axis=-1)
    joints = Figure(101, hip=80 * bend, knee=100 * bend, alternate=False, path=path).joints
    z_up = (joints[..., [0, 2, 1]] * [1, -1, 1]).astype(np.float32)
    return [Take("8", action, "", z_up) for _ in range(number)]


def test_clips_of_an_exercise_are_put_end_to_end() -> None:
    (exercise,) = exercises([*clips(6), *clips(2, "lunge")], 50)
    assert exercise.starts.tolist() == [k * (101 - 2 * EDGE) for k in range(6)]
    joints = exercise.take.joints[..., [0, 2, 1]] * [1.0, 1.0, -1.0]
    found = count(exercise, joints, 50)
    assert (found.label, found.found) == (6, 6)
    assert np.median(found.off) < 0.3


def test_rows_tell_right_form_from_wrong() -> None:
    counted = [
        count(e, e.take.joints[..., [0, 2, 1]] * [1.0, 1.0, -1.0], 50)
        for e in exercises([*clips(5), *clips(4, f"squat {WRONG_FORM}")], 50)
    ]
    right, wrong, both = rows(counted)
    assert right[1:4] == ["1", "5", "0"] and wrong[1:4] == ["1", "4", "0"] and both[2] == "9"
