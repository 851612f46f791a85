"""Lifting without networks or pictures, for tests of calls with many videos.

Its "videos" are text files of which the first line is `frames 12`, and others say what goes wrong.
Worker processes can import it, and it needs no torch, so that they start in a moment.
"""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Sequence
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from glagcn_cli.errors import CheckpointError, DeviceError, InputError
from glagcn_cli.keypoints.clip import ClipDetections
from glagcn_cli.keypoints.source import FoundKeypoints
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.pipeline.video_lifter import LiftedVideo
from glagcn_cli.poses import FrameDetections
from glagcn_cli.skeleton import COCO17
from glagcn_cli.video.probing import VideoInfo
from glagcn_cli.video.source import Source
from tests.helpers.moving_figure import sequence, walking

DAMAGED, KILLED, KILLED_ONCE, UNFORESEEN = "damaged", "killed", "killed once", "unforeseen"
NO_MEMORY, NOBODY, SLOW, NO_MODEL, SCARED = "no memory", "nobody", "slow", "no model", "interrupted"


def film(path: Path, frames: int = 12, *lines: str) -> Path:
    """Write a "video" of so many frames, in which something goes wrong."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([f"frames {frames}", *lines]), encoding="utf-8")
    return path


class FakeLifter:
    """Stands in for `VideoLifter`: somebody walks in every video for as long as its text says."""

    loaded = 0

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        type(self).loaded += 1

    def load(self) -> None:
        pass

    def resolved_settings(self) -> dict[str, Any]:
        return asdict(self.settings)

    def models(self, people: Sequence[Any] = ()) -> dict[str, dict[str, Any]]:
        return {"lifter": {"name": "fake", "process": os.getpid()}}

    def lift(self, video: Source, stages: object, use: object) -> LiftedVideo:
        path = video.path
        lines = path.read_text(encoding="utf-8").splitlines()
        _go_wrong(path, lines)
        frames = int(lines[0].split()[1])
        info = VideoInfo(
            video, 96, 64, Fraction(25), frames, frames / 25, 0, False, "text", False, False
        )
        parts = [np.zeros((0, *size), np.float32) for size in ((4,), (), (17, 2), (17,))]
        nobody = FrameDetections(*parts)
        clip = ClipDetections([nobody] * frames, COCO17, info.fps, (96, 64))
        people = [] if NOBODY in lines else [sequence(walking(frames, 25.0).joints)]
        return LiftedVideo(info, frames, FoundKeypoints(info, clip), [], people)


class MeasuringLifter(FakeLifter):
    """Tells in reports how its process was set up."""

    def models(self, people: Sequence[Any] = ()) -> dict[str, dict[str, Any]]:
        return {"lifter": {"faults": page_faults(), "spins": os.environ.get("GOMP_SPINCOUNT")}}


def page_faults() -> int:
    """How often the system has to give a page for memory that was freed before."""
    np.ones(4 << 20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        np.ones(4 << 20)  # 32 MiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def _go_wrong(path: Path, lines: list[str]) -> None:
    marker = path.with_suffix(".begun")
    if DAMAGED in lines:
        raise InputError(f"{path}: is no video")
    if NO_MODEL in lines:
        raise CheckpointError("walker.pth: there is no such checkpoint")
    if NO_MEMORY in lines:
        raise DeviceError("the memory of the device does not suffice")
    if UNFORESEEN in lines:
        raise ZeroDivisionError("no people to divide by")
    if SCARED in lines:
        raise KeyboardInterrupt
    if KILLED in lines or (KILLED_ONCE in lines and not marker.exists()):
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if SLOW in lines:
        marker.touch()
        for _ in range(1200):  # not at one go: a signal may be given to another thread
            time.sleep(0.05)
