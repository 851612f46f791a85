"""Compare RTMDet-nano, by our own code and by MMDetection's, with its ONNX export in onnxruntime.

Box decoding and suppression are inside the ONNX file, so final boxes are compared. Frames are laid
on a square, as the file reads them. Ours runs once with the file's own weights and once with the
shipped ones, which are rounded to half precision.

Besides what the program needs: pip install onnx onnxruntime

    python -m benchmarks.accuracy.rtmdet_parity rtmdet_nano_person_320.onnx VIDEO [--frames 12]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from glagcn_cli.detection import models
from glagcn_cli.detection.interface import BoxDetector, Boxes
from glagcn_cli.detection.mmdet_boxes import MMDetBoxes
from glagcn_cli.detection.rtmdet.direct import RTMDetBoxes
from glagcn_cli.video.frame import Frame
from glagcn_weights.convert_rtmdet import convolutions_of, to_state_dict

SIDE = 320  # pixels of the network's square input
PADDING = 114
MEAN = (103.53, 116.28, 123.675)  # BGR
STD = (57.375, 57.12, 58.395)
LOWEST_SCORE = 0.05  # as inside the file
SURE_SCORE = 0.3
SAME_BOX = 0.9  # intersection over union of the two runs' boxes of one person
SAME_SCORE = 0.02


class OnnxDetector:
    """The same network run by onnxruntime."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        self._session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def __call__(self, frame: Frame) -> Boxes:
        """Find the people in one square RGB frame."""
        small = cv2.resize(frame[..., ::-1], (SIDE, SIDE))
        data = ((small - MEAN) / STD).astype(np.float32).transpose(2, 0, 1)[None]
        found, labels = self._session.run(None, {"input": data})
        people = found[0][labels[0] == 0]
        people = people[people[:, 4] > LOWEST_SCORE]
        # The file does not clip boxes to the picture; MMDetection does.
        stretched = people[:, :4] * (len(frame) / SIDE)
        return Boxes(stretched.clip(0, len(frame)).astype(np.float32), people[:, 4])


def overlaps(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compute the intersection over union of a box with some others."""
    size = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = size.clip(min=0).prod(axis=1)
    areas = (others[:, 2:] - others[:, :2]).prod(axis=1)
    return shared / (areas + (box[2:] - box[:2]).prod() - shared)


def read_squares(video: Path, count: int) -> list[Frame]:
    """Read frames, RGB, spread evenly over a video, each laid into the corner of a square."""
    capture = cv2.VideoCapture(str(video))
    total = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    wanted = set(np.linspace(0, total - 1, count).astype(int).tolist())
    frames = []
    for index in range(total):
        read, frame = capture.read()
        if read and index in wanted:
            height, width = frame.shape[:2]
            square = np.full((max(height, width), max(height, width), 3), PADDING, np.uint8)
            square[:height, :width] = frame[..., ::-1]
            frames.append(square)
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
    frames = read_squares(options.video, options.frames)
    config, shipped = models.find_files("rtmdet-nano", "detector")
    reference = OnnxDetector(options.onnx)
    theirs = [reference(frame) for frame in frames]
    with tempfile.TemporaryDirectory() as folder:
        single = Path(folder) / "single.pth"
        state = to_state_dict(convolutions_of(options.onnx), torch.float32)
        torch.save({"state_dict": state, "meta": {}}, single)
        smaller = Path(folder) / "nano.py"
        text = config.read_text(encoding="utf-8")
        smaller.write_text(text.replace("_longest = 480", f"_longest = {SIDE}"), encoding="utf-8")
        runs: dict[str, BoxDetector] = {
            "ours, the file's weights": RTMDetBoxes(single, exact=True, longest=SIDE),
            "MMDetection, the file's weights": MMDetBoxes(
                smaller, single, score=LOWEST_SCORE, exact=True
            ),
            "ours, shipped weights": RTMDetBoxes(shipped, exact=True, longest=SIDE),
            "ours, shipped weights, as fast as it goes": RTMDetBoxes(shipped, longest=SIDE),
        }
        for name, run in runs.items():
            found = run(frames)
            for lowest in (SURE_SCORE, LOWEST_SCORE):
                sys.stdout.write(f"{name}: {len(frames)} frames, {compare(found, theirs, lowest)}")


if __name__ == "__main__":
    main()
