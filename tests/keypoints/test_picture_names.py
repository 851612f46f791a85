"""Numbers of frames in the names of pictures."""

from __future__ import annotations

import pytest

from glagcn_cli.keypoints.formats.picture_names import frame_numbers


@pytest.mark.parametrize(
    ("pattern", "frames"),
    [
        ("{n}.jpg", [0, 1, 2, 3]),
        ("{n:012d}", [7, 8, 9, 10]),
        ("2023-05-01_{n:04d}_cam2.jpg", [0, 1, 2]),
        ("cam2_{n:06d}.json", [5, 6, 9]),
        ("{n:04d}_cam2_keypoints", [0, 1]),
        ("vid_{n:012d}_keypoints", [0, 3, 4]),
        ("GX010042.MP4_{n}.png", [98, 99, 100]),
        ("take 3/frame{n:05d}_1920x1080.png", [1, 2, 3]),
        ("img.{n:04d}", [1, 2]),
        ("frame_{n:04d}_{ms:06d}ms.jpg", [0, 1, 2]),
        ("{ms:06d}_frame_{n:04d}.jpg", [0, 1, 2]),
        ("cam2_0001.jpg", [1]),
    ],
)
def test_the_number_that_changes_is_the_frame(pattern: str, frames: list[int]) -> None:
    names = [pattern.format(n=frame, ms=frame * 33) for frame in frames]
    assert frame_numbers(names) == dict(zip(names, frames, strict=True))


def test_names_that_are_made_differently_go_by_their_last_number() -> None:
    assert frame_numbers(["a1.jpg", "b2_frame_2.jpg"]) == {"a1.jpg": 1, "b2_frame_2.jpg": 2}


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["0000_cam1.jpg", "0000_cam2.jpg", "0001_cam1.jpg"], "'0000_cam1.jpg' and '0001_cam1"),
        (["a_1.jpg", "b_1.jpg"], "'a_1.jpg' and 'b_1.jpg'"),
        (["1.jpg", "01.jpg"], "'1.jpg' and '01.jpg'"),
        (["walk.jpg", "run.jpg"], "'walk.jpg' has no number"),
        (["walk.mp4"], "'walk.mp4' has no number"),
    ],
)
def test_names_that_tell_no_frame_are_refused(names: list[str], said: str) -> None:
    with pytest.raises(ValueError, match="number of") as caught:
        frame_numbers(names)
    assert said in str(caught.value)


def test_no_names() -> None:
    assert frame_numbers([]) == {}
