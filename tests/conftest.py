from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Empty folder for outputs, apart from inputs."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder
