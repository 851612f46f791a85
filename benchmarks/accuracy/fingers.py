"""How well fingers are found on drawn hands, whose angles are known.

Left and right hands that are open, closed, point, or are half closed are drawn from the palm, the
back and between, and looked for by the shipped network.

    python -m benchmarks.accuracy.fingers [--size 256]
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from glagcn_cli.biomechanics.fingers import SHAPES, finger_angles, hand_shapes
from glagcn_cli.detection.hands.direct import FoundHand, HandPoints
from glagcn_cli.detection.hands.placing import square_of_hand
from glagcn_cli.detection.models import FINGERS, shipped_weights

from ..measuring.drawn_hands import POSES, drawn

HALF = {"half closed": dict.fromkeys(("Index", "Middle", "Ring", "Pinky"), 40.0)}
TURNS = tuple((y, x) for y in (0, 40, -40, 180, 140, -140) for x in (0, 30, -30))
NAMES = ("Index", "Middle", "Ring", "Pinky")


class Look(NamedTuple):
    """A drawn hand, and what was found of it."""

    pose: str
    side: str
    bends: dict[str, float]
    found: FoundHand
    off: float


def looks(find: HandPoints, size: int) -> Iterator[Look]:
    """Draw hands and look for them."""
    for side in ("Left", "Right"):
        for pose, bends in (POSES | HALF).items():
            for y, x in TURNS:
                turn = Rotation.from_euler("yx", (y, x), degrees=True)
                picture, wrist, joints = drawn(side, bends, turn, size)
                knuckles = joints["Index1"][:2], joints["Pinky1"][:2]
                square = square_of_hand(wrist[:2], *knuckles)
                if square is None:
                    continue
                (found,) = find([(picture, square)])
                places = np.array([joints[f"{finger}{k}"][:2] for finger in NAMES for k in (1, 2)])
                points = found.points[[1 + 4 * f + k for f in range(1, 5) for k in (0, 1)]]
                palm = np.linalg.norm(joints["Middle1"] - wrist)
                off = float(np.linalg.norm(points - places, axis=1).mean() / palm)
                yield Look(pose, side, bends, found, off)


def main() -> None:
    """Measure, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=256, help="pixels of the pictures' sides")
    options = parser.parse_args()
    found = [*looks(HandPoints(shipped_weights(FINGERS), exact=True), options.size)]
    right = np.mean([(one.found.right > 0.5) == (one.side == "Right") for one in found])
    sys.stdout.write(
        f"{len(found)} hands; {np.mean([one.found.presence > 0.5 for one in found]):.0%} seen, the "
        f"side told in {right:.0%}; points {np.mean([one.off for one in found]):.2f} palms off\n"
    )
    for pose in POSES | HALF:
        these = [one for one in found if one.pose == pose]
        shapes = Counter(SHAPES[hand_shapes(one.found.metric[None])[0]] for one in these)
        errors = np.array([
            np.abs(finger_angles(one.found.metric, one.side == "Right")[1:, :3]
                   - np.array([one.bends.get(name, 0.0) for name in NAMES])[:, None])
            for one in these
        ]).mean(axis=(0, 1))  # fmt: skip
        told = ", ".join(f"{count} {shape}" for shape, count in shapes.most_common())
        sys.stdout.write(
            f"{pose}: of {len(these)} {told}; bends off by {errors[0]:.0f}, {errors[1]:.0f} and "
            f"{errors[2]:.0f} degrees in the mean (knuckle, middle, outer joint)\n"
        )


if __name__ == "__main__":
    main()
