"""Compare BlazePose and the hand landmarks with their original files in TensorFlow Lite's runtime.

People and wrists are cut out of frames spread over videos, as the program does it. Both runtimes
read the same crops.

Besides what the program needs: pip install tflite ai-edge-litert

    python -m benchmarks.accuracy.blazepose_parity mediapipe-0.10.21-*.whl VIDEO... [--frames 12]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from glagcn_cli.detection.blazepose.direct import BlazePosePoints
from glagcn_cli.detection.blazepose.network import LANDMARKS, MAP_STRIDE, SIDE, VALUES
from glagcn_cli.detection.blazepose.placing import square_of
from glagcn_cli.detection.feet_and_hands import FeetAndHands
from glagcn_cli.detection.fingers import places_of_hands
from glagcn_cli.detection.hands import network as hands_network
from glagcn_cli.detection.hands.direct import HandPoints
from glagcn_cli.detection.hands.placing import square_of_hand
from glagcn_cli.detection.models import (
    DEFAULT_DETECTOR,
    FEET_AND_HANDS,
    FINGERS,
    load_detector,
    load_feet_and_hands,
    load_pose,
    new_score,
    shipped_weights,
)
from glagcn_cli.detection.people_detector import TwoStageDetector
from glagcn_cli.detection.turned_crops import Square, cut_out
from glagcn_cli.skeleton import COCO17
from glagcn_cli.video.frame import Frame
from glagcn_weights import convert_blazepose, convert_hands
from glagcn_weights.tflite_file import model_in_wheel

from ..measuring.drawn_hands import POSES, drawn

SURE = 0.5  # heat of a landmark that counts as seen


def read_frames(video: Path, count: int) -> list[Frame]:
    """Read frames, RGB, spread evenly over a video."""
    capture = cv2.VideoCapture(str(video))
    total = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    wanted = set(np.linspace(0, total - 1, count).astype(int).tolist())
    frames: list[Frame] = []
    for index in range(total):
        read, frame = capture.read()
        if read and index in wanted:
            frames.append(np.ascontiguousarray(frame[..., ::-1], np.uint8))
    return frames


def people_detector(extremities: FeetAndHands | None = None) -> TwoStageDetector:
    """Load the default models in single precision."""
    return TwoStageDetector(
        load_detector(exact=True),
        load_pose(exact=True),
        new_score=new_score(DEFAULT_DETECTOR),
        extremities=extremities,
    )


def squares(frames: list[Frame]) -> list[tuple[Frame, Square]]:
    """Find the people of frames, and the square of each."""
    detect = people_detector()
    found = [people for frame in frames for people in detect([frame])]
    return [
        (frame, square_of(people.keypoints[row], people.scores[row]))
        for frame, people in zip(frames, found, strict=True)
        for row in range(len(people))
    ]


def original(content: bytes) -> Callable[[NDArray[np.float32]], dict[str, NDArray[np.float32]]]:
    """Return a function from a picture (1, height, width, 3) to the outputs of a file by name."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    place = interpreter.get_input_details()[0]["index"]
    outputs = {one["name"]: one["index"] for one in interpreter.get_output_details()}

    def run(picture: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        interpreter.set_tensor(place, picture)
        interpreter.invoke()
        return {name: interpreter.get_tensor(index) for name, index in outputs.items()}

    return run


def body_parity(wheel: Path, people: list[tuple[Frame, Square]]) -> None:
    """Print how far BlazePose is from its original."""
    content = model_in_wheel(wheel, convert_blazepose.MODEL, convert_blazepose.MODEL_SHA256)
    run = original(content)
    crops = cut_out(people, SIDE)
    theirs = [run(crop[None] / np.float32(255)) for crop in crops]
    values = np.stack([one["Identity"].reshape(LANDMARKS, VALUES) for one in theirs])
    heat = np.stack([one["Identity_3"][0].transpose(2, 0, 1) for one in theirs])
    presence = np.array([one["Identity_1"].item() for one in theirs])
    seen = 1 / (1 + np.exp(-heat.max(axis=(2, 3)))) >= SURE
    checkpoint = shipped_weights(FEET_AND_HANDS)
    for name, exact in (("single precision", True), ("as fast as it goes", False)):
        network = BlazePosePoints(checkpoint, exact=exact)._network
        with torch.inference_mode():
            ours = {key: value.numpy() for key, value in network(torch.from_numpy(crops)).items()}
        found = ours["values"][:, :-1].reshape(values.shape)
        apart = np.linalg.norm(found[..., :2] - values[..., :2], axis=-1)[seen]
        hot = [_hottest(maps, seen) for maps in (ours["heat"], heat)]
        cells = np.linalg.norm(hot[0] - hot[1], axis=-1)
        sure = 1 / (1 + np.exp(-ours["values"][:, -1]))
        sys.stdout.write(
            f"BlazePose, {name}: {len(crops)} people, {seen.sum()} landmarks seen; landmarks "
            f"{np.median(apart):.2g} px in the median, {apart.max():.2g} at most; hottest cells "
            f"{(cells > 0).mean():.1%} elsewhere, {MAP_STRIDE * cells.mean():.2g} px in the mean; "
            f"presence {abs(sure - presence).max():.2g} at most\n"
        )


def _hottest(maps: NDArray[np.float32], seen: NDArray[np.bool_]) -> NDArray[np.intp]:
    best = maps.reshape(*maps.shape[:2], -1).argmax(axis=-1)[seen]
    return np.stack(np.divmod(best, maps.shape[-1]), axis=-1)


def hand_parity(wheel: Path, frames: list[Frame]) -> None:
    """Print how far the hand landmarks are from their original, on hands of people and drawn."""
    content = model_in_wheel(wheel, convert_hands.MODEL, convert_hands.MODEL_SHA256)
    run = original(content)
    crops = cut_out(hand_squares(frames), hands_network.SIDE)
    theirs = [run(crop[None] / np.float32(255)) for crop in crops]
    points, metric = (
        np.stack([one[name].reshape(hands_network.LANDMARKS, 3) for one in theirs])
        for name in ("Identity", "Identity_3")
    )
    presence = np.array([one["Identity_1"].item() for one in theirs])
    seen = presence >= SURE
    for name, exact in (("single precision", True), ("as fast as it goes", False)):
        network = HandPoints(shipped_weights(FINGERS), exact=exact)._network
        with torch.inference_mode():
            rows = network(torch.from_numpy(crops)).numpy()
        found, lengths = (part.reshape(points.shape) for part in np.split(rows[:, :-2], 2, axis=1))
        apart = np.linalg.norm((found - points)[seen, :, :2], axis=-1)
        off = 1000 * np.linalg.norm((lengths - metric)[seen], axis=-1)
        sure = 1 / (1 + np.exp(-rows[:, -2]))
        sys.stdout.write(
            f"hands, {name}: {len(crops)} squares, {seen.sum()} hands seen; points "
            f"{np.median(apart):.2g} px in the median, {apart.max():.2g} at most; "
            f"{np.median(off):.2g} mm in the median, {off.max():.2g} at most; presence "
            f"{abs(sure - presence).max():.2g} at most\n"
        )


def hand_squares(frames: list[Frame]) -> list[tuple[Frame, Square]]:
    """Give the squares of hands of people in frames, and those of drawn hands."""
    add = load_feet_and_hands(COCO17, exact=True)
    detect = people_detector(add)
    found = []
    for frame in frames:
        (people,) = detect([frame])
        found += [(frame, square) for _, _, _, square in places_of_hands(people)]
    for side in ("Left", "Right"):
        for bends in POSES.values():
            for angle in (0, 60, 180):
                turn = Rotation.from_euler("y", angle, degrees=True)
                picture, wrist, joints = drawn(side, bends, turn)
                knuckles = joints["Index1"][:2], joints["Pinky1"][:2]
                square = square_of_hand(wrist[:2], *knuckles)
                assert square is not None
                found.append((picture, square))
    return found


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("videos", type=Path, nargs="+")
    parser.add_argument("--frames", type=int, default=12)
    options = parser.parse_args()
    frames = [frame for video in options.videos for frame in read_frames(video, options.frames)]
    body_parity(options.wheel, squares(frames))
    hand_parity(options.wheel, frames)


if __name__ == "__main__":
    main()
