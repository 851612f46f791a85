from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from benchmarks.real_video.turns_of_bodies import AsDetected, fastest
from glagcn_cli.pipeline import video_lifter
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.pipeline.video_lifter import VideoLifter
from tests.helpers.fake_detection import FakeDetector, clip, random_lifter, use_detector
from tests.helpers.walkers import poses, standing


def test_the_fastest_turn_and_its_frame() -> None:
    headings = np.cumsum([0, 2, 2, 9, 2, 5])
    turned = [Rotation.from_euler("y", a, degrees=True).apply(standing()) for a in headings]
    sequence = poses(np.array(turned))
    frame, degrees = fastest(sequence)
    assert (frame, degrees) == (3, pytest.approx(9, abs=1e-3))
    frame, degrees = fastest(replace(sequence, valid=np.arange(6) != 2))
    assert (frame, degrees) == (5, pytest.approx(5, abs=1e-3))


def test_only_the_mended_lifter_gives_limbs_their_sides(monkeypatch, tmp_path) -> None:
    use_detector(monkeypatch, FakeDetector())
    mended: list[str] = []

    def note(person, video):
        mended.append(str(video))
        return person

    monkeypatch.setattr(video_lifter, "with_sides", note)
    settings = Settings(lifter=str(random_lifter(tmp_path / "lifter.pth")), device="cpu")
    film = clip(tmp_path / "in.mp4", 12)
    AsDetected(settings).lift(film)
    assert mended == []
    VideoLifter(settings).lift(film)
    assert mended == [str(film)]
