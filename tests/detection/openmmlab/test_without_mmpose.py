"""Where MMPose is not installed: what needs it says what to type, everything else works."""

from __future__ import annotations

import importlib.util
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

from glagcn_cli.detection import models
from glagcn_cli.detection.openmmlab import building, mmpose_package, stand_ins
from glagcn_cli.errors import ModelNotFoundError

FIND_SPEC = importlib.util.find_spec

# A meta path finder that has these packages not be installed.
HIDE = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {hidden}:
            raise ModuleNotFoundError(name)
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: (
    None if name.partition('.')[0] in {hidden} else found(name, *rest))
sys.meta_path.insert(0, Hidden())
"""


def run_without(packages: set[str], code: str) -> str:
    program = HIDE.format(hidden=packages) + code
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def hide(monkeypatch: pytest.MonkeyPatch, *hidden: str) -> None:
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in hidden else FIND_SPEC(name)
    )


def test_the_default_models_need_no_openmmlab() -> None:
    told = run_without(
        {"mmpose", "mmdet", "mmcv", "mmengine"},
        "import numpy as np\n"
        "from glagcn_cli.detection.models import load_detector, load_pose\n"
        "from glagcn_cli.diagnostics.synthetic_people import draw_people\n"
        "frame = draw_people(640, 360, [(320.0, 180.0, 300.0)])\n"
        "[boxes] = load_detector()([frame])\n"
        "[found] = load_pose()([frame], [boxes.boxes])\n"
        "print(found.keypoints.shape)",
    )
    assert told.strip() == "(1, 17, 2)"


@pytest.mark.parametrize("load", [models.load_pose, models.load_detector])
def test_a_named_model_says_in_one_line_what_to_type(
    load: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide(monkeypatch, "mmpose")
    name = "rtmpose-m" if load is models.load_pose else "rtmdet-m"
    with pytest.raises(ModelNotFoundError) as refused:
        load(name)  # type: ignore[operator]
    assert "\n" not in str(refused.value)
    assert str(refused.value).endswith(
        f"Type: {sys.executable} -m pip install --no-deps mmpose==1.3.2 json_tricks munkres"
    )


def test_a_configuration_of_the_users_says_so_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hide(monkeypatch, "mmpose")
    config = tmp_path / "mine.py"
    config.write_text("model = dict()")
    with pytest.raises(ModelNotFoundError, match=r"needs MMPose.*--no-deps mmpose"):
        building.read_config(config)


def test_an_environment_without_pip_is_told_of_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "pip")
    monkeypatch.setattr(sys, "executable", "/with blank/bin/python")
    assert mmpose_package.how_to_install().startswith(
        'uv pip install --python "/with blank/bin/python" --no-deps mmpose=='
    )


def test_find_loader_gives_a_loader_and_not_a_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(pkgutil, "find_loader", raising=False)
    stand_ins.put_in_place()
    found = pkgutil.find_loader  # type: ignore[attr-defined]
    assert found("json").get_filename("json").endswith("__init__.py")
    assert found("a_module_that_is_not_there") is None


def test_mmpose_imports_and_reads_masks_without_xtcocotools() -> None:
    told = run_without(
        {"xtcocotools"},
        "from glagcn_cli.detection.openmmlab.prepare import import_models\n"
        "import_models()\n"
        "import pycocotools.mask, xtcocotools.mask, xtcocotools.coco\n"
        "print(xtcocotools.mask.encode is pycocotools.mask.encode, xtcocotools.coco.COCO)",
    )
    assert told.strip() == "True <class 'pycocotools.coco.COCO'>"
