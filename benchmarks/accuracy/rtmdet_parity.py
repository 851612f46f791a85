"""Compare our MMDetection stage with an ONNX export of RTMDet-nano run by onnxruntime.

The published person detector's ONNX file holds the trained weights with batch norm folded in. They
are put into MMDetection's own model, which then goes through the same code as any named detector;
onnxruntime runs the file itself, on input prepared here with OpenCV. Box decoding and suppression
are inside the file, so final boxes are compared.

Besides what the program needs: pip install onnx onnxruntime

    python -m benchmarks.accuracy.rtmdet_parity rtmdet_nano_person_320.onnx VIDEO [--frames 12]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm

from glagcn_cli.detection import models
from glagcn_cli.detection.interface import Boxes, Frame
from glagcn_cli.detection.mmdet_boxes import MMDetBoxes
from glagcn_cli.detection.openmmlab import building

SIDE = 320  # pixels of the network's square input
PADDING = 114
MEAN = (103.53, 116.28, 123.675)  # BGR
STD = (57.375, 57.12, 58.395)
LOWEST_SCORE = 0.05  # as inside the file
SURE_SCORE = 0.3
SAME_BOX = 0.9  # intersection over union of the two runs' boxes of one person
SAME_SCORE = 0.001

Convolution = tuple[str, NDArray[np.float32], NDArray[np.float32]]
"""Name of the weight in the file, weight, bias."""


def convolutions_of(path: Path) -> list[Convolution]:
    """Read the convolutions of an ONNX file in the order in which they run."""
    import onnx
    from onnx.numpy_helper import to_array

    graph = onnx.load(path).graph
    arrays = {tensor.name: to_array(tensor) for tensor in graph.initializer}
    nodes = [node for node in graph.node if node.op_type == "Conv"]
    return [(node.input[1], arrays[node.input[1]], arrays[node.input[2]]) for node in nodes]


def put_folded(
    model: nn.Module, convolutions: Sequence[Convolution], run: Callable[[], object]
) -> None:
    """Fill a model with weights of a copy whose batch norms were folded into convolutions.

    Convolutions are matched in the order in which they run. Each batch norm that follows one
    becomes the addition of the folded bias and nothing else.

    Parameters
    ----------
    model
        Changed in place; must be in evaluation mode.
    convolutions
        Of the folded copy, in running order. A name that is a parameter of the model must match
        the parameter at its place.
    run
        Called without arguments to run the model once.
    """
    steps: list[tuple[str, nn.Module]] = []
    hooks = [
        module.register_forward_hook(lambda module, *_, name=name: steps.append((name, module)))
        for name, module in model.named_modules()
        if isinstance(module, nn.Conv2d | BatchNorm)
    ]
    with torch.no_grad():
        run()
    for hook in hooks:
        hook.remove()
    names = dict(model.named_parameters())
    remaining = list(convolutions)
    for place, (name, module) in enumerate(steps):
        if not isinstance(module, nn.Conv2d):
            continue
        stored, weight, bias = remaining.pop(0)
        if weight.shape != tuple(module.weight.shape) or (
            stored in names and stored != f"{name}.weight"
        ):
            raise ValueError(f"{stored} {weight.shape} does not fit {name}: {module}")
        module.weight.data = torch.tensor(weight)
        if module.bias is not None:
            module.bias.data = torch.tensor(bias)
        else:
            _only_add(steps[place + 1][1], torch.tensor(bias))
    if remaining:
        raise ValueError(f"{len(remaining)} convolutions have no place in the model")


def _only_add(norm: nn.Module, bias: torch.Tensor) -> None:
    """Make a batch norm add a bias and do nothing else."""
    assert isinstance(norm, BatchNorm), norm
    assert norm.running_mean is not None and norm.running_var is not None
    norm.running_mean.zero_()
    norm.running_var.fill_(1 - norm.eps)
    norm.weight.data.fill_(1)
    norm.bias.data = bias


def mmdet_detector(onnx_file: Path, folder: Path) -> MMDetBoxes:
    """Build RTMDet-nano of the program's model list with the weights of the ONNX file."""
    config_path = models.find_config("rtmdet-nano")
    config = building.read_config(config_path)
    model = building.bare_model(config, "mmdet").eval()
    put_folded(model, convolutions_of(onnx_file), lambda: model(torch.zeros(1, 3, SIDE, SIDE)))
    checkpoint = folder / "rtmdet_nano.pth"
    torch.save({"state_dict": model.state_dict(), "meta": {}}, checkpoint)
    return MMDetBoxes(config_path, checkpoint, score=LOWEST_SCORE)


