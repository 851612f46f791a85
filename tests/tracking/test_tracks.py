from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from glagcn_cli.poses import FrameDetections
from glagcn_cli.similarity import box_overlap, keypoint_similarity
from glagcn_cli.skeleton import COCO17
from glagcn_cli.tracking.linking import LONGEST_ABSENCE
from glagcn_cli.tracking.tracklets import without_doubles
from tests.helpers.tracked_bodies import FPS, NOBODY, SIZE, body, frame, hips, tracks


def test_two_people_who_cross_keep_their_identities() -> None:
    """A tall one goes right, a smaller one left; for half a second their boxes overlap."""
    frames = [
        frame(body(200 + 8 * t, height=330), body(1000 - 8 * t, y=380, height=250))
        for t in range(100)
    ]
    overlap = [box_overlap(f.boxes[0], f.boxes[1:])[0] for f in frames]
    assert max(overlap) > 0.4 and sum(o > 0 for o in overlap) >= 20
    right, left = tracks(frames)
    np.testing.assert_allclose(hips(right), 200 + 8 * np.flatnonzero(right.valid), atol=1e-2)
    np.testing.assert_allclose(hips(left), 1000 - 8 * np.flatnonzero(left.valid), atol=1e-2)
    assert right.valid.all() and left.valid.mean() > 0.9
    assert (right.person, left.person) == (1, 2)


def test_identical_people_who_cross_go_on_in_their_direction() -> None:
    """Nothing but the motion tells them apart, and for a moment one hides the other."""
    frames = []
    for t in range(101):
        right, left = body(200 + 8 * t), body(1000 - 8 * t)
        frames.append(frame(right) if abs(t - 50) < 4 else frame(right, left))
    people = tracks(frames)
    ends = sorted((p.keypoints[0, 11, 0], p.keypoints[-1, 11, 0]) for p in people)
    assert len(people) == 2
    assert ends[0][0] < 400 and ends[0][1] > 900
    assert ends[1][0] > 900 and ends[1][1] < 400


def test_crossing_with_noise_and_lost_joints() -> None:
    rng = np.random.default_rng(2)
    frames = []
    for t in range(100):
        seen = [body(200 + 8 * t, height=330), body(1000 - 8 * t, y=385, height=250)]
        noisy = [(points + rng.normal(0, 4, points.shape), score) for points, score in seen]
        frames.append(frame(*(person for person in noisy if rng.random() > 0.1)))
    right, left = tracks(frames)
    np.testing.assert_allclose(hips(right), 200 + 8 * np.flatnonzero(right.valid), atol=15)
    np.testing.assert_allclose(hips(left), 1000 - 8 * np.flatnonzero(left.valid), atol=15)


@pytest.mark.parametrize("fps", [Fraction(24000, 1001), Fraction(25), Fraction(60)])
@pytest.mark.parametrize("speed", [0.0, 90.0])
def test_a_short_absence_is_bridged(fps: Fraction, speed: float) -> None:
    absent = int(LONGEST_ABSENCE * fps) - 1
    frames = [frame(body(200 + speed * float(t / fps))) for t in range(50 + absent + 50)]
    frames[50 : 50 + absent] = [NOBODY] * absent
    (person,) = tracks(frames, fps)
    expected = np.ones(len(frames), bool)
    expected[50 : 50 + absent] = False
    np.testing.assert_array_equal(person.valid, expected)


@pytest.mark.parametrize("absent, people", [(26, 1), (0, 2)])
def test_who_was_away_may_have_moved_on_but_nobody_jumps(absent: int, people: int) -> None:
    frames = [frame(body(300))] * 30 + [NOBODY] * absent + [frame(body(500))] * 30
    assert len(tracks(frames)) == people


def test_after_a_long_absence_a_new_track_begins() -> None:
    absent = int(LONGEST_ABSENCE * FPS) + 1
    frames = [frame(body(300))] * 60 + [NOBODY] * absent + [frame(body(300))] * 40
    first, second = tracks(frames)
    assert (first.valid.sum(), second.valid.sum()) == (60, 40)
    assert first.valid[:60].all() and second.valid[-40:].all()


