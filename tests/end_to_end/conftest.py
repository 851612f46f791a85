from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.fake_detection import random_lifter


@pytest.fixture(scope="session")
def lifter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lifter with random weights, which lifts in no time."""
    return random_lifter(tmp_path_factory.mktemp("lifter") / "random.pth")
