"""The 2D networks at several batch sizes.

python -m benchmarks.speed.pipeline CLIP --batches 1,4,16,64,256
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.measuring.machine_limits import (
    Limits,
    Work,
    bound_of,
    least_seconds,
    measure_limits,
)
from benchmarks.measuring.stage_times import counted_flops, precision_of, precisions
from glagcn_cli.detection.mmdet_boxes import MMDetBoxes
from glagcn_cli.detection.mmpose_keypoints import MMPoseKeypoints
from glagcn_cli.detection.models import (
    DEFAULT_DETECTOR,
    DEFAULT_POSE,
    MODELS,
    find_config,
    find_files,
)
from glagcn_cli.detection.openmmlab import building
from glagcn_cli.video.frame import Frame
from glagcn_cli.video.reader import VideoReader

MODEL_NAMES = {
    "shipped": (DEFAULT_DETECTOR, DEFAULT_POSE),
    "rtm": ("rtmdet-m", "rtmpose-m"),
}
LIBRARIES = ("mmdet", "mmpose")

_ROUNDS = 3
_SURE = 0.9
_PROFILED_ROWS = 20


def random_checkpoint(name: str, library: str, folder: Path) -> tuple[Path, Path]:
    """Make configuration and random weights of a named model, which is as fast as trained."""
    import torch

    config, target = find_config(name), folder / f"{name}.pth"
    model = building.bare_model(building.read_config(config), library)
    torch.save({"state_dict": model.state_dict(), "meta": {}}, target)
    return config, target


def files_of(models: str, folder: Path) -> list[tuple[Path, Path]]:
    """Return configuration and checkpoint of the detector and of the pose model."""
    names = MODEL_NAMES[models]
    if all(MODELS[name].is_shipped for name in names):
        return [find_files(names[0], "detector"), find_files(names[1], "pose")]
    return [
        random_checkpoint(name, library, folder)
        for name, library in zip(names, LIBRARIES, strict=True)
    ]


def networks(
    frame: Frame, files: Sequence[tuple[Path, Path]], device: str, size: int
) -> Iterator[tuple[str, Callable[[int], object]]]:
    """Return the two steps by name: each takes a number of pictures, `size` at once.

    Of a detector a picture is a frame, of a pose model a person: the middle half of a frame.
    """
    (box_config, box_weights), (pose_config, pose_weights) = files
    # Random weights find people everywhere, whom nothing but this score keeps from suppression.
    boxes = MMDetBoxes(box_config, box_weights, device, score=_SURE, batch_size=size)
    poses = MMPoseKeypoints(pose_config, pose_weights, device, batch_size=size)
    height, width = frame.shape[:2]
    box = np.array([[width / 4, height / 4, 3 * width / 4, 3 * height / 4]], np.float32)
    yield "boxes", lambda count: boxes([frame] * count)
    yield "keypoints", lambda count: poses([frame], [box.repeat(count, axis=0)])


def print_batches(
    clip: Path,
    device: str,
    models: str,
    sizes: Sequence[int],
    picture: tuple[int, int],
    profile: bool,
) -> None:
    """Print a table of pictures a second, preprocessing included, and the ratio to the limit."""
    with VideoReader(clip, size=picture) as reader:
        frame = next(iter(reader))
    limits = measure_limits(device, precisions(device))
    out = sys.stdout.write
    out(f"{' and '.join(MODEL_NAMES[models])} on {device}, {picture[0]}x{picture[1]}\n\n")
    out("| network | batch | pictures/s | bound by | limit, pictures/s | ratio |\n")
    out("| --- | ---: | ---: | --- | ---: | ---: |\n")
    with TemporaryDirectory() as folder:
        files = files_of(models, Path(folder))
        for size in sizes:
            for name, run in networks(frame, files, device, size):
                out(_row(name, run, size, limits))
        if profile:
            for name, run in networks(frame, files, device, sizes[-1]):
                table = profiled(partial(run, sizes[-1]), device)
                out(f"\n{name}, a batch of {sizes[-1]}:\n{table}\n")


def _row(name: str, run: Callable[[int], object], size: int, limits: Limits) -> str:
    work = Work(0.0, counted_flops(partial(run, 1)), precision_of(limits.device))
    bound = bound_of(work, limits)
    assert bound is not None
    rate = size / least_seconds(partial(run, size), limits.device, _ROUNDS)
    limit = f"{bound.by} | {bound.rate:.0f} | {bound.ratio(rate):.3f}"
    return f"| {name} | {size} | {rate:.1f} | {limit} |\n"


def profiled(work: Callable[[], object], device: str) -> str:
    """Format a table of operators by their own time in some work."""
    from torch.profiler import ProfilerActivity, profile

    on_card = device.startswith("cuda")
    work()
    with profile(activities=[ProfilerActivity.CPU, *[ProfilerActivity.CUDA] * on_card]) as watched:
        work()
    order = "self_cuda_time_total" if on_card else "self_cpu_time_total"
    return str(watched.key_averages().table(sort_by=order, row_limit=_PROFILED_ROWS))
