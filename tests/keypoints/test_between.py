from fractions import Fraction

import numpy as np
import pytest

from glagcn_cli.keypoints import cache
from glagcn_cli.keypoints.between import (
    looked_at,
    looked_at_every,
    marking_last,
    people_between,
)
from glagcn_cli.keypoints.clip import nobody
from glagcn_cli.keypoints.source import KeypointsUse
from glagcn_cli.keypoints.stage import KeypointStage
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.poses import FrameDetections
from glagcn_cli.skeleton import COCO17
from glagcn_cli.video.source import Source
from tests.helpers.fake_detection import FakeDetector, clip, use_detector

STANDING = np.stack([np.linspace(-20, 20, 17), np.linspace(-80, 80, 17)], axis=1)


def person(place, score=0.9):
    """One person about a place (2,), as the detections of a frame."""
    points = (STANDING + place).astype(np.float32)[None]
    box = np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)
    scores = np.full((1, 17), score, np.float32)
    return FrameDetections(box, np.full(1, 0.8, np.float32), points, scores)


def both(one, other):
    known = [name for name, values in vars(one).items() if values is not None]
    return FrameDetections(
        **{name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in known}
    )


def only_looked_at(frames, every):
    """The frames as the 2D stage gives them: nobody where it did not look."""
    last = len(frames) - 1
    return [f if looked_at(k, k == last, every) else nobody(COCO17) for k, f in enumerate(frames)]


def arc(count, turn=0.05):
    """Places (count, 2) along an arc."""
    angle = turn * np.arange(count)
    return np.stack([300 + 60 * np.sin(angle), 300 - 60 * np.cos(angle)], axis=1)


@pytest.mark.parametrize(
    ("fps", "every"),
    [(24, 1), (Fraction(30000, 1001), 1), (30, 1), (40, 1), (48, 2), (50, 2),
     (Fraction(60000, 1001), 2), (60, 2), (100, 3), (120, 4), (240, 8), (1, 1)],
)  # fmt: skip
def test_about_thirty_frames_a_second_are_looked_at(fps, every):
    assert looked_at_every(Fraction(fps), 30.0) == every
    assert looked_at_every(Fraction(fps), 0.0) == 1


def test_the_last_item_is_known():
    assert list(marking_last("abc")) == [("a", False), ("b", False), ("c", True)]
    assert list(marking_last("a")) == [("a", True)]
    assert list(marking_last("")) == []


@pytest.mark.parametrize("count", [2, 3, 4, 18, 41])
@pytest.mark.parametrize("every", [2, 3, 8])
def test_joints_between_follow_a_smooth_path(count, every):
    true = [person(place) for place in arc(count, 0.03)]
    filled = people_between(only_looked_at(true, every), every, COCO17, Fraction(30 * every))
    off = [np.abs(f.keypoints - t.keypoints).max() for f, t in zip(filled, true, strict=True)]
    assert max(off) < 0.4  # pixels of 160
    assert all(len(frame) == 1 for frame in filled)


def test_splines_are_nearer_to_a_curve_than_straight_lines():
    true = [person(place) for place in arc(41)]
    filled = people_between(only_looked_at(true, 4), 4, COCO17, Fraction(120))
    at = np.arange(41)
    keys = arc(41)[::4]
    straight = np.stack([np.interp(at, at[::4], keys[:, axis]) for axis in (0, 1)], axis=1)
    off = [np.abs(f.keypoints - t.keypoints).max() for f, t in zip(filled, true, strict=True)]
    assert max(off) < 0.2 * np.abs(straight - arc(41)).max()


def test_frames_that_were_looked_at_stay_as_they_are():
    true = only_looked_at([person(place) for place in arc(10)], 3)
    filled = people_between(true, 3, COCO17, Fraction(90))
    for number in (0, 3, 6, 9):
        assert filled[number] is true[number]


def test_nobody_is_put_where_somebody_was_lost():
    frames = [person((300, 300)) for _ in range(21)]
    frames[8:12] = [nobody(COCO17)] * 4
    filled = people_between(only_looked_at(frames, 4), 4, COCO17, Fraction(120))
    assert [len(frame) for frame in filled] == [1] * 5 + [0] * 7 + [1] * 9


def test_two_who_pass_each_other_keep_their_own_joints():
    left = [person((260 + 2 * k, 300)) for k in range(21)]
    right = [person((300 - 2 * k, 340)) for k in range(21)]
    true = [both(one, other) for one, other in zip(left, right, strict=True)]
    swapped = [f if k % 4 else both(right[k], left[k]) for k, f in enumerate(true)]
    filled = people_between(only_looked_at(swapped, 2), 2, COCO17, Fraction(60))
    for frame, one, other in zip(filled, left, right, strict=True):
        assert len(frame) == 2
        for expected in (one, other):
            off = np.abs(frame.keypoints - expected.keypoints).max(axis=(1, 2))
            assert off.min() < 0.5


def test_joints_stay_up_to_a_cut_and_begin_with_it():
    before, after = person((200, 300)), person((600, 200))
    frames = [before] * 10 + [after] * 10
    filled = people_between(only_looked_at(frames, 4), 4, COCO17, Fraction(120), cuts=[10])
    for frame, expected in zip(filled, frames, strict=True):
        assert len(frame) == 1
        assert np.allclose(frame.keypoints, expected.keypoints)


def test_scores_lie_between_those_of_the_frames_around():
    frames = [person((300, 300), score) for score in (0.4, 0.0, 0.8)]
    filled = people_between(frames, 2, COCO17, Fraction(60))
    assert np.allclose(filled[1].scores, 0.6)


@pytest.mark.parametrize(("rate", "looked"), [(30.0, 13), (0.0, 24)])
def test_every_frame_of_a_fast_video_has_its_people(monkeypatch, tmp_path, rate, looked):
    detector = use_detector(monkeypatch, FakeDetector(people=2))
    video = clip(tmp_path / "fast.mp4", frames=24, fps=60)
    found = KeypointStage(Settings(keypoint_rate=rate), "cpu").of_video(Source.of(video)).clip
    assert detector.done == looked
    assert len(found) == 24 and found.fps == 60
    assert [len(frame) for frame in found.frames] == [2] * 24
    if rate:
        path = detector.paths[:12]
        for number in range(12):
            np.testing.assert_allclose(found.frames[2 * number].keypoints[0], path[number])
        middle = found.frames[9].keypoints[0]
        assert np.abs(middle - (path[4] + path[5]) / 2).max() < 1.0


def test_what_a_stopped_run_found_of_a_fast_video_is_not_looked_for_again(monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "SEGMENT_SECONDS", 0.5)
    video = clip(tmp_path / "fast.mp4", frames=90, fps=60)

    def stop(done):
        if done >= 32:
            raise KeyboardInterrupt

    stage = KeypointStage(Settings(), "cpu")
    first = use_detector(monkeypatch, FakeDetector(before_batch=stop))
    with pytest.raises(KeyboardInterrupt):
        stage.of_video(Source.of(video), use=KeypointsUse(cache=True))
    assert first.done == 32
    second = use_detector(monkeypatch, FakeDetector())
    again = KeypointStage(Settings(), "cpu").of_video(
        Source.of(video), use=KeypointsUse(cache=True)
    )
    assert second.done == 46 - 32
    assert [len(frame) for frame in again.clip.frames] == [1] * 90
