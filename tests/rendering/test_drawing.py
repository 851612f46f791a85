from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glagcn_cli.rendering.drawing import (
    LEFT,
    NEUTRAL,
    RIGHT,
    Strokes,
    bone_colours,
    joint_colours,
    paint,
    shade,
    skeleton_strokes,
    tag_person,
)
from glagcn_cli.skeleton import COCO17, H36M17, HALPE26, JointSet
from tests.helpers.walkers import poses, standing, walk


def stroke(
    start: tuple, end: tuple, colour: tuple, depth: float = 1, radius: float = 4, opacity: float = 1
) -> Strokes:
    return Strokes(
        np.array([[start, end]], float),
        np.full((1, 2), float(radius)),
        np.array([colour], float),
        np.array([float(depth)]),
        np.zeros(1),
        np.array([float(opacity)]),
    )


def blank(height: int = 60, width: int = 100, level: int = 100) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


@pytest.mark.parametrize("joint_set", [COCO17, H36M17, HALPE26], ids=lambda s: s.name)
def test_colours_follow_the_side(joint_set: JointSet) -> None:
    bones, joints = bone_colours(joint_set), joint_colours(joint_set)
    colour = {bone: tuple(c) for bone, c in zip(joint_set.bones, bones, strict=True)}
    assert colour["left_hip", "left_knee"] == colour["left_elbow", "left_wrist"] == LEFT
    assert colour["right_hip", "right_knee"] == colour["right_elbow", "right_wrist"] == RIGHT
    trunk = {("left_shoulder", "right_shoulder"), ("left_shoulder", "left_hip"), ("hip", "spine")}
    assert {colour[bone] for bone in trunk & set(colour)} == {NEUTRAL}
    assert tuple(joints[joint_set.index("left_ankle")]) == LEFT
    assert (
        tuple(joints[joint_set.index("right_ear" if joint_set is COCO17 else "right_hip")]) == RIGHT
    )


def seen_by(colour: tuple[int, int, int], deficiency: np.ndarray) -> np.ndarray:
    linear = (np.array(colour) / 255) ** 2.2
    return np.clip(deficiency @ linear, 0, 1) ** (1 / 2.2) * 255


# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
PROTANOPIA = np.array(
    [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]
)
DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
TRITANOPIA = np.array(
    [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ]
)


@pytest.mark.parametrize("deficiency", [PROTANOPIA, DEUTERANOPIA, TRITANOPIA])
def test_left_and_right_differ_for_colour_blind_people(deficiency: np.ndarray) -> None:
    left, right, trunk = (seen_by(colour, deficiency) for colour in (LEFT, RIGHT, NEUTRAL))
    assert np.linalg.norm(left - right) > 100
    assert np.linalg.norm(left - trunk) > 50
    assert np.linalg.norm(right - trunk) > 50


def test_a_stroke_covers_its_line_and_not_more() -> None:
    image = blank()
    paint(image, stroke((20, 30), (80, 30), (200, 10, 20), radius=5))
    rows, columns = np.nonzero((image != 100).any(axis=-1))
    assert (image[30, 20:81] == (200, 10, 20)).all()
    assert abs(rows.min() - 25) <= 1
    assert abs(rows.max() - 35) <= 1
    assert abs(columns.min() - 15) <= 1
    assert abs(columns.max() - 85) <= 1


def test_positions_between_pixels_count() -> None:
    images = [blank() for _ in range(2)]
    for image, y in zip(images, (30.0, 30.5), strict=True):
        paint(image, stroke((20, y), (80, y), (0, 0, 0), radius=3))
    darkness = [255.0 * 60 - image[:, 50, 0].sum() for image in images]
    centre = [
        ((100 - image[:, 50, 0].astype(float)) * np.arange(60)).sum()
        / (100 - image[:, 50, 0].astype(float)).sum()
        for image in images
    ]
    assert centre[1] - centre[0] == pytest.approx(0.5, abs=0.15)
    assert darkness[0] == pytest.approx(darkness[1], rel=0.05)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_nearer_stroke_hides_the_farther(order: tuple[int, int]) -> None:
    strokes = [
        stroke((20, 30), (80, 30), (255, 0, 0), depth=2),
        stroke((50, 5), (50, 55), (0, 0, 255), depth=1),
    ]
    image = blank()
    paint(image, Strokes.join([strokes[i] for i in order]))
    assert tuple(image[30, 50]) == (0, 0, 255)
    assert tuple(image[30, 30]) == (255, 0, 0)


