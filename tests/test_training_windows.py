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
