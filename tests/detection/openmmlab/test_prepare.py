from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
import types
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.detection.openmmlab import prepare
from glagcn_cli.detection.openmmlab.prepare import MissingOperatorError
from glagcn_cli.detection.suppression import suppress


def slow_suppression(
    boxes: np.ndarray, scores: np.ndarray, threshold: float, offset: int
) -> list[int]:
    """Pair by pair, in Python numbers."""
    kept: list[int] = []
    for i in sorted(range(len(boxes)), key=lambda i: -scores[i]):
        a = [float(v) for v in boxes[i]]
        clear = True
        for j in kept:
            b = [float(v) for v in boxes[j]]
            width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]) + offset)
            height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]) + offset)
            areas = [(c[2] - c[0] + offset) * (c[3] - c[1] + offset) for c in (a, b)]
            clear = clear and width * height / (sum(areas) - width * height) <= threshold
        if clear:
            kept.append(i)
    return kept


@pytest.mark.parametrize("offset", [0, 1])
@pytest.mark.parametrize("threshold", [0.3, 0.6])
@pytest.mark.parametrize("count", [1, 7, 150])
def test_suppression_agrees_with_a_slow_loop(count: int, threshold: float, offset: int) -> None:
    random = np.random.default_rng(count)
    corners = random.uniform(0, 100, (count, 2))
    boxes = np.hstack([corners, corners + random.uniform(5, 60, (count, 2))]).astype(np.float32)
    scores = random.uniform(0, 1, count).astype(np.float32)
    expected = slow_suppression(boxes, scores, threshold, offset)
    assert suppress(boxes, scores, threshold, offset).tolist() == expected
    assert count < 10 or 1 < len(expected) < count


@pytest.mark.parametrize(
    ("boxes", "scores", "kept"),
    [
        ([], [], []),
        ([[0, 0, 9, 9], [0, 0, 9, 9]], [0.4, 0.6], [1]),  # the better of two that are the same
        ([[0, 0, 9, 9], [0, 0, 9, 9]], [0.5, 0.5], [0]),  # equal scores: the first
        ([[0, 0, 9, 9], [9, 0, 18, 9]], [0.5, 0.6], [1, 0]),  # they only touch
        ([[0, 0, 2, 1], [0, 0, 1, 1]], [0.9, 0.8], [0, 1]),  # at the threshold stays
        ([[0, 0, 2, 1], [0, 0, 1.1, 1]], [0.9, 0.8], [0]),
        ([[3, 3, 3, 3], [3, 3, 3, 3]], [0.9, 0.8], [0, 1]),  # empty boxes have no overlap
        # the middle one goes, so it cannot take the third with it
        ([[0, 0, 10, 1], [3, 0, 13, 1], [6, 0, 16, 1]], [0.9, 0.8, 0.7], [0, 2]),
    ],
)
def test_suppression_of_known_boxes(
    boxes: list[list[float]], scores: list[float], kept: list[int]
) -> None:
    array = np.array(boxes, np.float32).reshape(-1, 4)
    assert suppress(array, np.array(scores, np.float32), 0.5).tolist() == kept


def test_mmcv_suppresses_each_class_on_its_own() -> None:
    prepare.prepare()
    import torch
    from mmcv.ops import batched_nms

    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 11], [0, 0, 10, 10]])
    scores = torch.tensor([0.5, 0.9, 0.3])
    classes = torch.tensor([0, 0, 1])
    detections, kept = batched_nms(boxes, scores, classes, {"type": "nms", "iou_threshold": 0.6})
    assert kept.tolist() == [1, 2]
    np.testing.assert_allclose(detections[:, 4], [0.9, 0.3])


def stand_in() -> types.ModuleType:
    prepare.prepare()
    module = sys.modules["mmcv._ext"]
    if not isinstance(module, prepare._Operators):
        pytest.skip("a full mmcv is installed here")
    return module


def test_another_operator_says_what_it_needs() -> None:
    with pytest.raises(MissingOperatorError, match=r"'deform_conv_forward'.*full mmcv"):
        stand_in().deform_conv_forward()


def test_mmcv_knows_that_it_has_no_compiled_operators() -> None:
    stand_in()
    from mmcv.utils import ext_loader

    assert ext_loader.check_ops_exist() is False


