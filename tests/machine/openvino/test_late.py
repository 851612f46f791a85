"""Networks that torch loads only where no earlier run left their graph."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from glagcn_cli.machine.openvino import importing, late
from glagcn_cli.machine.openvino.kept import Source
from glagcn_cli.machine.openvino.running import LatePictures

if importing.installed_version() is None:
    pytest.skip("OpenVINO has no wheel for this machine", allow_module_level=True)

PROGRAM = """
import json, sys
import numpy as np
from pathlib import Path
from glagcn_cli.machine.openvino.kept import Source
from glagcn_cli.machine.openvino.late import LateNetwork

source = Source(Path(sys.argv[1]), "small")

def load():
    import torch
    from glagcn_cli.machine.openvino.compiled import run_fast
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Flatten(2), torch.nn.AdaptiveAvgPool1d(2)).eval()
    class OfBytes(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network
        def forward(self, pictures):
            return {"means": self.network(pictures.float())}
    whole = OfBytes().eval()
    run_fast(whole, "forward", "cpu", source, whole.network)
    return whole

network = LateNetwork(load, "cpu", source, "means")
pictures = np.arange(3 * 4 * 6 * 3, dtype=np.uint8).reshape(3, 4, 6, 3)
for size in range(1, int(sys.argv[2]) + 1):
    found = network(np.ascontiguousarray(np.repeat(pictures, size, axis=2)))
print(json.dumps(["torch" in sys.modules, found.tolist()]))
"""


def run(weights: Path, sizes: int = 1) -> tuple[bool, np.ndarray]:
    """Return whether a new process loaded torch, and what it found."""
    command = [sys.executable, "-c", PROGRAM, str(weights), str(sizes)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    loaded, found = json.loads(done.stdout.splitlines()[-1])
    return loaded, np.array(found)


def test_a_later_process_finds_the_same_without_torch(tmp_path: Path) -> None:
    weights = tmp_path / "weights.pth"
    weights.write_bytes(b"these")
    loaded, found = run(weights)
    assert loaded
    later, again = run(weights)
    assert not later
    np.testing.assert_array_equal(again, found)
    assert run(weights, 2)[0], "nothing is kept for pictures of the second size"


def test_where_torch_is_loaded_already_it_loads_the_network_at_once(tmp_path: Path) -> None:
    loaded = []

    def load() -> torch.nn.Module:
        loaded.append(1)
        return torch.nn.Identity()

    network = late.LateNetwork(load, "cpu", Source(tmp_path / "weights.pth"))
    assert loaded and "torch" in sys.modules
    pictures = np.arange(24, dtype=np.uint8).reshape(1, 2, 4, 3)
    np.testing.assert_array_equal(network(pictures), pictures)


def test_results_stay_nested() -> None:
    one = torch.ones(2)
    nested = late._arrays({"a": [one, (one,)]})
    assert isinstance(nested["a"], list) and isinstance(nested["a"][1], tuple)
    np.testing.assert_array_equal(nested["a"][1][0], [1, 1])


def test_late_pictures_are_made_when_they_are_wanted() -> None:
    made = []

    def make(number: int, picture: np.ndarray) -> None:
        made.append(number)
        picture[:] = number

    pictures = LatePictures((3, 2, 4, 3), make)
    assert len(pictures) == 3 and not made
    assert (pictures[1:2] == 1).all() and pictures[1:2].shape == (1, 2, 4, 3)
    assert len(pictures[3:4]) == 0 and set(made) == {1}
    np.testing.assert_array_equal(np.asarray(pictures)[:, 0, 0, 0], [0, 1, 2])
