from __future__ import annotations

import pytest
import torch

from glagcn_cli.errors import DeviceError, UsageError
from glagcn_cli.machine import devices
from glagcn_cli.machine.devices import choose_device


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch):
    """Pretend that the machine has this many GPUs."""

    def pretend(count: int) -> None:
        monkeypatch.setattr(devices, "gpu_may_be_there", lambda: True)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    return pretend


@pytest.mark.parametrize(
    "name, count, device",
    [
        ("cpu", 0, "cpu"),
        ("cpu", 2, "cpu"),
        ("auto", 0, "cpu"),
        ("auto", 2, "cuda:0"),
        ("cuda", 1, "cuda:0"),
        ("cuda:1", 2, "cuda:1"),
    ],
)
def test_a_device_that_exists(gpus, name: str, count: int, device: str) -> None:
    gpus(count)
    assert choose_device(name) == device


@pytest.mark.parametrize("name, count", [("cuda", 0), ("cuda:0", 0), ("cuda:2", 2), ("cuda:10", 2)])
def test_a_device_that_does_not_exist(gpus, name: str, count: int) -> None:
    gpus(count)
    with pytest.raises(DeviceError, match=name):
        choose_device(name)


def test_without_cuda_the_message_names_the_way_out(gpus) -> None:
    gpus(0)
    with pytest.raises(DeviceError, match="--device cpu"):
        choose_device("cuda")


@pytest.mark.parametrize("name", ["", "gpu", "CUDA", "cuda:", "cuda:-1", "cuda:0 ", "cpu:0"])
def test_nonsense_is_a_mistake_in_the_options(gpus, name: str) -> None:
    gpus(1)
    with pytest.raises(UsageError, match="auto, cpu, cuda"):
        choose_device(name)


@pytest.mark.parametrize(
    ("version", "has_driver", "may_be_there"),
    [
        ("2.13.0+cpu", True, False),
        ("2.13.0", True, True),
        ("2.13.0", False, False),
        ("2.13.0+cu130", False, False),
        ("2.13.0+rocm7.1", False, True),
    ],
)
def test_no_gpu_is_looked_for_where_torch_could_not_use_one(
    monkeypatch: pytest.MonkeyPatch, version: str, has_driver: bool, may_be_there: bool
) -> None:
    monkeypatch.setattr(devices.metadata, "version", lambda _: version)
    monkeypatch.setattr(devices, "has_nvidia_driver", lambda: has_driver)
    assert devices.gpu_may_be_there() is may_be_there
