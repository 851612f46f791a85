"""Units and axes of bodies, found from the bodies."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_cli.errors import UsageError
from glagcn_cli.export.readers.others.axes import (
    NAMED_AXES,
    UP_AXES,
    in_camera_axes,
    is_mirrored,
    parse_axes,
    unit_of,
    up_axis,
)
from tests.helpers.moving_figure import Figure, walking

JOINTS = walking(80).joints


@pytest.mark.parametrize("text", [*UP_AXES.values()])
def test_every_axis_that_may_point_up_has_a_rotation(text: str) -> None:
    axes = parse_axes(text)
    assert np.isclose(np.linalg.det(axes.turn), 1.0) and not axes.mirrored


@pytest.mark.parametrize("up, text", UP_AXES.items())
def test_the_axis_along_which_people_stand_is_found(up: str, text: str) -> None:
    stored = JOINTS @ parse_axes(text).turn  # back from right, up, backwards
    assert up_axis([stored]) == up
    turned = in_camera_axes(stored, parse_axes(text))
    np.testing.assert_allclose(turned, JOINTS * [1, -1, -1], atol=1e-12)


def test_people_who_lean_between_axes_show_none() -> None:
    lying = Rotation.from_euler("z", 45, degrees=True).apply(JOINTS.reshape(-1, 3))
    assert up_axis([lying.reshape(JOINTS.shape)]) is None


@pytest.mark.parametrize("unit, scale", [("m", 1.0), ("cm", 100.0), ("mm", 1000.0)])
@pytest.mark.parametrize("size", [0.6, 1.0, 1.2])
def test_units_are_told_by_the_size_of_people(unit: str, scale: float, size: float) -> None:
    assert unit_of([JOINTS * scale * size]) == unit


def test_sizes_that_nobody_has_have_no_unit() -> None:
    assert unit_of([JOINTS * 0.01]) is None


def test_mirror_images_are_told_by_bent_knees() -> None:
    assert not is_mirrored([JOINTS])
    assert is_mirrored([JOINTS * [-1, 1, 1]])
    assert is_mirrored([JOINTS * [1, 1, -1]])


def test_straight_legs_say_nothing() -> None:
    straight = Figure(50, hip=0.0, knee=2.0).joints
    assert not is_mirrored([straight]) and not is_mirrored([straight * [-1, 1, 1]])


def test_toes_tell_a_mirror_image_of_straight_legs() -> None:
    straight, ahead = Figure(50, hip=0.0, knee=2.0).joints, np.tile([0.0, 0.0, 0.2], (50, 1))
    assert not is_mirrored([straight], [ahead])
    assert is_mirrored([straight * [1, 1, -1]], [ahead * [1, 1, -1]])


@pytest.mark.parametrize("text", ["x,y", "x,x,y", "up", "a,b,c", "x,y,z,z", ""])
def test_axes_that_are_none_are_answered_with_those_that_are(text: str) -> None:
    with pytest.raises(UsageError, match="camera, y-up, z-up"):
        parse_axes(text)


@pytest.mark.parametrize("name", NAMED_AXES)
def test_names_stand_for_axes(name: str) -> None:
    np.testing.assert_array_equal(parse_axes(name).turn, parse_axes(NAMED_AXES[name]).turn)
    assert parse_axes(name).camera == (name == "camera")


def test_left_handed_axes_can_be_said() -> None:
    assert parse_axes("x,y,-z").mirrored
