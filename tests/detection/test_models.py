from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.detection import models
from glagcn_cli.detection.people_detector import TwoStageDetector
from glagcn_cli.errors import ModelNotFoundError
from glagcn_cli.files.downloading import hash_in_name
from glagcn_cli.skeleton import COCO17

WEIGHTS = Path(__file__).parents[2] / "weights"


@pytest.fixture
def weights_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The weights of this checkout under the name that an installation gives them, for a test."""
    (tmp_path / "glagcn_weights").symlink_to(WEIGHTS)
    monkeypatch.syspath_prepend(tmp_path)
    installed = sys.modules.pop("glagcn_weights", None)
    yield
    sys.modules.pop("glagcn_weights", None)
    if installed is not None:
        sys.modules["glagcn_weights"] = installed


@pytest.mark.parametrize("name", models.MODELS)
def test_every_configuration_is_there(name: str) -> None:
    assert models.find_config(name).is_file()


FETCHED = [name for name, model in models.MODELS.items() if not model.is_shipped]


@pytest.mark.parametrize("name", FETCHED)
def test_every_address_states_a_hash(name: str) -> None:
    assert len(hash_in_name(models.MODELS[name].checkpoint)) == 8


@pytest.mark.parametrize("name", sorted(set(FETCHED) - {"rtmdet-m"}))
def test_configuration_and_address_belong_together(name: str) -> None:
    spec = importlib.util.find_spec("mmpose")
    assert spec is not None and spec.submodule_search_locations is not None
    folder = Path(spec.submodule_search_locations[0], ".mim", "configs")
    model = models.MODELS[name]
    index = "\n".join(path.read_text() for path in folder.rglob("*.yml"))
    entries = index.split("Config: ")
    config = "configs/" + model.config.split("/configs/")[1]
    assert any(entry.startswith(config) and model.checkpoint in entry for entry in entries)


@pytest.mark.parametrize("kind", ["detector", "pose"])
def test_the_default_comes_first_and_needs_no_network(kind: models.Kind) -> None:
    default = models.DEFAULT_DETECTOR if kind == "detector" else models.DEFAULT_POSE
    assert models.names(kind)[0] == default
    assert models.MODELS[default].is_shipped


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("openpose", "pose", r"'openpose' is no pose model.*movenet-thunder.*CONFIG,CHECKPOINT"),
        ("rtmdet-m", "pose", r"'rtmdet-m' is a detector model, no pose model"),
        ("", "detector", "no detector model"),
    ],
)
def test_an_unknown_name_lists_the_known(name: str, kind: models.Kind, message: str) -> None:
    with pytest.raises(ModelNotFoundError, match=message):
        models.find_files(name, kind)


def test_two_files_stand_for_themselves() -> None:
    found = models.find_files("some/config.py, other/weights.pth", "pose")
    assert found == (Path("some/config.py"), Path("other/weights.pth"))


def test_offline_the_message_offers_the_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GLAGCN_CACHE", str(tmp_path))
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: (_ for _ in ()).throw(OSError()))
    with pytest.raises(ModelNotFoundError, match=r"rtmpose-t_simcc.*use movenet-thunder"):
        models.load_pose("rtmpose-t")
    with pytest.raises(ModelNotFoundError, match=r"rtmdet_m.*use rtmdet-nano"):
        models.load_detector("rtmdet-m")


def test_weights_that_are_not_installed_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_WEIGHTS_PACKAGE", "a_package_that_is_missing")
    with pytest.raises(ModelNotFoundError, match="pip install"):
        models.find_files(models.DEFAULT_POSE, "pose")


@pytest.mark.usefixtures("weights_package")
def test_the_default_models_run_and_see_nobody_in_grey() -> None:
    detect = TwoStageDetector(models.load_detector(), models.load_pose())
    assert detect.joint_set is COCO17
    grey = np.full((120, 200, 3), 128, np.uint8)
    assert [len(people) for people in detect([grey, grey])] == [0, 0]
    box = np.array([[50, 10, 120, 110]], np.float32)
    keypoints = detect.keypoint_detector([grey], [box])[0]
    assert keypoints.keypoints.shape == (1, 17, 2)
    assert np.isfinite(keypoints.keypoints).all()


def test_names_are_known_without_torch() -> None:
    code = "import sys, glagcn_cli.detection.models; assert not {'torch', 'cv2'} & {*sys.modules}"
    subprocess.run([sys.executable, "-c", code], check=True)
