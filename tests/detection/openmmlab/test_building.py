from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from glagcn_cli.detection import models
from glagcn_cli.detection.openmmlab import building, prepare
from glagcn_cli.errors import CheckpointError, ModelNotFoundError
from tests.helpers.random_models import save_random

CONFIG = models.find_config("rtmpose-t")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_random(
        CONFIG, "mmpose", tmp_path_factory.mktemp("building") / "good.pth", (256, 192)
    )


def build(checkpoint: Path) -> torch.nn.Module:
    return building.build(building.read_config(CONFIG), "mmpose", checkpoint, "cpu")[0]


def changed(checkpoint: Path, target: Path, change: Callable[[dict], object]) -> Path:
    """Write a copy of a checkpoint whose state dict was changed in place."""
    content = torch.load(checkpoint, weights_only=True)
    change(content["state_dict"])
    torch.save(content, target)
    return target


def test_every_tensor_is_the_checkpoints(checkpoint: Path) -> None:
    model = build(checkpoint)
    stored = torch.load(checkpoint, weights_only=True)["state_dict"]
    assert not model.training
    assert stored.keys() == model.state_dict().keys()
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(tensor, stored[name], atol=0, rtol=0)


def prefixed(state: dict) -> None:
    for name in list(state):
        state["module." + name] = state.pop(name)


def without_counters(state: dict) -> None:
    for name in [name for name in state if name.endswith("num_batches_tracked")]:
        del state[name]


def with_a_leftover(state: dict) -> None:
    state["teacher.weight"] = torch.zeros(3)


@pytest.mark.parametrize("change", [prefixed, without_counters, with_a_leftover])
def test_harmless_differences_are_accepted(checkpoint: Path, tmp_path: Path, change) -> None:
    expected = build(checkpoint).state_dict()
    found = build(changed(checkpoint, tmp_path / "other.pth", change)).state_dict()
    for name in expected:
        if not name.endswith("num_batches_tracked"):
            torch.testing.assert_close(found[name], expected[name], atol=0, rtol=0)


def test_nothing_but_tensors_is_a_checkpoint_too(checkpoint: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.pth"
    torch.save(torch.load(checkpoint, weights_only=True)["state_dict"], bare)
    build(bare)


def without_one(state: dict) -> None:
    del state["head.mlp.1.weight"]


def with_many_more(state: dict) -> None:
    for index in range(len(state) // 10):
        state[f"backbone.stage9.{index}.weight"] = torch.zeros(3)


def with_another_shape(state: dict) -> None:
    state["head.final_layer.bias"] = torch.zeros(26)


def with_other_names(state: dict) -> None:
    for name in list(state):
        state["x" + name] = state.pop(name)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (without_one, "head.mlp.1.weight"),
        (with_many_more, "backbone.stage9.0.weight"),
        (with_another_shape, "head.final_layer.bias"),
        (with_other_names, "backbone.stem.0.conv.weight"),
    ],
)
def test_another_architecture_is_refused(
    checkpoint: Path, tmp_path: Path, change: Callable[[dict], None], named: str
) -> None:
    other = changed(checkpoint, tmp_path / "other.pth", change)
    with pytest.raises(CheckpointError, match=r"other\.pth is of another architecture") as raised:
        build(other)
    assert named in str(raised.value)


def cut_off(path: Path, checkpoint: Path) -> None:
    path.write_bytes(checkpoint.read_bytes()[:5000])


def a_text(path: Path, _: Path) -> None:
    path.write_text("<html>not found</html>")


def nothing(path: Path, _: Path) -> None:
    path.write_bytes(b"")


def no_tensors(path: Path, _: Path) -> None:
    torch.save({"state_dict": {}, "epoch": 3}, path)


def a_list(path: Path, _: Path) -> None:
    torch.save([torch.zeros(3)], path)


def a_folder(path: Path, _: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("spoil", [cut_off, a_text, nothing, no_tensors, a_list, a_folder])
def test_what_is_not_a_checkpoint_is_named(checkpoint: Path, tmp_path: Path, spoil) -> None:
    path = tmp_path / "spoilt.pth"
    spoil(path, checkpoint)
    with pytest.raises(CheckpointError, match=r"spoilt\.pth"):
        building.read_checkpoint(path)


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no checkpoint file .*gone\.pth"):
        building.read_checkpoint(tmp_path / "gone.pth")


class Touch:
    """Unpickles by creating a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")  # torch of a pickle of Python's own
@pytest.mark.parametrize(
    "write", [torch.save, lambda what, path: path.write_bytes(pickle.dumps(what))]
)
def test_code_in_a_checkpoint_is_not_run(tmp_path: Path, write) -> None:
    proof, path = tmp_path / "was_run", tmp_path / "evil.pth"
    write({"state_dict": {"a": torch.zeros(1)}, "meta": Touch(proof)}, path)
    with pytest.raises(CheckpointError, match=r"evil\.pth"):
        building.read_checkpoint(path)
    assert not proof.exists()


class Attribute:
    """Unpickles by asking for an attribute of something that may be in a checkpoint."""

    def __init__(self, owner: Any, name: str) -> None:
        self.asked = owner, name

    def __reduce__(self) -> tuple:
        return getattr, self.asked


@pytest.mark.parametrize("name", ["__globals__", "__code__"])
def test_a_checkpoint_cannot_reach_what_runs_code(tmp_path: Path, name: str) -> None:
    path = tmp_path / "evil.pth"
    torch.save({"meta": Attribute(torch._utils._rebuild_parameter, name)}, path)
    with pytest.raises(CheckpointError, match=rf"could run code.*{name}"):
        building.read_checkpoint(path)


@pytest.mark.parametrize("core", ["numpy.core", "numpy._core"])
def test_what_official_checkpoints_hold_is_read(tmp_path: Path, core: str) -> None:
    prepare.prepare()
    from mmengine.logging import MessageHub

    hub = MessageHub.get_instance(f"a checkpoint with {core}")
    hub.update_scalar("train/loss", 0.5)
    meta = {
        "epoch": np.int64(3),
        "score": np.float32(0.25),
        "dataset_meta": {"sigmas": np.arange(3, dtype=np.float32), "mask": np.array([True])},
    }
    path = tmp_path / "official.pth"
    torch.save({"state_dict": {"a": torch.ones(2)}, "meta": meta, "hub": hub.state_dict()}, path)
    written_by = np.zeros(0).__reduce__()[0].__module__  # numpy 1 or 2, as is installed
    rename_module(path, written_by, f"{core}.multiarray")
    loaded = building.read_checkpoint(path)
    np.testing.assert_array_equal(loaded["meta"]["dataset_meta"]["sigmas"], [0, 1, 2])
    assert loaded["meta"]["score"] == 0.25
    assert loaded["hub"]["log_scalars"]["train/loss"].data[0].tolist() == [0.5]


def rename_module(path: Path, old: str, new: str) -> None:
    """Rewrite a checkpoint as if another version of a package had written it."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            if name.endswith("data.pkl"):
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            archive.writestr(name, content)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no configuration file"),
        ("model = dict(", "not a configuration"),
        ("raise SystemError('broken')", "not a configuration"),
        ("custom_imports = dict(imports=['a_package_that_is_missing'])", "not installed"),
    ],
)
def test_a_bad_configuration_is_named(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "wrong.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ModelNotFoundError, match=message) as raised:
        building.read_config(path)
    assert "wrong.py" in str(raised.value)
