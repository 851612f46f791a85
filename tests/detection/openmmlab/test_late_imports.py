from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from glagcn_cli.detection.openmmlab.late_imports import put_off


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package `heavy` with a module `heavy.parts`, and `user` that imports from both."""
    (tmp_path / "heavy").mkdir()
    (tmp_path / "heavy" / "__init__.py").write_text("NUMBER = 7\n")
    (tmp_path / "heavy" / "parts.py").write_text(
        "class Part:\n    kind = 'wheel'\n    def __init__(self, size): self.size = size\n"
    )
    (tmp_path / "user.py").write_text(
        "import heavy.parts as parts\nfrom heavy import parts as same\n"
        "from heavy.parts import Part\nimport heavy\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("heavy", "heavy.parts", "user"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return "heavy"


def test_the_real_module_comes_when_something_of_it_is_used(package: str) -> None:
    with put_off([package, f"{package}.parts"]):
        user = importlib.import_module("user")
    assert f"{package}.parts" not in sys.modules
    assert user.Part(3).size == 3
    assert user.Part.kind == user.parts.Part.kind == user.same.Part.kind == "wheel"
    assert user.heavy.NUMBER == 7
    assert isinstance(user.parts.Part(1), sys.modules[f"{package}.parts"].Part)


def test_used_at_once_it_comes_at_once(package: str) -> None:
    with put_off([package, f"{package}.parts"]):
        user = importlib.import_module("user")
        assert user.Part(2).size == 2
    assert sys.modules[f"{package}.parts"].Part(1).kind == "wheel"


def test_other_imports_find_the_real_module_afterwards(package: str) -> None:
    with put_off([package, f"{package}.parts"]):
        importlib.import_module("user")
    assert importlib.import_module(f"{package}.parts").Part(5).size == 5


def test_what_is_there_already_stays(package: str) -> None:
    real = importlib.import_module(package)
    with put_off([package]):
        assert importlib.import_module(package) is real
    assert sys.modules[package] is real


def test_what_is_not_there_is_missed_where_it_is_used(package: str) -> None:
    with put_off([package, "nowhere"]):
        nowhere = importlib.import_module("nowhere")
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        nowhere.something()
