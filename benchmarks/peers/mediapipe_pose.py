"""MediaPipe Pose on the frames of a clip, run by a Python that has it.

MediaPipe is no dependency of the project. Any environment will do that has a version which brings
``solutions.pose`` with its models: ``python -m venv MP && MP/bin/pip install mediapipe==0.10.9``.
This file is also what that Python runs, so above `main` it imports nothing but numpy.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

LANDMARKS = 33
_COCO17 = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
"""MediaPipe's landmarks that bear the names of COCO's 17 points."""


@dataclass(frozen=True)
class MediaPipePoses:
    """MediaPipe's output for the one person it follows, as COCO-17 points.

    Parameters
    ----------
    keypoints
        (frames, 17, 2) pixels, pixel centres at whole numbers; NaN without a pose.
    world
        (frames, 17, 3) metres about the hips' middle: x right, y down, z forward; NaN likewise.
    valid
        (frames,) bool.
    seconds
        Time of the models, decoding left out.
    """

    keypoints: NDArray[np.float64]
    world: NDArray[np.float64]
    valid: NDArray[np.bool_]
    seconds: float


def mediapipe_poses(python: Path, clip: Path, kept: Path, smooth: bool) -> MediaPipePoses:
    """Run MediaPipe over a clip, or read the results of an earlier run from `kept`.

    Parameters
    ----------
    python
        An interpreter that has mediapipe.
    clip
        The video.
    kept
        ``.npz`` to write, or to read where it exists.
    smooth
        Let MediaPipe smooth its landmarks over time, as it does by default.
    """
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        command = [python, Path(__file__), clip, kept, "smooth" if smooth else "raw"]
        subprocess.run([str(part) for part in command], check=True, stderr=subprocess.DEVNULL)
    with np.load(kept) as found:
        return MediaPipePoses(
            found["keypoints"][:, _COCO17],
            found["world"][:, _COCO17],
            found["valid"],
            float(found["seconds"]),
        )


def main(clip: str, out: str, mode: str) -> None:
    """Follow the person of a clip and write all 33 landmarks of every frame."""
    import cv2
    import mediapipe

    pose = mediapipe.solutions.pose.Pose(model_complexity=1, smooth_landmarks=mode == "smooth")
    reader, seconds = cv2.VideoCapture(clip), 0.0
    keypoints, world, valid = [], [], []
    while True:
        read, frame = reader.read()
        if not read:
            break
        started = time.perf_counter()
        found = pose.process(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
        seconds += time.perf_counter() - started
        valid.append(found.pose_landmarks is not None)
        if valid[-1]:
            flat, solid = found.pose_landmarks.landmark, found.pose_world_landmarks.landmark
            size = np.array([frame.shape[1], frame.shape[0]])
            # Its coordinates run over the picture's edges, 0 to 1.
            keypoints.append(np.array([[point.x, point.y] for point in flat]) * size - 0.5)
            world.append(np.array([[point.x, point.y, point.z] for point in solid]))
        else:
            keypoints.append(np.full((LANDMARKS, 2), np.nan))
            world.append(np.full((LANDMARKS, 3), np.nan))
    np.savez_compressed(
        out, keypoints=np.array(keypoints), world=np.array(world), valid=valid, seconds=seconds
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
