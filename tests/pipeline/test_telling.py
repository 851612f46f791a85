"""Lines about videos that are dark, and people who may be pictures."""

from __future__ import annotations

import logging
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.keypoints.clip import ClipDetections
from glagcn_cli.pipeline.telling import tell_of_darkness, tell_of_those_who_never_move
from glagcn_cli.poses import Keypoints2D
from glagcn_cli.shots.film_cuts import FilmCuts
from glagcn_cli.skeleton import COCO17
from glagcn_cli.video.probing import VideoInfo
from glagcn_cli.video.source import Source
from tests.helpers.tracked_bodies import BODY, FPS, NOBODY, SIZE

INFO = VideoInfo(
    source=Source.of(Path("a.mp4")), width=SIZE[0], height=SIZE[1], fps=Fraction(30), frames=60,
    duration=2.0, rotation=0, has_audio=False, codec="h264", variable_rate=False,
    tagged_colours=False,
)  # fmt: skip


def told(caplog: pytest.LogCaptureFixture) -> str:
    return " ".join(record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("level, dark", [(3, True), (10, True), (40, False), (120, False)])
def test_a_dark_video_is_told(caplog: pytest.LogCaptureFixture, level: int, dark: bool) -> None:
    cuts = FilmCuts(FPS)
    noise = np.random.default_rng(0).integers(-2, 3, (30, 90, 160, 3))
    cuts.add(list((level + noise).astype(np.uint8)))
    clip = ClipDetections([NOBODY], COCO17, FPS, SIZE, clip=cuts.arrays())
    with caplog.at_level(logging.WARNING):
        tell_of_darkness(clip, INFO)
    assert ("very dark" in told(caplog)) == dark


def test_of_stored_2d_without_brightness_nothing_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tell_of_darkness(ClipDetections([NOBODY], COCO17, FPS, SIZE), INFO)
    assert not told(caplog)


def person(moves: float, joint: int, number: int = 1) -> Keypoints2D:
    """Return somebody of 300 pixels who moves one joint, found with errors of half a pixel."""
    rng = np.random.default_rng(number)
    points = np.repeat((BODY * 300 + (400, 360))[None], 60, axis=0)
    points = points + rng.normal(0, 0.5, points.shape)
    points[:, joint, 0] += moves * np.sin(np.arange(60) / 8)
    scores = np.full((60, 17), 0.8, np.float32)
    return Keypoints2D(
        points.astype(np.float32), scores, np.ones(60, bool), FPS, SIZE, COCO17, number
    )


def test_who_moves_no_joint_is_told_and_who_moves_a_wrist_is_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    wrist = COCO17.joints.index("left_wrist")
    with caplog.at_level(logging.INFO):
        tell_of_those_who_never_move([person(12, wrist), person(0, wrist, 2)], INFO)
    assert "person 2 moves no joint" in told(caplog)
    caplog.clear()
    with caplog.at_level(logging.INFO):
        tell_of_those_who_never_move([person(0, wrist), person(0, wrist, 2)], INFO)
    assert "people 1, 2 move no joint" in told(caplog)
