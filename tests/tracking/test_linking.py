"""Tracklets joined over absences: who comes back is who went."""

from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.camera_path.carried import CarriedPlaces
from glagcn_cli.poses import FrameDetections
from glagcn_cli.tracking.linking import LONGEST_ABSENCE, link
from glagcn_cli.tracking.tracklets import Tracklet, follow
from glagcn_cli.tracking.tracks import find_people, track_people
from tests.helpers.tracked_bodies import FPS, NOBODY, Sighting, body, frame, hips, tracks

SECOND = int(FPS)


def clip(*people: list[Sighting | None]) -> list[FrameDetections]:
    """Detections of people who are each seen, or not, in every frame."""
    return [frame(*(seen for seen in now if seen)) for now in zip(*people, strict=True)]


def away(path: list[Sighting], start: int, stop: int) -> list[Sighting | None]:
    return [None if start <= t < stop else seen for t, seen in enumerate(path)]


def ends(frames: list[FrameDetections]) -> np.ndarray:
    """Where each person was first and last seen, (people, 2), x, from the left."""
    return np.array(sorted((hips(person)[0], hips(person)[-1]) for person in tracks(frames)))


@pytest.mark.parametrize("seconds", [0.5, 1.5, 3.0, 4.9])
@pytest.mark.parametrize("left_at, back_at", [(1240, 1240), (1240, 1150), (40, 60)])
def test_who_leaves_and_comes_back_within_the_stated_time(seconds, left_at, back_at) -> None:
    out = np.linspace(640, left_at, 2 * SECOND)
    back = np.linspace(back_at, 640, 2 * SECOND)
    gap = [None] * int(seconds * SECOND)
    frames = clip([*map(body, out), *gap, *map(body, back)])
    assert len(tracks(frames)) == 1


def test_who_comes_later_is_somebody_else() -> None:
    gap = [None] * (int(LONGEST_ABSENCE * SECOND) + 2)
    frames = clip([*[body(300)] * 60, *gap, *[body(300)] * 60])
    assert len(tracks(frames)) == 2


def test_a_stranger_of_another_size_is_not_taken_for_who_left() -> None:
    frames = clip([*[body(300, height=350)] * 60, *[None] * 15, *[body(300, height=110)] * 60])
    assert len(tracks(frames)) == 2


def test_two_who_hold_each_other_part_as_who_they_were() -> None:
    """For two seconds only one of them is found; then each walks on, or back."""
    tall, small = dict(height=330.0), dict(height=250.0)
    walk = [*range(100, 600, 8), *[600] * 60]
    for after in (range(600, 1100, 8), range(600, 100, -8)):
        one = [body(x, **tall) for x in [*walk, *after]]
        other = [body(1200 - x + 30, y=380, **small) for x in [*walk, *after]]
        frames = clip(one, away(other, 60, 124))
        last = float(after[-1])
        np.testing.assert_allclose(ends(frames), [(100, last), (1130, 1230 - last)], atol=8)


def test_all_are_given_back_at_once_not_the_first_best() -> None:
    """Two vanish and two appear; the nearest pair of all would leave two who do not fit."""
    frames = clip(
        [*[body(300)] * 40, *[None] * 30, *[body(420)] * 40],
        [*[body(480)] * 40, *[None] * 30, *[body(600)] * 40],
    )
    np.testing.assert_allclose(ends(frames), [(300, 420), (480, 600)], atol=1)


def test_several_absences_of_one_person() -> None:
    path = [body(100 + 2 * t) for t in range(400)]
    seen = away(path, 60, 90)
    for start in (150, 240, 330):
        seen = [None if start <= t < start + 30 else one for t, one in enumerate(seen)]
    (person,) = tracks(clip(seen))
    assert person.valid.sum() == 400 - 4 * 30


def test_nobody_is_in_two_places_at_once() -> None:
    """Whoever appears while somebody is still in view is somebody else."""
    frames = clip([body(300)] * 80, [*[None] * 40, *[body(700)] * 40])
    assert len(tracks(frames)) == 2


def test_joining_keeps_every_sighting_once() -> None:
    rng = np.random.default_rng(5)
    paths = [[body(x + 3 * t, height=200 + x / 10) for t in range(250)] for x in (50, 250, 450)]
    shown = []
    for path in paths:
        gone = np.repeat(rng.random(25) < 0.3, 10)
        shown.append([None if gone[t] else seen for t, seen in enumerate(path)])
    frames = clip(*shown)
    pieces = follow(frames, 0, len(frames), float(FPS))
    whole = link(pieces, frames, float(FPS))

    def sightings(tracklets: list[Tracklet]) -> list[tuple[int, int]]:
        return sorted((f, r) for t in tracklets for f, r in zip(t.frames, t.rows, strict=True))

    assert sightings(whole) == sightings(pieces) and len(whole) < len(pieces)
    for tracklet in whole:
        assert (np.diff(tracklet.frames) > 0).all()


@pytest.mark.parametrize("cut", [59, 60, 61])
def test_nobody_is_followed_across_a_cut(cut: int) -> None:
    frames = clip([body(300 + t) for t in range(120)])
    people = track_people(frames, FPS, (1280, 720), tracks(frames)[0].joint_set, [cut])
    seen = sorted(np.flatnonzero(person.valid).tolist() for person in people)
    assert seen == [list(range(cut)), list(range(cut, 120))]


def test_people_take_no_memory_of_the_clips_length_before_they_are_laid_out() -> None:
    frames = [*clip([body(300)] * 60), *[NOBODY] * 5000]
    (person,) = find_people(frames, FPS)
    assert person.frames.nbytes + person.rows.nbytes == 60 * 16
    assert len(person.laid_out(frames, FPS, (1280, 720), tracks(frames)[0].joint_set)) == 5060


def test_people_are_expected_before_the_same_background() -> None:
    """The camera swings far while two who stand are not seen; each comes back as who they were."""
    camera = np.concatenate([np.zeros(40), np.linspace(0, 600, 30), np.full(40, 600)])
    background = CarriedPlaces(
        np.ones(len(camera), complex), camera + 0j, np.zeros(len(camera), np.intp)
    )
    frames = [
        frame() if 40 <= t < 70 else frame(body(800 - x), body(1130 - x))
        for t, x in enumerate(camera)
    ]
    found = find_people(frames, FPS, background=background)
    places = [
        np.array(
            [
                frames[t].boxes[row, 0] + camera[t]
                for t, row in zip(track.frames, track.rows, strict=True)
            ]
        )
        for track in found
    ]
    assert len(found) == 2
    for place in places:
        np.testing.assert_allclose(place, place[0], atol=1)
    assert (
        len(find_people(frames, FPS)) == 3
    )  # who stood right seems to come back as who stood left


def test_a_camera_that_jumps_loses_nobody() -> None:
    jumps = np.where(np.arange(60) < 30, 0.0, 400.0)
    background = CarriedPlaces(np.ones(60, complex), jumps + 0j, np.zeros(60, np.intp))
    frames = [frame(body(900 - x)) for x in jumps]
    ((first, *others),) = [follow(frames, 0, 60, float(FPS), background)]
    assert not others
    assert len(first.frames) == 60
    assert len(follow(frames, 0, 60, float(FPS))) == 2
