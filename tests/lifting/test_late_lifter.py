"""The shipped lifter as OpenVINO computes it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest

from glagcn_cli.defaults import LIFTER
from glagcn_cli.lifting.checkpoints import lifter_path, load_lifter
from glagcn_cli.lifting.late_lifter import late_lifter
from glagcn_cli.machine.openvino import importing
from glagcn_cli.model.by_torch import ByTorch
from tests.helpers.fake_detection import random_lifter

if importing.installed_version() is None:
    pytest.skip("OpenVINO has no wheel for this machine", allow_module_level=True)

PROGRAM = """
import json, sys
import numpy as np
from glagcn_cli.machine.openvino import cache
from pathlib import Path
cache.graphs_folder = lambda: Path(sys.argv[1])
from glagcn_cli.lifting.lifter import Lifter
lifter = Lifter.load_fast("lifter-27")
lifter.warm_up()
window = np.random.default_rng(0).normal(0, 0.4, (3, 27, 17, 3)).astype(np.float32).clip(-1, 1)
print(json.dumps(["torch" in sys.modules, lifter.windows(window).centre.tolist()]))
"""


def windows(count: int) -> np.ndarray:
    """Windows of joints within a person's reach, with scores."""
    drawn = np.random.default_rng(1).normal(0, 0.3, (count, 27, 17, 3)).clip(-1, 1)
    drawn[..., 2] = np.abs(drawn[..., 2])
    return drawn.astype(np.float32)


def test_it_says_what_torch_says_in_single_precision() -> None:
    network = late_lifter(LIFTER)
    assert network is not None
    exact = ByTorch(load_lifter(lifter_path(LIFTER))[0])
    ours, theirs = network(windows(5)), exact(windows(5))
    for name, wanted in theirs._asdict().items():
        got = getattr(ours, name)
        assert got.shape == wanted.shape and got.dtype == wanted.dtype == np.float32
        assert np.abs(got - wanted).mean() < 0.05 * np.abs(wanted).mean(), name
    assert network.joint_set is exact.joint_set


def test_its_whole_windows_are_those_of_torch() -> None:
    found = late_lifter(LIFTER)
    assert found is not None
    exact = ByTorch(load_lifter(lifter_path(LIFTER))[0]).sequence(windows(2))
    got = found.sequence(windows(2))
    assert got.centre is None and got.sequence is not None and exact.sequence is not None
    assert np.abs(got.sequence - exact.sequence).mean() < 0.01, "metres"


def test_the_kept_card_is_that_of_the_file() -> None:
    cards = [late_lifter(LIFTER).card for _ in range(2)]  # type: ignore[union-attr]
    of_file = load_lifter(lifter_path(LIFTER))[1]
    for card in cards:
        assert card.architecture == of_file.architecture
        assert json.dumps(asdict(card)) == json.dumps(asdict(of_file))


def test_lifters_of_users_are_left_to_torch(tmp_path) -> None:
    assert late_lifter(str(random_lifter(tmp_path / "own.pth"))) is None


def test_a_later_process_lifts_the_same_without_torch(tmp_path) -> None:
    said = []
    for _ in range(2):
        command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, encoding="utf-8")
        assert done.returncode == 0, done.stderr
        said.append(json.loads(done.stdout))
    assert [loaded for loaded, _ in said] == [True, False]
    assert said[0][1] == said[1][1]