def test_a_stranger_elsewhere_is_not_taken_for_who_left() -> None:
    frames = [frame(body(200))] * 30 + [frame(body(1000))] * 30
    assert [p.valid.sum() for p in tracks(frames)] == [30, 30]


def test_the_main_person_has_the_most_seconds_and_size_not_the_best_score() -> None:
    walker, passer_by = [body(300 + 2 * t, score=0.5) for t in range(90)], body(900, score=0.99)
    frames = [frame(passer_by, w) if t < 30 else frame(w) for t, w in enumerate(walker)]
    main, other = tracks(frames)
    assert main.valid.sum() == 90 and other.valid.sum() == 30
    assert main.scores.max() < other.scores.max()


def test_of_two_who_stay_as_long_the_larger_is_the_main_person() -> None:
    frames = [frame(body(300, height=150), body(900, height=400))] * 30
    main, other = tracks(frames)
    assert np.ptp(main.keypoints[0, :, 1]) > np.ptp(other.keypoints[0, :, 1])


def test_a_person_detected_twice_is_one_person() -> None:
    rng = np.random.default_rng(4)
    frames = []
    for t in range(60):
        points, _ = body(300 + 3 * t)
        double = points + rng.normal(0, 3, points.shape)
        frames.append(frame((double, 0.4), (points, 0.9), body(900)))
    people = tracks(frames)
    assert len(people) == 2
    walker = next(p for p in people if p.keypoints[0, 11, 0] < 600)
    assert (walker.scores[walker.valid] == np.float32(0.9)).all() and walker.valid.all()


def test_without_doubles_keeps_the_better_and_all_who_stand_apart() -> None:
    detections = frame(body(300, score=0.5), body(304, score=0.9), body(420, score=0.3))
    assert without_doubles(detections) == [1, 2]
    assert without_doubles(NOBODY) == []


@pytest.mark.parametrize("frames", [[], [NOBODY], [NOBODY] * 50])
def test_nobody(frames: list[FrameDetections]) -> None:
    assert tracks(frames) == []


def test_a_person_in_one_frame_only() -> None:
    frames = [NOBODY] * 20 + [frame(body(500))] + [NOBODY] * 30
    (person,) = tracks(frames)
    assert len(person) == 51 and person.valid.sum() == 1 and person.valid[20]
    np.testing.assert_allclose(person.keypoints[20], body(500)[0], atol=1e-3)
    assert not person.scores[~person.valid].any()
    assert (person.fps, person.image_size, person.joint_set) == (FPS, SIZE, COCO17)


def test_a_flicker_beside_a_real_person_is_noise() -> None:
    frames = [frame(body(300)) for _ in range(60)]
    frames[30] = frame(body(300), body(1000))
    assert len(tracks(frames)) == 1


def test_what_scores_next_to_nothing_founds_no_track_but_can_go_on_with_one() -> None:
    assert tracks([frame(body(300, score=0.1))] * 30) == []
    faint = [frame(body(300))] * 20 + [frame(body(300, score=0.1))] * 20
    (person,) = tracks(faint)
    assert person.valid.all()


def crowd(rng: np.random.Generator | None) -> list[FrameDetections]:
    """Four people for 300 frames who are missed now and then; in random order if asked."""
    gone = np.random.default_rng(6).random((300, 4)) < 0.1
    frames = []
    for t in range(300):
        people = [
            body(150 + 1.5 * t, height=300),
            body(1100 - 1.2 * t, y=400, height=220),
            body(640 + 80 * np.sin(t / 30), y=300, height=180),
            body(1000, y=330, height=260),
        ]
        order = range(4) if rng is None else rng.permutation(4)
        frames.append(frame(*(people[i] for i in order if not gone[t, i])))
    return frames


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_detections_does_not_matter(seed: int) -> None:
    expected = tracks(crowd(None))
    shuffled = tracks(crowd(np.random.default_rng(seed)))
    assert len(expected) == len(shuffled)
    for one, other in zip(expected, shuffled, strict=True):
        np.testing.assert_array_equal(one.keypoints, other.keypoints)
        np.testing.assert_array_equal(one.valid, other.valid)