def test_compiled_operators_are_left_alone_when_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = types.ModuleType("mmcv._ext")
    monkeypatch.setitem(sys.modules, "mmcv._ext", compiled)
    prepare.prepare()
    assert sys.modules["mmcv._ext"] is compiled


def test_compiled_operators_are_left_alone_when_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "mmcv._ext", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: ModuleSpec(name, None))
    prepare.prepare()
    assert "mmcv._ext" not in sys.modules


@pytest.fixture
def torchvision_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> object:
    """Function that installs a torchvision made of the code given, and imports it."""

    def install(code: str | None) -> types.ModuleType:
        prepare.prepare()
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            monkeypatch.delitem(sys.modules, name)
        if code is None:
            monkeypatch.setattr(PathFinder, "find_spec", lambda *_: None)
        else:
            package = tmp_path / "torchvision"
            package.mkdir()
            (package / "__init__.py").write_text(code)
            (package / "transforms.py").write_text("ToPILImage = 'real'")
            monkeypatch.syspath_prepend(tmp_path)
        return importlib.import_module("torchvision")

    yield install
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    "code",
    [
        None,
        "from . import transforms\nraise RuntimeError('operator torchvision::nms does not exist')",
        "import a_package_that_is_missing",
    ],
)
def test_a_torchvision_that_cannot_be_imported_is_a_stub(torchvision_of, code) -> None:
    torchvision_of(code)
    from torchvision.transforms import ToPILImage

    assert ToPILImage is None
    assert importlib.util.find_spec("torchvision") is not None


def test_a_torchvision_that_works_is_itself(torchvision_of) -> None:
    assert torchvision_of("answer = 42").answer == 42
    assert importlib.import_module("torchvision.transforms").ToPILImage == "real"


def test_importing_openmmlab_is_silent_and_leaves_out_the_drawing_code() -> None:
    code = (
        "from glagcn_cli.detection.openmmlab import prepare; prepare.prepare(); prepare.prepare()\n"
        "import sys, mmpose.models, mmpose.datasets, mmdet.models, mmdet.datasets\n"
        "assert 'torchvision' not in sys.modules and 'mmpose.visualization' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-W", "default::UserWarning", "-c", code], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


_SHARDING = ("torch.distributed.fsdp", "torch.distributed.optim", "sympy")


def test_what_is_for_training_on_many_cards_is_not_imported() -> None:
    code = (
        "import sys; from glagcn_cli.detection.openmmlab import prepare; prepare.prepare()\n"
        "import mmdet.models, mmpose.models\n"
        f"assert not {{*{_SHARDING}}} & {{*sys.modules}}, sys.modules.keys()\n"
        "from mmengine.model import MMDistributedDataParallel\n"
        "from mmengine.runner import Runner\n"
        "import torch.distributed.optim as there; assert there.ZeroRedundancyOptimizer\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_imported_already_stays() -> None:
    code = (
        "import torch.distributed.optim, mmengine.model.wrappers as wrappers\n"
        "from glagcn_cli.detection.openmmlab import prepare; prepare.prepare()\n"
        "assert isinstance(wrappers.MMFullyShardedDataParallel, type)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_models_come_without_what_only_drawing_and_data_sets_want() -> None:
    code = (
        "import sys; from glagcn_cli.detection.openmmlab import prepare; prepare.import_models()\n"
        "assert not {'matplotlib', 'scipy.stats', 'shapely'} & {*sys.modules}, [*sys.modules]\n"
        "from mmpose.datasets.transforms.common_transforms import truncnorm\n"
        "assert abs(truncnorm.rvs(-1, 1, size=9)).max() <= 1\n"
        "import matplotlib.pyplot, scipy.stats; assert scipy.stats.norm.cdf(0) == 0.5\n"
    )
    subprocess.run([sys.executable, "-W", "error::UserWarning", "-c", code], check=True)


def test_models_that_look_into_what_was_put_off_are_imported_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def import_module(name: str) -> None:
        asked.append(name)
        if len(asked) == 1:
            raise ImportError("a stand-in is not a package")

    monkeypatch.setattr(importlib, "import_module", import_module)
    prepare.import_models()
    assert asked == ["mmdet.models", "mmdet.models", "mmpose.models"]
