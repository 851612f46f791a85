from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from glagcn_cli.detection import mmpose_keypoints as keypoints_module
from glagcn_cli.detection.models import find_files
from glagcn_cli.diagnostics.synthetic_people import draw_people
from glagcn_cli.lifting.late_lifter import LateLifter
from glagcn_cli.machine.openvino import compiled
from glagcn_cli.machine.openvino.importing import installed_version
from glagcn_cli.machine.precision import fast_precision, run_in
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.pipeline.video_lifter import VideoLifter
from tests.helpers.processors import needs_bfloat16


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Conv2d(3, 4, 3)
        self.computed_in: list[torch.dtype] = []

    def extract_feat(self, images: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        out = self.layer(images)
        self.computed_in.append(out.dtype)
        return out, [2 * out]


def test_features_are_computed_in_half_and_given_in_single() -> None:
    images = torch.rand(2, 3, 8, 8)
    exact, [twice] = Network().extract_feat(images)
    network = Network()
    run_in(torch.bfloat16, "cpu", network, "extract_feat")
    half, [half_twice] = network.extract_feat(images)
    assert network.computed_in == [torch.bfloat16]
    assert half.dtype == half_twice.dtype == torch.float32
    assert 0 < (half - exact).abs().max() < 0.02
    assert (half_twice - twice).abs().max() < 0.04


def test_single_precision_leaves_a_network_alone() -> None:
    network = Network()
    run_in(None, "cpu", network, "extract_feat")
    network.extract_feat(torch.rand(1, 3, 8, 8))
    assert network.computed_in == [torch.float32]


@pytest.mark.parametrize("able", [True, False])
def test_a_cpu_gets_half_precision_where_it_multiplies_in_it(
    monkeypatch: pytest.MonkeyPatch, able: bool
) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: able)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    assert fast_precision("cpu") == (torch.bfloat16 if able else None)


def test_a_cpu_that_is_limited_gets_single_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    assert fast_precision("cpu") is None


@needs_bfloat16
def test_joints_in_half_precision_lie_where_those_in_single_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of a figure drawn 500 pixels tall: on average within two thousandths of that."""
    frame = draw_people(900, 700, [(450, 350, 500)])
    boxes = np.array([[310, 90, 590, 610]], np.float32)
    monkeypatch.setattr(compiled, "run_compiled", lambda *_: _[-1]())  # by torch
    found = {}
    for precision in (None, torch.bfloat16):
        monkeypatch.setattr(compiled, "fast_precision", lambda _, p=precision: p)
        detect = keypoints_module.MMPoseKeypoints(*find_files("movenet-thunder", "pose"))
        found[precision] = detect([frame], [boxes])[0]
    exact, half = found.values()
    distance = np.linalg.norm(half.keypoints - exact.keypoints, axis=-1)
    sure = exact.scores > 0.3
    assert sure.sum() >= 10 and 0 < distance[sure].mean() < 1.0
    assert np.abs(half.scores - exact.scores).mean() < 0.05


def test_a_run_lifts_in_half_precision_unless_told_otherwise() -> None:
    auto, single = (VideoLifter(Settings(device="cpu", precision=p)) for p in ("auto", "single"))
    late = isinstance(auto.lifter.windows, LateLifter)
    assert late or auto.lifter.windows.precision == fast_precision("cpu")
    assert late == (installed_version() is not None)
    assert single.lifter.windows.precision is None