class OnnxDetector:
    """The same network run by onnxruntime."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        self._session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def __call__(self, frame: Frame) -> Boxes:
        """Find the people in one RGB frame."""
        height, width = frame.shape[:2]
        scale = SIDE / max(height, width)
        inner = (round(width * scale), round(height * scale))
        canvas = np.full((SIDE, SIDE, 3), PADDING, np.float32)
        canvas[: inner[1], : inner[0]] = cv2.resize(frame[..., ::-1], inner)
        data = ((canvas - MEAN) / STD).astype(np.float32).transpose(2, 0, 1)[None]
        found, labels = self._session.run(None, {"input": data})
        people = found[0][labels[0] == 0]
        people = people[people[:, 4] > LOWEST_SCORE]
        stretch = np.array([width / inner[0], height / inner[1]] * 2, np.float32)
        # The file does not clip boxes to the picture; MMDetection does.
        inside = (people[:, :4] * stretch).clip(0, [width, height] * 2).astype(np.float32)
        return Boxes(inside, people[:, 4])


def overlaps(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute the intersection over union of a box with some others."""
    size = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = size.clip(min=0).prod(axis=1)
    areas = (others[:, 2:] - others[:, :2]).prod(axis=1)
    return shared / (areas + (box[2:] - box[:2]).prod() - shared)


def read_frames(video: Path, count: int) -> list[Frame]:
    """Read frames, RGB, spread evenly over a video."""
    capture = cv2.VideoCapture(str(video))
    total = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    wanted = set(np.linspace(0, total - 1, count).astype(int).tolist())
    frames = []
    for index in range(total):
        read, frame = capture.read()
        if read and index in wanted:
            frames.append(np.ascontiguousarray(frame[..., ::-1], np.uint8))
    return frames


def compare(ours: Sequence[Boxes], theirs: Sequence[Boxes], lowest: float) -> str:
    """Describe the largest differences between two runs' boxes of at least a score."""
    boxes, scores, alone = [0.0], [0.0], 0
    for mine, reference in zip(ours, theirs, strict=True):
        for box, score in zip(reference.boxes, reference.scores, strict=True):
            if score < lowest:
                continue
            shared = overlaps(box, mine.boxes) if len(mine) else np.zeros(1)
            best = shared.argmax()
            if shared[best] < SAME_BOX or abs(mine.scores[best] - score) > SAME_SCORE:
                alone += 1
                continue
            boxes.append(float(abs(mine.boxes[best] - box).max()))
            scores.append(float(abs(mine.scores[best] - score)))
    return (
        f"score {lowest} or more: {len(boxes) - 1} boxes in both, {alone} in onnxruntime's only; "
        f"largest difference of a box {max(boxes):.2g} pixels of the frame, of a score "
        f"{max(scores):.2g}\n"
    )


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("onnx", type=Path)
    parser.add_argument("video", type=Path)
    parser.add_argument("--frames", type=int, default=12)
    options = parser.parse_args()
    frames = read_frames(options.video, options.frames)
    with tempfile.TemporaryDirectory() as folder:
        ours = mmdet_detector(options.onnx, Path(folder))(frames)
    reference = OnnxDetector(options.onnx)
    theirs = [reference(frame) for frame in frames]
    for lowest in (SURE_SCORE, LOWEST_SCORE):
        sys.stdout.write(f"{len(frames)} frames, {compare(ours, theirs, lowest)}")


if __name__ == "__main__":
    main()
