"""A camera that moves, from the pixels to the scene."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.pipeline.video_lifter import VideoLifter
from tests.helpers.clips import encode
from tests.helpers.fake_detection import FakeDetector, random_lifter, use_detector
from tests.helpers.landscape import HEIGHT, WIDTH, view

FRAMES = 45


@pytest.mark.parametrize("pan", [0, 6])
def test_everybody_stays_in_place_where_the_camera_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, pan: int
) -> None:
    frames = np.stack([view(800 + pan * i) for i in range(FRAMES)])
    source = encode(tmp_path / "in.mp4", frames, 30)
    use_detector(monkeypatch, FakeDetector())
    lifter = VideoLifter(Settings(lifter=str(random_lifter(tmp_path / "lifter.pth")), device="cpu"))
    with caplog.at_level(logging.INFO):
        lifted = lifter.lift(source)
    assert (lifted.info.width, lifted.info.height) == (WIDTH, HEIGHT)
    assert lifted.scene.moving_camera == (pan > 0)
    assert ("the camera moves" in caplog.text) == (pan > 0)
    (person,) = lifted.sequences
    moved = np.ptp(person.joints[person.valid, 0, ::2], axis=0).max()
    assert moved < (1e-4 if pan else 0.5), "the walker walks in place, the lifter knows nothing"
    assert (person.contacts is None) == (pan > 0)
