"""Frames with drawn people, for tests of detectors."""

from __future__ import annotations

import numpy as np

from glagcn_cli.detection.interface import Boxes
from glagcn_cli.detection.models import DEFAULT_DETECTOR, new_score
from glagcn_cli.diagnostics.synthetic_people import draw_people
from glagcn_cli.video.frame import Frame

# Landscape, portrait and a size whose network input needs padding; two people, one, nobody.
FRAMES: list[Frame] = [
    draw_people(1280, 720, [(300.0, 420.0, 520.0), (900.0, 400.0, 440.0)]),
    draw_people(1280, 720, [(640.0, 380.0, 600.0)]),
    draw_people(720, 1280, [(360.0, 700.0, 1050.0)]),
    draw_people(501, 333, [(250.0, 170.0, 280.0)]),
    np.full((90, 160, 3), 128, np.uint8),
]


def surely(found: Boxes) -> Boxes:
    """Boxes of the default detector that need nobody to have been there before."""
    sure = found.scores >= new_score(DEFAULT_DETECTOR)
    return Boxes(found.boxes[sure], found.scores[sure])
