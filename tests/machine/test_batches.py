from __future__ import annotations

import logging
from collections.abc import Sequence

import pytest
import torch

from glagcn_cli.errors import DeviceError
from glagcn_cli.machine.batches import Batches
from glagcn_cli.machine.devices import lost_devices_told


class Squares:
    """Squares numbers, as long as no more come at once than the memory holds."""

    def __init__(self, room: int, full: Exception) -> None:
        self.room, self.full = room, full
        self.sizes: list[int] = []

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.sizes.append(len(numbers))
        if len(numbers) > self.room:
            raise self.full
        return [number**2 for number in numbers]


FULL = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory"),
]


def test_everything_is_worked_on_once_and_in_order() -> None:
    work = Squares(3, FULL[0])
    assert Batches(work, 3)(range(7)) == [0, 1, 4, 9, 16, 25, 36]
    assert work.sizes == [3, 3, 1]
    assert Batches(work, 3)([]) == []


@pytest.mark.parametrize("full", FULL)
def test_when_the_memory_is_full_batches_are_halved_for_good(
    full: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    work = Squares(2, full)
    batches = Batches(work, 8)
    with caplog.at_level(logging.WARNING):
        assert batches(range(5)) == [0, 1, 4, 9, 16]
        assert batches(range(4)) == [0, 1, 4, 9]
    assert work.sizes == [5, 2, 2, 1, 2, 2]
    assert caplog.text.count("continuing with batches of 2") == 1


def test_memory_for_not_even_one_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(DeviceError, match="--device cpu"):
        Batches(Squares(0, FULL[0]), 4)([1, 2, 3])


def test_other_errors_pass() -> None:
    with pytest.raises(RuntimeError, match="shapes"):
        Batches(Squares(1, RuntimeError("shapes do not fit")), 4)([1, 2, 3])


def test_a_batch_of_none_is_refused() -> None:
    with pytest.raises(ValueError, match="batch size is 0"):
        Batches(Squares(1, FULL[0]), 0)


def test_a_gpu_that_fails_is_named_with_what_to_do() -> None:
    lost = "CUDA error: unspecified launch failure\nCompile with `TORCH_USE_CUDA_DSA`"
    told = r"cuda:0 failed .*launch failure\).*--device cpu"
    with pytest.raises(DeviceError, match=told), lost_devices_told("cuda:0"):
        raise RuntimeError(lost)
    for device, message in (("cpu", lost), ("cuda:0", "shapes do not fit")):
        with pytest.raises(RuntimeError, match=message[:9]), lost_devices_told(device):
            raise RuntimeError(message)
