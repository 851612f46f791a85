"""The benchmark of identities: its scores on known answers, its clips as they say."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.tracking.clips import NOBODY, KnownClip, actors_of, make_clip
from benchmarks.tracking.identities import nearest_box, our_tracks, single
from benchmarks.tracking.pixels import _Cut, _pictures
from benchmarks.tracking.scenes import KINDS
from benchmarks.tracking.scores import IdentityCounts, count_identities
from glagcn_cli.camera_path.carried import CarriedPlaces
from tests.helpers.tracked_bodies import FPS, SIZE, body, frame, tracks


def rows(*frames: list[int]) -> list[np.ndarray]:
    return [np.array(frame, np.int64) for frame in frames]


KNOWN = {
    "all right": ([[0, 1]] * 4, [[5, 7]] * 4, IdentityCounts(8, 0, 0, 0)),
    "nothing found": ([[0, 1]] * 4, [[-1, -1]] * 4, IdentityCounts(0, 0, 8, 0)),
    "a swap in the middle": (
        [[0, 1]] * 4, [[5, 7], [5, 7], [7, 5], [7, 5]], IdentityCounts(4, 4, 4, 2),
    ),
    "a new number after a while": (
        [[0]] * 10, [[5]] * 6 + [[6]] * 4, IdentityCounts(6, 4, 4, 1),
    ),
    "lost and found again": (
        [[0]] * 5, [[5], [-1], [-1], [5], [5]], IdentityCounts(3, 0, 2, 0),
    ),
    "what is nobody was followed": ([[0, -1]] * 3, [[5, 6]] * 3, IdentityCounts(3, 3, 0, 0)),
    "found twice, followed once": ([[0, 0]] * 3, [[5, -1]] * 3, IdentityCounts(3, 0, 0, 0)),
    "two people on one track": (
        [[0], [0], [0], [1], [1]], [[5]] * 5, IdentityCounts(3, 2, 2, 0),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", KNOWN)
def test_scores_known_answers(case: str) -> None:
    truth, given, expected = KNOWN[case]
    found = count_identities(rows(*truth), rows(*given))
    assert found == expected
    right, wrong, lost, _ = expected
    precision, recall = right / max(1, right + wrong), right / max(1, right + lost)
    harmonic = 2 * precision * recall / (precision + recall) if right else 0.0
    assert found.idf1 == pytest.approx(harmonic)


def test_counts_of_clips_add_up() -> None:
    one, other = IdentityCounts(1, 2, 3, 4), IdentityCounts(10, 20, 30, 40)
    assert one + other == IdentityCounts(11, 22, 33, 44)


@pytest.fixture(scope="module")
def clips() -> list[KnownClip]:
    walker = [frame(body(300 + 4 * t)) for t in range(90)]
    actors = actors_of(tracks(walker))
    assert len(actors) == 1 and actors[0].facing == 1
    assert np.ptp(actors[0].points[..., 1], axis=1) == pytest.approx(1, abs=1e-3)
    return [single(make_clip(kind, actors, seed=3)) for kind in KINDS]


def test_clips_are_the_same_each_time_and_hold_their_people(clips: list[KnownClip]) -> None:
    for clip in clips:
        assert len(clip.frames) == len(clip.identities) >= 6 * FPS
        people = np.concatenate(clip.identities)
        assert len(set(people) - {NOBODY}) >= 2
        for found, who in zip(clip.frames, clip.identities, strict=True):
            assert len(found) == len(who)
            outside = (found.keypoints < 0) | (found.keypoints > SIZE)
            assert outside.any(axis=2).mean(axis=1).max(initial=0) < 0.7
    again = make_clip("crowd", actors_of(tracks([frame(body(300 + 4 * t)) for t in range(90)])), 3)
    crowd = next(clip for clip in clips if clip.kind == "crowd")
    np.testing.assert_array_equal(single(again).frames[50].boxes, crowd.frames[50].boxes)


def test_only_one_kind_has_a_camera_that_moves(clips: list[KnownClip]) -> None:
    assert [clip.kind for clip in clips if clip.background.moves] == ["panning camera"]


def test_a_camera_that_is_followed_keeps_people_apart(clips: list[KnownClip]) -> None:
    (clip,) = (clip for clip in clips if clip.background.moves)
    blind, ours = (
        count_identities(clip.identities, our_tracks(clip.frames, known))
        for known in (CarriedPlaces.still(), clip.background)
    )
    assert ours.idf1 > blind.idf1 and ours.switches < blind.switches


def test_the_program_beats_the_nearest_box(clips: list[KnownClip]) -> None:
    ours = nearest = IdentityCounts(0, 0, 0, 0)
    for clip in clips:
        ours += count_identities(clip.identities, our_tracks(clip.frames, clip.background))
        nearest += count_identities(clip.identities, nearest_box(clip.frames))
    assert ours.idf1 > nearest.idf1 and ours.switches < nearest.switches / 2


def test_a_mirror_image_mirrored_is_who_it_was_and_its_joints_lie_on_its_pixels() -> None:
    pixels = np.arange(5 * 4 * 3, dtype=np.float32).reshape(5, 4, 3)
    cut = _Cut(pixels, np.ones((5, 4), np.float32), (10, 20), np.array([[10.0, 20.0], [13, 24]]))
    twin = cut.mirrored(100, 3)
    again = twin.mirrored(100, -3)
    assert again.corner == cut.corner
    np.testing.assert_array_equal(again.pixels, cut.pixels)
    np.testing.assert_array_equal(again.joints, cut.joints)
    x, y = (twin.joints[0] - twin.corner).astype(int)
    np.testing.assert_array_equal(twin.pixels[y, x], cut.pixels[0, 0])


@pytest.mark.parametrize("corner", [(-2, -3), (0, 0), (7, 8), (30, 5)])
def test_who_is_pasted_covers_the_background_where_they_are_in_the_picture(corner) -> None:
    cut = _Cut(np.full((5, 4, 3), 200.0, np.float32), np.ones((5, 4), np.float32), corner,
               np.zeros((17, 2)))  # fmt: skip
    (picture,) = _pictures([(cut,)], np.full((10, 9, 3), 50.0))
    rows, columns = np.mgrid[:10, :9]
    x, y = corner
    inside = (x <= columns) & (columns < x + 4) & (y <= rows) & (rows < y + 5)
    np.testing.assert_array_equal(picture[..., 0], np.where(inside, 200, 50))
