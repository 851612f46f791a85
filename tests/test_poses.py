from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from fractions import Fraction

import numpy as np
import pytest

from glagcn_cli.poses import FrameDetections, Keypoints2D, PoseSequence
from glagcn_cli.skeleton import COCO17

FRAMES = 4


def detections() -> FrameDetections:
    return FrameDetections(np.ones((2, 4)), np.ones(2), np.ones((2, 17, 2)), np.ones((2, 17)))


def keypoints() -> Keypoints2D:
    return Keypoints2D(
        np.zeros((FRAMES, 17, 2), np.float32),
        np.zeros((FRAMES, 17), np.float32),
        np.ones(FRAMES, bool),
        Fraction(25),
        (640, 480),
        COCO17,
    )


def poses() -> PoseSequence:
    return PoseSequence(
        np.zeros((FRAMES, 17, 3), np.float32),
        np.zeros((FRAMES, 17), np.float32),
        np.ones(FRAMES, bool),
        Fraction(25),
        np.zeros((FRAMES, 17, 2), np.float32),
    )


def test_lengths_are_people_or_frames() -> None:
    assert (len(detections()), len(keypoints()), len(poses())) == (2, FRAMES, FRAMES)


def test_nobody_is_a_frame_like_any_other() -> None:
    nobody = FrameDetections(np.zeros((0, 4)), np.zeros(0), np.zeros((0, 17, 2)), np.zeros((0, 17)))
    assert len(nobody) == 0


@pytest.mark.parametrize(
    "make, name, shape",
    [
        (detections, "boxes", (2, 5)),
        (detections, "box_scores", (3,)),
        (detections, "keypoints", (2, 17, 3)),
        (detections, "keypoints", (3, 17, 2)),
        (detections, "scores", (2, 16)),
        (keypoints, "keypoints", (FRAMES, 16, 2)),
        (keypoints, "keypoints", (FRAMES + 1, 17, 2)),
        (keypoints, "scores", (FRAMES, 17, 1)),
        (keypoints, "valid", (FRAMES, 1)),
        (poses, "joints", (FRAMES, 17, 2)),
        (poses, "joints", (FRAMES - 1, 17, 3)),
        (poses, "keypoints", (FRAMES, 17, 3)),
        (poses, "scores", (FRAMES, 3)),
    ],
)
def test_a_wrong_shape_is_refused_by_name(make, name, shape) -> None:
    with pytest.raises(ValueError, match=name):
        replace(make(), **{name: np.zeros(shape, np.float32)})


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    "make, name",
    [(detections, "boxes"), (detections, "keypoints"), (keypoints, "keypoints"), (poses, "joints")],
)
def test_numbers_that_are_none_are_refused(make, name, bad) -> None:
    values = getattr(make(), name).copy()
    values.flat[-1] = bad
    with pytest.raises(ValueError, match="NaN or infinity"):
        replace(make(), **{name: values})


def test_the_frame_of_reference_is_one_of_two() -> None:
    assert replace(poses(), frame="camera").frame == "camera"
    with pytest.raises(ValueError, match="world"):
        replace(poses(), frame="world")


def test_data_cannot_be_exchanged_under_a_reader() -> None:
    with pytest.raises(FrozenInstanceError):
        poses().person = 2  # type: ignore[misc]


def full_poses() -> PoseSequence:
    """Poses that have everything that poses may have, numbered by frames."""
    number = np.arange(FRAMES, dtype=np.float32)
    of_joints = np.broadcast_to(number[:, None], (FRAMES, 17)).copy()
    places = np.broadcast_to(number[:, None, None], (FRAMES, 17, 3)).copy()
    marked = replace(
        keypoints(),
        keypoints=places[..., :2],
        scores=of_joints,
        hands=np.broadcast_to(number[:, None, None, None], (FRAMES, 2, 21, 6)).copy(),
    )
    return PoseSequence(
        places,
        of_joints,
        number > 0,
        Fraction(25),
        places[..., :2],
        uncertainty=of_joints,
        up=places[:, 0],
        contacts=np.stack([number > 1, number > 2], axis=1),
        absent=np.zeros(17, bool),
        detected=marked,
        free=places,
    )


def arrays_of(values: PoseSequence | Keypoints2D) -> dict[str, np.ndarray]:
    found = {name: value for name, value in vars(values).items() if isinstance(value, np.ndarray)}
    found.pop("absent", None)  # one for all frames
    return found


def test_frames_are_taken_of_all_that_poses_may_have() -> None:
    whole = full_poses()
    for values in (whole, whole.detected):
        assert all(value is not None for value in vars(values).values())
    some = whole.each_frame(lambda values: values[[2, 0]])
    for before, after in ((whole, some), (whole.detected, some.detected)):
        assert before is not None and after is not None and len(after) == 2
        for name, values in arrays_of(after).items():
            np.testing.assert_array_equal(values, arrays_of(before)[name][[2, 0]], err_msg=name)


def test_frames_are_taken_of_poses_that_lack_much() -> None:
    some = poses().each_frame(lambda values: values[1:])
    assert len(some) == FRAMES - 1
    assert (some.uncertainty, some.up, some.contacts, some.detected, some.free) == (None,) * 5
