from __future__ import annotations

from pathlib import Path

import pytest

from glagcn_cli.files.checked import read_checked, write_checked

ABOUT, PARTS = {"name": "a\nb", "numbers": [1, None]}, [b"\n\x00first", b"", b"second" * 1000]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "made" / "file"
    write_checked(path, ABOUT, PARTS)
    return path


def test_what_was_written_is_read(file: Path) -> None:
    assert read_checked(file) == (ABOUT, PARTS)
    assert [one.name for one in file.parent.iterdir()] == ["file"]


def test_a_file_is_replaced(file: Path) -> None:
    write_checked(file, {})
    assert read_checked(file) == ({}, [])


@pytest.mark.parametrize("at", [0, 70, 100, -1])
def test_a_changed_byte_is_noticed(file: Path, at: int) -> None:
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)
    assert read_checked(file) is None


@pytest.mark.parametrize("length", [0, 10, 64, 66, 500, 6000])
def test_a_file_that_was_cut_off_is_noticed(file: Path, length: int) -> None:
    data = file.read_bytes()
    assert length < len(data)
    file.write_bytes(data[:length])
    assert read_checked(file) is None


def test_a_missing_file_is_none(tmp_path: Path) -> None:
    assert read_checked(tmp_path / "none") is None
    assert read_checked(tmp_path) is None
