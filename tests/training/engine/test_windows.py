"""Windows gathered from takes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from glagcn_cli.skeleton import H36M17
from glagcn_training.data.takes import Take, TakeSet
from glagcn_training.engine.windows import WindowStore


def counting_take(frames, start, filmed, **camera):
    """Every joint of frame i lies at x = start + i."""
    joints = np.zeros((frames, 17, 3), np.float32)
    joints[..., 0] = start + np.arange(frames)[:, None]
    return Take("S1", "walk", "c", joints, joints[..., :2].copy() if filmed else None, **camera)


def store(lengths, filmed, window=9, stride=1):
    takes = tuple(counting_take(n, 1000 * i, filmed) for i, n in enumerate(lengths))
    return WindowStore(TakeSet("test", H36M17, 50, takes), window, stride)


def frames(windows):
    return windows.joints[:, :, 0, 0]


def test_free_motion_gives_every_window_inside_a_clip_and_none_across():
    windows = store([12, 9], filmed=False)
    assert len(windows) == 4 + 1
    seen = frames(windows.gather(torch.arange(len(windows))))
    assert (seen.diff(dim=1) == 1).all()
    assert seen[:, 0].tolist() == [0, 1, 2, 3, 1000]


def test_a_clip_shorter_than_a_window_is_held_at_its_ends():
    seen = frames(store([3], filmed=False).gather(torch.tensor([0])))
    assert seen[0].tolist() == [0, 0, 0, 0, 1, 2, 2, 2, 2]


def test_film_gives_a_window_around_every_frame():
    windows = store([12, 5], filmed=True)
    assert len(windows) == 17
    gathered = windows.gather(torch.arange(17))
    assert frames(gathered)[:, 4].tolist() == [*range(12), *range(1000, 1005)]
    assert frames(gathered)[0].tolist() == [0, 0, 0, 0, 0, 1, 2, 3, 4]
    assert frames(gathered)[16].tolist() == [1000, 1001, 1002, 1003, *[1004] * 5]
    assert torch.equal(gathered.keypoints[..., 0], gathered.joints[..., 0])


def test_a_stride_thins_windows_per_take():
    seen = frames(store([12, 12], filmed=True, stride=5).gather(torch.arange(6)))
    assert seen[:, 4].tolist() == [0, 5, 10, 1000, 1005, 1010]


def test_every_window_knows_its_camera():
    takes = (
        counting_take(4, 0, True, image_size=(1000, 1002), fov=47.0),
        counting_take(4, 9, True, image_size=(640, 480), fov=60.0),
    )
    gathered = WindowStore(TakeSet("test", H36M17, 50, takes), 3).gather(torch.tensor([1, 6]))
    assert gathered.image_size.tolist() == [[1000, 1002], [640, 480]]
    assert gathered.fov.tolist() == pytest.approx([47.0, 60.0])


def test_short_takes_are_mentioned(caplog):
    with caplog.at_level("INFO"):
        store([3, 20], filmed=True)
    assert "1 of 2 takes are shorter than a window" in caplog.text


# Other rates and speeds


def at_rate(fps, lengths=(60, 40), filmed=False, window=9):
    takes = tuple(counting_take(n, 1000 * i, filmed) for i, n in enumerate(lengths))
    return WindowStore(TakeSet("test", H36M17, 50, takes), window, fps=fps)


@pytest.mark.parametrize("filmed", [True, False])
def test_the_takes_own_rate_changes_nothing(filmed):
    plain, same = store([60, 40], filmed), at_rate(50, filmed=filmed)
    numbers = torch.arange(len(plain))
    assert len(same) == len(plain) and same.fps == plain.fps == 50
    for a, b in zip(plain.gather(numbers), same.gather(numbers), strict=True):
        assert a is b is None or torch.equal(a, b)
    still = same.gather(numbers, torch.ones(len(numbers)))
    assert torch.equal(still.joints, plain.gather(numbers).joints)


def test_half_the_rate_takes_every_other_frame_and_stays_inside_the_clips():
    windows = at_rate(25)
    seen = frames(windows.gather(torch.arange(len(windows))))
    assert (seen.diff(dim=1) == 2).all() and windows.fps == 25
    assert seen[0].tolist() == [*range(0, 18, 2)] and seen[-1, -1] == 1039


def test_between_frames_lies_the_straight_line_between_them():
    seen = frames(at_rate(40).gather(torch.tensor([0, 7])))
    torch.testing.assert_close(seen.diff(dim=1), torch.full((2, 8), 1.25))
    assert seen[:, 4].tolist() == [5.0, 12.0]  # 4 x 1.25 frames lie before the middle


def test_playback_multiplies_velocity_and_holds_at_the_ends():
    windows = at_rate(25, filmed=True)
    numbers, speed = torch.tensor([30, 30, 30, 2, 59]), torch.tensor([1.0, 2.0, 0.7, 1.4, 1.4])
    gathered = windows.gather(numbers, speed)
    seen = frames(gathered)
    torch.testing.assert_close(seen[:3].diff(dim=1), (2 * speed[:3, None]).expand(3, 8))
    assert seen[:, 4].tolist() == [30, 30, 30, 2, 59]
    assert seen[3, 0] == 0 and seen[4, -1] == 59  # and not the next take's
    torch.testing.assert_close(gathered.keypoints[..., 0], gathered.joints[..., 0])


def test_a_clip_that_is_short_at_the_windows_rate_is_held():
    seen = frames(at_rate(25, (11,)).gather(torch.tensor([0])))
    assert seen[0].tolist() == [0, 0, 1, 3, 5, 7, 9, 10, 10]
