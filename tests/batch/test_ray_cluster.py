"""Ray is not among what the tests install; without it these are skipped."""

from __future__ import annotations

import importlib.util
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from glagcn_cli.batch.lift_many import lift_many
from glagcn_cli.batch.worker import DONE, FAILED, SKIPPED, Choices
from glagcn_cli.errors import DeviceError, UsageError
from glagcn_cli.keypoints.source import KeypointsUse
from tests.helpers.fake_lifting import DAMAGED, KILLED, KILLED_ONCE, FakeLifter, film
from tests.helpers.processes import check_processes

needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="needs Ray")


@pytest.fixture
def local_cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the workers of a cluster find the fakes."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.setenv("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    level = logging.getLogger("ray").level
    yield
    logging.getLogger("ray").setLevel(level)


@needs_ray
def test_tasks_write_the_same_bytes_and_survive_their_workers(
    local_cluster, tmp_path, out, monkeypatch, caplog
) -> None:
    folder = tmp_path / "in"
    film(folder / "a.mp4", 12, KILLED_ONCE)
    film(folder / "b.mp4", 12, KILLED)
    film(folder / "c.mp4", 12, DAMAGED)
    good = [film(folder / f"{name}.mp4", 12 + ord(name)) for name in "de"]
    choices = Choices(use=KeypointsUse(), load=FakeLifter)
    monkeypatch.chdir(tmp_path)  # relative paths are of this machine and this folder
    inputs, place = [Path("in")], Path("out")
    outcomes = lift_many(inputs, place, choices, formats=["npy"], ray="local")
    assert [outcome.status for outcome in outcomes] == [DONE, FAILED, FAILED, DONE, DONE]
    assert outcomes[0].source == "in/a.mp4"
    assert outcomes[0].outputs == (Path("out/a.npy"), Path("out/a.run.json"))
    assert "its worker was lost 3 times" in outcomes[1].message
    assert outcomes[2].message == "is no video"
    lift_many(good, tmp_path / "same", choices, formats=["npy"])
    for name in "de":
        same = (tmp_path / "same" / f"{name}.npy").read_bytes()
        assert same == (out / f"{name}.npy").read_bytes()
    # In this process, where one that kills it must not be among them.
    again = lift_many([Path("in", video.name) for video in good], place, choices, formats=["npy"])
    assert [outcome.status for outcome in again] == [SKIPPED, SKIPPED]


@needs_ray
def test_processes_of_tasks_are_prepared(local_cluster, tmp_path, out, monkeypatch) -> None:
    check_processes(tmp_path, out, monkeypatch, ray="local")


@needs_ray
def test_an_address_where_nobody_is(tmp_path, out) -> None:
    choices = Choices(load=FakeLifter)
    with pytest.raises(DeviceError, match=r"--ray 127\.0\.0\.1:1: no Ray cluster answers"):
        lift_many([film(tmp_path / "a.mp4")], out, choices, formats=["npy"], ray="127.0.0.1:1")


def test_without_ray_it_is_told_how_to_get_it(tmp_path, out, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r"pip install 'glagcn\[cluster\]'"):
        lift_many(
            [film(tmp_path / "a.mp4")], out, Choices(load=FakeLifter), formats=["npy"], ray="local"
        )
