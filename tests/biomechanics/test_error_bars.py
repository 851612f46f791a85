from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glagcn_cli.biomechanics.angle_names import NAMES, RANGES, kind_of
from glagcn_cli.biomechanics.error_bars import LEAST, angles_with_deviations, propagated
from glagcn_cli.biomechanics.error_model import ErrorModel, measured_errors
from glagcn_cli.biomechanics.gait import find_gait
from glagcn_cli.biomechanics.gait_errors import find_gait_errors, with_other_errors
from glagcn_cli.biomechanics.joint_angles import joint_angles
from glagcn_cli.poses import PoseSequence
from glagcn_cli.skeleton import H36M17
from tests.helpers.gait_walk import pendulum_walk
from tests.helpers.moving_figure import SHIN, Figure, sequence, walking


def unsure(joints, metres: float = 0.03, **more) -> PoseSequence:
    person = sequence(joints, **more)
    return replace(person, uncertainty=np.full((len(person), 17), metres, np.float32))


def model(**modes: tuple[float, float, float]) -> ErrorModel:
    """One mode for each joint named, and bars that are what errors of joints make."""
    found = np.zeros((len(modes), 17, 3))
    for row, (joint, off) in zip(found, modes.items(), strict=True):
        row[H36M17.index(joint)] = off
    return ErrorModel(
        H36M17.joints, found, 0.5, 0.4, dict.fromkeys(RANGES, (1.0, 1.0)),
        {"strikes": (0.0, 1.0), "toe_offs": (0.0, 1.0)}, {"speed": 0.1},
    )  # fmt: skip


def test_an_error_of_an_ankle_bends_the_knee_by_its_angle():
    person = unsure(Figure(1, knee=40).joints, 0.02)
    shin = np.subtract(*(person.joints[0, H36M17.index(f"left_{j}")] for j in ("ankle", "knee")))
    across = np.cross(shin, [1.0, 0.0, 0.0]) / SHIN  # in the plane in which the figure's knee bends
    found = angles_with_deviations(person, model(left_ankle=tuple(across)))
    assert found.deviation("left_knee_flexion") == pytest.approx(
        np.degrees(np.arctan(0.02 / SHIN)), rel=0.01
    )
    assert found.deviation("right_knee_flexion") == pytest.approx(LEAST)  # nothing of it moves


def test_a_straight_knee_is_unsure_although_it_bends_either_way():
    person = unsure(Figure(1, knee=0).joints, 0.02)
    found = angles_with_deviations(person, model(left_ankle=(0, 0, 1)))
    assert found.deviation("left_knee_flexion") == pytest.approx(
        np.degrees(np.arctan(0.02 / SHIN)), rel=0.01
    )


def test_bars_are_those_of_drawn_errors():
    person = unsure(walking(4).joints, 0.02)
    moved = propagated(person, measured_errors())
    draws = 600
    true = joint_angles(person).degrees
    off = np.stack([
        joint_angles(body).degrees - true
        for body in with_other_errors(person, measured_errors(), draws)
    ])  # fmt: skip
    spread = np.sqrt(np.mean(off**2, axis=0))
    smooth = [
        NAMES.index(name) for name in ("left_hip_flexion", "right_hip_abduction", "thorax_tilt")
    ]
    np.testing.assert_allclose(moved[:, smooth], spread[:, smooth], rtol=0.15)


def test_errors_that_are_common_to_the_body_bend_nothing():
    everywhere = dict.fromkeys(H36M17.joints, (0.0, 0.0, 1.0))
    together = model(hip=(0, 0, 0))
    together = replace(together, modes=np.sum(model(**everywhere).modes, axis=0, keepdims=True))
    found = propagated(unsure(walking(5).joints), together)
    np.testing.assert_allclose(np.nan_to_num(found), 0, atol=1e-4)
    apart = propagated(unsure(walking(5).joints), model(**everywhere))
    assert np.nanmedian(apart) > 1


def test_bars_grow_with_the_uncertainty_of_the_lifter():
    near, far = (angles_with_deviations(unsure(walking(20).joints, u)) for u in (0.02, 0.06))
    for name in ("left_knee_flexion", "right_hip_flexion"):
        assert np.nanmedian(far.deviation(name)) > np.nanmedian(near.deviation(name))


def test_there_is_a_bar_for_every_angle_and_no_other():
    found = angles_with_deviations(unsure(walking(60).joints))
    assert found.deviations is not None
    np.testing.assert_array_equal(np.isfinite(found.deviations), np.isfinite(found.degrees))
    assert np.nanmin(found.deviations) >= LEAST


@pytest.mark.parametrize("how", ["no uncertainty", "camera frame"])
def test_no_bar_is_claimed_where_nothing_is_known(how):
    person = unsure(walking(5).joints)
    if how == "no uncertainty":
        person = replace(person, uncertainty=None)
    else:
        person = replace(person, frame="camera")
    found = angles_with_deviations(person)
    assert found.deviations is None
    assert np.isnan(found.deviation("left_knee_flexion")).all()
    np.testing.assert_array_equal(found.degrees, joint_angles(person).degrees)


def test_the_shipped_model_knows_every_angle():
    errors = measured_errors()
    assert set(errors.angles) == {kind_of(name) for name in NAMES}
    assert errors.modes.shape[1:] == (17, 3) and not errors.modes[:, 0].any()  # the root is sure
    assert 0 < errors.steady < 1 and errors.seconds > 0


def test_drawn_errors_keep_their_size_and_stay_for_their_time():
    person = unsure(np.repeat(walking(1).joints, 4000, axis=0), 0.02)
    alone = replace(model(left_knee=(0, 0, 1)), steady=0.0)
    (body,) = with_other_errors(person, alone, 1)
    off = (body.joints - person.joints)[:, H36M17.index("left_knee"), 2] / 0.02
    assert off.std() == pytest.approx(1, abs=0.2)
    later = round(alone.seconds * 50)
    assert np.corrcoef(off[later:], off[:-later])[0, 1] == pytest.approx(np.exp(-1), abs=0.15)


def test_events_are_less_sure_the_less_sure_the_ankles_are():
    walk = pendulum_walk()
    spreads = []
    for metres in (0.005, 0.04):
        person = unsure(walk, metres)
        gait = find_gait(person)
        errors = find_gait_errors(person, gait, model(left_ankle=(0, 0, 1), right_ankle=(0, 0, 1)))
        assert errors is not None
        for found, bars in ((gait.strikes, errors.strikes), (gait.toe_offs, errors.toe_offs)):
            assert [len(x) for x in found] == [len(x) for x in bars]
        spreads.append(np.nanmedian(np.concatenate(errors.strikes)))
        assert errors.figures["speed"] > 0 and "stride_length" in errors.figures
    assert spreads[0] < spreads[1] < 0.3


def test_without_a_gait_or_an_uncertainty_there_are_no_errors():
    still = unsure(np.repeat(walking(1).joints, 100, axis=0))
    assert find_gait_errors(still, find_gait(still)) is None
    walk = replace(unsure(pendulum_walk()), uncertainty=None)
    assert find_gait_errors(walk, find_gait(walk)) is None
