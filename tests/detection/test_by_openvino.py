"""Keypoints and boxes by OpenVINO are those of torch in single precision."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from glagcn_cli.detection import mmdet_boxes, mmpose_keypoints, models
from glagcn_cli.detection.interface import Boxes
from glagcn_cli.machine.openvino import compiled
from glagcn_cli.machine.openvino.graphs import flat
from glagcn_cli.machine.openvino.importing import installed_version
from glagcn_cli.machine.openvino.making import _difference
from glagcn_cli.similarity import box_overlap
from tests.helpers.frames_of_people import FRAMES as EVERY_FRAME
from tests.helpers.frames_of_people import surely
from tests.helpers.processors import needs_bfloat16
from tests.helpers.random_models import save_random

if installed_version() is None:
    pytest.skip("OpenVINO has no wheel for this machine", allow_module_level=True)

FRAMES = EVERY_FRAME[:4]
CROP = 256  # pixels, of Thunder's input
PADDING = 1.25


@pytest.fixture(scope="module")
def boxes() -> list[Boxes]:
    return [surely(found) for found in models.load_detector(exact=True)(FRAMES)]


@pytest.fixture(params=["f32", pytest.param("bf16", marks=needs_bfloat16)])
def precision(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    half = None if request.param == "f32" else torch.bfloat16
    monkeypatch.setattr(compiled, "fast_precision", lambda _: half)
    return str(request.param)


def is_compiled(network: Any, method: str = "forward") -> bool:
    return isinstance(getattr(network, method), compiled.Compiled)


def test_keypoints_lie_where_torchs_do(boxes: list[Boxes], precision: str) -> None:
    """In the mean within half a pixel of the crop."""
    people = [found.boxes for found in boxes]
    fast, exact = models.load_pose(), models.load_pose(exact=True)
    distances = []
    for box, one, other in zip(people, fast(FRAMES, people), exact(FRAMES, people), strict=True):
        pixel = (box[:, 2:] - box[:, :2]).max(axis=1) * PADDING / CROP
        distance = np.linalg.norm(one.keypoints - other.keypoints, axis=-1)
        distances.append((distance / pixel[:, None]).ravel())
        assert np.abs(one.scores - other.scores).mean() < 0.05
    assert is_compiled(fast._network.network) and not is_compiled(exact._network.network)  # type: ignore[attr-defined]
    mean = np.concatenate(distances).mean()
    assert mean < 0.001 if precision == "f32" else 0 < mean < 0.5


def test_boxes_lie_where_torchs_do(boxes: list[Boxes], precision: str) -> None:
    detect = models.load_detector()
    for one, other in zip(map(surely, detect(FRAMES)), boxes, strict=True):
        assert len(one) == len(other)
        for box, score, wanted, certain in zip(
            one.boxes, one.scores, other.boxes, other.scores, strict=True
        ):
            # Drawn figures have edges that half precision moves farther than those of people.
            assert box_overlap(box, wanted[None])[0] > (0.999 if precision == "f32" else 0.75)
            assert abs(score - certain) < (0.001 if precision == "f32" else 0.05)
    assert is_compiled(detect._network.network)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "library", "size"),
    [("rtmpose-t", "mmpose", (256, 192)), ("rtmdet-nano", "mmdet", (320, 320))],
)
def test_models_of_openmmlab_are_as_close_as_by_torch(
    tmp_path: Path, monkeypatch, precision: str, name: str, library: str, size: tuple[int, int]
) -> None:
    """Features with random weights; in half precision as torch's in half."""
    config = models.find_config(name)
    checkpoint = save_random(config, library, tmp_path / "random.pth", size)
    module: Any = mmpose_keypoints if library == "mmpose" else mmdet_boxes
    load = module.MMPoseKeypoints if library == "mmpose" else module.MMDetBoxes
    exact, fast = load(config, checkpoint, exact=True), load(config, checkpoint)
    monkeypatch.setattr(compiled, "run_compiled", lambda *given: given[-1]())
    half = load(config, checkpoint)
    # Of another size than the first, which detectors meet.
    for height, width in (size, (size[0] + 64, size[1])):
        images = torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(0)) * 4 - 2
        with torch.inference_mode():
            wanted, *found = (
                [*flat(detect._model.extract_feat(images))] for detect in (exact, fast, half)
            )
        ours, theirs = (max(map(_difference, one, wanted)) for one in found)
        assert ours < (0.001 if precision == "f32" else 1.5 * theirs)
    assert is_compiled(fast._model, "extract_feat")


@pytest.mark.parametrize("arguments", [["--help"], ["missing.mp4", "-o", "out.npy"]])
def test_help_and_refusals_do_not_wait_for_it(tmp_path: Path, arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from glagcn_cli.commands.video import main\n"
        "try:\n"
        f"    main({arguments!r})\n"
        "except SystemExit:\n"
        "    sys.exit('openvino' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=tmp_path)
    assert done.returncode == 0
