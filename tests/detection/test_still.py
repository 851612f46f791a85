import numpy as np
import pytest

from glagcn_cli.detection.blazepose.direct import Found
from glagcn_cli.detection.feet_and_hands import FeetAndHands
from glagcn_cli.detection.interface import Boxes, Keypoints
from glagcn_cli.detection.key_boxes import Between
from glagcn_cli.detection.people_detector import ClipDetector
from glagcn_cli.detection.still import InBetween, with_points_between
from glagcn_cli.poses import HANDS_SHAPE, FrameDetections
from glagcn_cli.skeleton import COCO17, COCO25
from tests.helpers.standing_body import standing

PLACES = {"still": 100.0, "waving": 400.0}


class Two:
    """Boxes of two people who stay where they are; by default far from each other."""

    def __init__(self, other=PLACES["waving"]):
        self.other = other

    def __call__(self, frames):
        lefts = (PLACES["still"], self.other)
        boxes = np.array([[left, 10, left + 50, 110] for left in lefts], np.float32)
        return [Boxes(boxes, np.array([0.9, 0.8], np.float32)) for _ in frames]


def to_and_fro(number):
    """Where a wrist is that changes its place after every key frame."""
    return 2.0 * (number // 2 % 2)


class Joints:
    """One of the two moves a wrist; remembers the boxes of each frame that it was asked for."""

    joint_set = COCO17

    def __init__(self, wave=10.0, drift=0.2, way=to_and_fro):
        self.wave, self.drift, self.way, self.asked = wave, drift, way, {}

    def __call__(self, frames, boxes):
        found = []
        for frame, inside in zip(frames, boxes, strict=True):
            number = int(frame[0, 0, 0])
            self.asked[number] = self.asked.get(number, 0) + len(inside)
            keypoints = np.repeat(inside[:, None, :2], len(COCO17), axis=1) + 20
            keypoints[..., 0] += self.drift * number
            keypoints[inside[:, 0] != PLACES["still"], COCO17.index("left_wrist")] += (
                self.wave * self.way(number)
            )
            scores = np.full(keypoints.shape[:2], 0.9, np.float32)
            found.append(Keypoints(keypoints.astype(np.float32), scores))
        return found


def run(joints, boxes=None, frames=16):
    clip = ClipDetector(boxes or Two(), joints, 2)
    numbered = [np.full((4, 4, 3), number, np.uint8) for number in range(frames)]
    return clip(numbered[:8]) + clip(numbered[8:])


def test_joints_of_somebody_who_is_still_are_looked_for_in_key_frames_alone():
    found = run(joints := Joints())
    assert joints.asked == {0: 2} | {n: 2 for n in range(1, 16, 2)} | {
        n: 1 for n in range(2, 16, 2)
    }
    for number, people in enumerate(found):
        np.testing.assert_allclose(people.keypoints[0, :, 0], 120 + 0.2 * number, atol=1e-4)
        wrist = people.keypoints[1, COCO17.index("left_wrist")]
        there = 10 * to_and_fro(number)
        np.testing.assert_allclose(wrist, [420 + 0.2 * number + there, 30 + there], rtol=1e-5)
        np.testing.assert_allclose(people.scores, 0.9)


@pytest.mark.parametrize(("wave", "asked"), [(0.0, 0), (1.2, 0), (1.3, 1), (5.0, 1)])
def test_the_farthest_joint_tells_who_moves(wave, asked):
    # 5 % of the person's size are 3.5 pixels, 2.5 along each axis, in two frames.
    run(joints := Joints(wave=wave, drift=0.0), frames=8)
    assert joints.asked.get(2, 0) == asked


def test_joints_of_somebody_who_moves_evenly_are_looked_for_in_key_frames_alone():
    found = run(joints := Joints(wave=5.0, way=float))
    assert set(joints.asked) == {0, *range(1, 16, 2)}
    for number, people in enumerate(found):
        wrist = people.keypoints[1, COCO17.index("left_wrist")]
        np.testing.assert_allclose(wrist, [420 + 5.2 * number, 30 + 5 * number], rtol=1e-5)


def test_somebody_who_stops_between_two_key_frames_is_looked_for_around_them():
    run(joints := Joints(wave=8.0, way=lambda number: float(min(number, 12))))
    # The ways 9, 11, 13 and 11, 13, 15 are bent; from 13 to 15 the wrist is still.
    assert {n for n in range(2, 16, 2) if n in joints.asked} == {10, 12}


def test_who_overlaps_with_somebody_who_moves_is_looked_for():
    run(joints := Joints(), Two(other=130.0))
    assert set(joints.asked.values()) == {2}


class Crowd:
    """Nine people in a row, the first six larger than the others."""

    def __call__(self, frames):
        boxes = [[60.0 * k, 10, 60.0 * k + 40, 110 if k < 6 else 60] for k in range(9)]
        return [Boxes(np.array(boxes, np.float32), np.linspace(0.9, 0.5, 9)) for _ in frames]


def test_of_a_crowd_the_largest_are_looked_for_between_key_frames():
    found = run(joints := Joints(drift=5.0), Crowd())
    assert joints.asked == {0: 9} | {n: 9 for n in range(1, 16, 2)} | {
        n: 6 for n in range(2, 16, 2)
    }
    for number, people in enumerate(found):
        assert len(people) == 9
        np.testing.assert_allclose(people.keypoints[8, 0, 0], 500 + 5.0 * number, rtol=1e-5)


class Flickering(Crowd):
    """The same, of whom the last is there in every fourth frame alone."""

    def __init__(self):
        self.searched = []

    def __call__(self, frames):
        found = []
        for frame, people in zip(frames, super().__call__(frames), strict=True):
            self.searched.append(int(frame[0, 0, 0]))
            there = 9 if frame[0, 0, 0] % 4 == 3 else 8
            found.append(Boxes(people.boxes[:there], people.scores[:there]))
        return found


def test_who_comes_and_goes_in_a_crowd_costs_no_search_in_every_frame():
    found = run(Joints(drift=5.0), boxes := Flickering())
    assert sorted(boxes.searched) == [0, *range(1, 16, 2)]
    assert [len(people) for people in found[3:8]] == [9, 8, 8, 8, 9]


class Bodies(Joints):
    """Both stand upright; the one who waves does so."""

    def __call__(self, frames, boxes):
        found = super().__call__(frames, boxes)
        for one in found:
            one.keypoints[:] += standing(100.0)[:17].astype(np.float32)
        return found


class Feet:
    """A second network whose points lie below the body; remembers how often it was asked."""

    def __init__(self) -> None:
        self.asked: dict[int, int] = {}

    def __call__(self, people):
        found = []
        for frame, square in people:
            number = int(frame[0, 0, 0])
            self.asked[number] = self.asked.get(number, 0) + 1
            points = standing(100.0)
            points += square.middle - points[11:13].mean(axis=0)
            points[17:, 1] += 3.0 * number
            found.append(Found(points, np.full(25, 0.9), 1.0))
        return found


def test_feet_of_somebody_who_is_still_lie_between_those_of_key_frames():
    feet, joints = Feet(), Bodies(drift=0.0)
    clip = ClipDetector(Two(), joints, 2, extremities=FeetAndHands(feet))
    numbered = [np.full((400, 600, 3), number, np.uint8) for number in range(16)]
    found = clip(numbered[:8]) + clip(numbered[8:])
    assert feet.asked == joints.asked
    heel = COCO25.index("left_heel")
    for number in range(2, 16, 2):
        before, here, after = (found[k] for k in (number - 1, number, number + 1))
        middle = (before.keypoints[0, heel] + after.keypoints[0, heel]) / 2
        np.testing.assert_allclose(here.keypoints[0, heel], middle, atol=1e-3)
        assert here.scores[0, heel] == pytest.approx(before.scores[0, heel])


def test_a_point_that_a_key_frame_lacks_is_missing_between():
    def people(score, place):
        return FrameDetections(
            np.zeros((1, 4), np.float32), np.ones(1, np.float32),
            np.full((1, 25, 2), place, np.float32), np.full((1, 25), score, np.float32),
            np.full((1, *HANDS_SHAPE), score, np.float32),
        )  # fmt: skip

    place = Between(-1, 1, np.zeros((1, 2), int), 0.25)
    guessed = {0: InBetween(place, np.ones(1, bool))}
    both, one = [people(0.0, 0.0), people(0.8, 8.0)], [people(0.0, 0.0), people(0.0, 8.0)]
    with_points_between(both, guessed, people(0.4, 4.0), slice(17, None))
    np.testing.assert_allclose(both[0].keypoints[0, 17:], 5.0)
    np.testing.assert_allclose(both[0].scores[0, 17:], 0.5)
    np.testing.assert_allclose(both[0].hands[0], 0.5)
    assert (both[0].keypoints[0, :17] == 0).all()
    with_points_between(one, guessed, people(0.4, 4.0), slice(17, None))
    assert (one[0].scores == 0).all() and (one[0].hands == 0).all()
