"""MMPose's own inferencer on a clip, with the models and weights that this program uses.

    python -m benchmarks.peers.peer_mmpose 2d CLIP --frames 60

``2d`` finds boxes and keypoints in frames that are in memory already. ``3d`` is MMPose's demo of
3D: the video is decoded, people are found, followed and lifted by MotionBERT (``human3d``; random
weights, for its speed does not depend on them), each frame is drawn and a video is written. The
models are loaded and the first frame has gone through before the clock starts.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from glagcn_cli.detection.models import DEFAULT_DETECTOR, DEFAULT_POSE, MODELS, find_files
from glagcn_cli.detection.openmmlab import prepare
from glagcn_cli.video.reader import VideoReader

LIFTER = "motionbert_dstformer-ft-243frm_8xb32-120e_h36m"  # what MMPose calls human3d


def inferencer(dimensions: str, device: str, folder: Path) -> Any:
    """Build MMPose's inferencer of default models in 2 or 3 dimensions."""
    prepare.prepare()
    import mmpose
    from mmpose.apis import MMPoseInferencer

    boxes, box_weights = find_files(DEFAULT_DETECTOR, "detector")
    pose, pose_weights = find_files(DEFAULT_POSE, "pose")
    configs = Path(mmpose.__file__).parent / ".mim/configs/body_3d_keypoint/motionbert/h36m"
    lifter = {"pose3d": str(configs / f"{LIFTER}.py")} if dimensions == "3d" else {}
    return MMPoseInferencer(
        pose2d=_drawable(pose, "PoseLocalVisualizer", folder), pose2d_weights=str(pose_weights),
        det_model=_drawable(boxes, "DetLocalVisualizer", folder), det_weights=str(box_weights),
        det_cat_ids=[0], device=device, **lifter,
    )  # fmt: skip


def _drawable(config: Path, visualizer: str, folder: Path) -> str:
    """Return a configuration with what inferencers need besides a model, such as drawing."""
    written = folder / config.name
    written.write_text(
        f"_base_ = [{str(config)!r}]\n"
        f"visualizer = dict(type={visualizer!r}, vis_backends=[dict(type='LocalVisBackend')])\n"
        "data_mode, dataset_type = 'topdown', 'CocoDataset'\n",
        encoding="utf-8",
    )
    return str(written)


def seconds_in_2d(clip: Path, frames: int, device: str, folder: Path) -> tuple[int, float, int]:
    """Return frames, seconds and people found, for decoded frames."""
    run = inferencer("2d", device, folder)
    score = MODELS[DEFAULT_DETECTOR].score
    with VideoReader(clip) as reader:
        pictures = [cv2.cvtColor(frame, cv2.COLOR_RGB2BGR) for frame in islice(reader, frames)]
    next(run(pictures[0], bbox_thr=score))
    started = time.perf_counter()
    people = sum(len(found["predictions"][0]) for found in run(pictures, bbox_thr=score))
    return len(pictures), time.perf_counter() - started, people


def seconds_in_3d(clip: Path, device: str, folder: Path) -> tuple[int, float, int]:
    """Return frames, seconds and people found, for a whole file with a video written."""
    _let_matplotlib_draw()
    run = inferencer("3d", device, folder)
    frames, people, started = 0, 0, 0.0
    for found in run(str(clip), bbox_thr=MODELS[DEFAULT_DETECTOR].score, vis_out_dir=str(folder)):
        if frames == 0:
            started = time.perf_counter()
        frames += 1
        people += len(found["predictions"][0])
    return frames - 1, time.perf_counter() - started, people


def _let_matplotlib_draw() -> None:
    """Restore the method that MMPose calls to read a figure, removed in matplotlib 3.10."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    def tostring_rgb(canvas: FigureCanvasAgg) -> bytes:
        return np.asarray(canvas.buffer_rgba())[..., :3].tobytes()

    if not hasattr(FigureCanvasAgg, "tostring_rgb"):
        FigureCanvasAgg.tostring_rgb = tostring_rgb  # type: ignore[attr-defined]


def main() -> None:
    """Print the measurements as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("dimensions", choices=("2d", "3d"))
    parser.add_argument("clip", type=Path)
    parser.add_argument("--frames", type=int, default=60, help="of 2d; 3d takes the whole file")
    parser.add_argument("--device", default="cpu")
    asked = parser.parse_args()
    with contextlib.redirect_stdout(io.StringIO()), tempfile.TemporaryDirectory() as name:
        if asked.dimensions == "2d":
            found = seconds_in_2d(asked.clip, asked.frames, asked.device, Path(name))
        else:
            found = seconds_in_3d(asked.clip, asked.device, Path(name))
    told = dict(zip(("frames", "seconds", "people"), found, strict=True))
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