def test_each_of_a_crowd_is_one_track() -> None:
    people = tracks(crowd(None))
    assert len(people) == 4
    assert [person.person for person in people] == [1, 2, 3, 4]
    for person in people:
        jumps = np.abs(np.diff(hips(person))) / np.diff(np.flatnonzero(person.valid))
        assert jumps.max() < 5 and person.valid.mean() > 0.8


def test_a_pair_below_the_limit_does_not_decide_who_gets_a_detection() -> None:
    """One detection is a little nearer to the right track; the other is too far from both."""
    together = [frame(body(340), body(400))] * 20
    last = frame(body(371), body(480, score=0.2))
    left, right = sorted(tracks([*together, last]), key=lambda person: hips(person)[0])
    assert not left.valid[-1]
    assert right.valid[-1] and hips(right)[-1] == pytest.approx(371)


@pytest.mark.parametrize("extent", [0.0, 1e-4])
def test_a_person_of_no_size_is_followed_without_warnings(extent: float) -> None:
    with np.errstate(all="raise"):
        (person,) = tracks([frame(body(300 + t / 9, height=extent)) for t in range(20)])
    assert person.valid.all()


def test_keypoint_similarity_known_answers() -> None:
    points, scores = np.zeros((2, 2)), np.array([1.0, 0.5])
    others = np.array([[[0, 0], [0, 0]], [[3, 4], [3, 4]], [[0, 0], [1e4, 0]]], float)
    one = np.ones((3, 2))
    expected = [1, np.exp(-0.5), 1 / 1.5]
    similarity = keypoint_similarity(points, scores, others, one, tolerance=5.0)
    np.testing.assert_allclose(similarity, expected, atol=1e-5)


def test_people_without_a_joint_in_common_are_not_similar() -> None:
    points = np.zeros((17, 2))
    nothing, one = np.zeros(17), np.zeros(17)
    one[3] = 0.9
    similarity = keypoint_similarity(points, nothing, points[None], one[None], tolerance=5.0)
    assert similarity.tolist() == [0.0]


@pytest.mark.parametrize("seen", [[0, 5, 6], [5, 6, 7, 8, 9, 10], [11, 12, 13, 14, 15, 16]])
def test_people_of_whom_little_was_seen_are_followed(seen: list[int]) -> None:
    """Points that were not seen lie at (0, 0), where they would all be alike."""
    unseen = [joint for joint in range(17) if joint not in seen]
    frames = []
    for t in range(30):
        both = frame(body(200 + 5 * t), body(900 - 5 * t))
        both.keypoints[:, unseen], both.scores[:, unseen] = 0, 0
        boxes = np.concatenate([both.keypoints[:, seen].min(1), both.keypoints[:, seen].max(1)], 1)
        frames.append(replace(both, boxes=boxes))
    right, left = tracks(frames)
    assert right.valid.all() and left.valid.all()
    assert np.abs(np.diff(right.keypoints[:, seen[0], 0])).max() == pytest.approx(5, abs=1e-3)


def test_box_overlap_known_answers() -> None:
    box = np.array([0.0, 0, 10, 10])
    others = np.array(
        [[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30], [10, 0, 20, 10], [2, 2, 2, 2]], float
    )
    np.testing.assert_allclose(box_overlap(box, others), [1, 50 / 150, 0, 0, 0])


def test_somebody_found_twice_for_a_moment_stays_with_the_older_track() -> None:
    # A double 25 pixels away is alike enough to go on, and not enough to be left out.
    alone, double = [frame(body(300))] * 40, [frame(body(300), body(325))] * 4
    main = tracks([*alone, *double, *[frame(body(315))] * 30])[0]
    assert main.valid.sum() == 74