def test_far_away_strokes_are_left_out_without_harm() -> None:
    image = blank()
    wild = [
        stroke((np.inf, np.inf), (50, 30), (0, 0, 0)),
        stroke((1e9, -1e9), (50, 30), (0, 0, 0)),
        stroke((50, 30), (50, 30), (0, 0, 0), radius=1e12),
    ]
    paint(image, Strokes.join(wild), gloss=True)
    shade(image, Strokes.join(wild))
    assert (image == 100).all()


def test_a_skeleton_has_a_stroke_for_each_bone_and_joint() -> None:
    points = np.random.default_rng(1).uniform(0, 50, (17, 2))
    depth = np.random.default_rng(2).uniform(2, 3, 17)
    radius = np.linspace(1, 17, 17)
    strokes = skeleton_strokes(points, H36M17, radius, radius + 1, depth)
    assert len(strokes) == len(H36M17.bones) + 17
    for i, (parent, child) in enumerate(H36M17.bone_indices):
        np.testing.assert_array_equal(strokes.ends[i], points[[parent, child]])
        np.testing.assert_array_equal(strokes.radii[i], radius[[parent, child]])
        # A joint's dot is drawn after the bones that meet there.
        dots = strokes.depth[len(H36M17.bones) :]
        assert dots[parent] < strokes.depth[i]
        assert dots[child] < strokes.depth[i]


def test_a_shadow_darkens_where_it_falls_and_nowhere_else() -> None:
    image = blank()
    shade(image, stroke((30, 30), (60, 30), (0, 0, 0)), strength=0.5, blur=3)
    assert abs(int(image[30, 45, 0]) - 50) <= 1
    assert (image[:20] == 100).all()
    assert (image[:, 80:] == 100).all()
    outside = blank()
    shade(outside, stroke((-60, -60), (-40, -40), (0, 0, 0)))
    assert (outside == 100).all()


@pytest.mark.parametrize("opacity", [0.0, 0.3, 1.0])
def test_a_faint_stroke_lies_between_its_colour_and_the_backdrop(opacity: float) -> None:
    image = blank()
    faint = stroke((20, 30), (80, 30), (200, 100, 0), opacity=opacity)
    paint(image, faint, backdrop=(100, 100, 100))
    expected = np.array([100 + 100 * opacity, 100, 100 - 100 * opacity])
    np.testing.assert_allclose(image[30, 50], expected, atol=0.51)


def test_a_faint_strokes_border_and_streak_fade_too() -> None:
    image = blank()
    edged = stroke((20, 30), (80, 30), (200, 100, 0), opacity=0.0)
    paint(image, replace(edged, border=np.full(1, 3.0)), gloss=True, backdrop=(100, 100, 100))
    assert (image == 100).all()


def test_a_bone_is_as_faint_as_the_fainter_of_its_ends() -> None:
    sure = np.linspace(0.2, 1, 17)
    points = np.zeros((17, 2))
    strokes = skeleton_strokes(points, H36M17, np.ones(17), np.ones(17), opacity=sure)
    for i, (parent, child) in enumerate(H36M17.bone_indices):
        assert strokes.opacity[i] == min(sure[parent], sure[child])
    np.testing.assert_array_equal(strokes.opacity[len(H36M17.bones) :], sure)
    plain = skeleton_strokes(points, H36M17, np.ones(17), np.ones(17))
    assert (plain.opacity == 1).all()


def test_faint_strokes_throw_faint_shadows_that_hide_no_dark_ones() -> None:
    dark, faint = (stroke((20, 30), (80, 30), (0, 0, 0), opacity=o) for o in (1.0, 0.4))
    images = []
    for strokes in ([dark], [faint], [dark, faint], [faint, dark]):
        images.append(blank())
        shade(images[-1], Strokes.join(strokes), strength=0.5, blur=3)
    assert abs(int(images[1][30, 50, 0]) - 80) <= 1
    np.testing.assert_array_equal(images[2], images[0])
    np.testing.assert_array_equal(images[3], images[0])


def test_the_tag_is_over_the_head_and_stays_in_the_panel() -> None:
    person = poses(walk(np.zeros((1, 3))), person=3)
    points = standing()[:, :2] * [30, -30] + [50, 70]
    points[H36M17.index("left_wrist")] = [70, 2]  # raised above the head
    head = points[H36M17.index("head")]
    image = np.zeros((80, 100, 3), np.uint8)
    tag_person(image, person, points, np.ones(17, bool), 10)
    rows, columns = np.nonzero(image.any(axis=-1))
    assert rows.max() < head[1]
    assert abs(columns.mean() - head[0]) < 4
    for shift in (-200, 200):
        image = np.zeros((80, 100, 3), np.uint8)
        tag_person(image, person, points + shift, np.ones(17, bool), 10)
        assert image.any()
    tag_person(image, person, points, np.zeros(17, bool), 10)
