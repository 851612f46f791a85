from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import pytest

from glagcn_cli.batch.earlier_runs import content_key, forget_models
from glagcn_cli.files import checksums
from glagcn_cli.files.checksums import remembered_sha256, sha256
from glagcn_cli.keypoints.cache import cache_key
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.video.source import Source
from tests.helpers.kept_detections import video


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Files whose whole content was read for a checksum."""
    files: list[Path] = []

    def noted(path: Path) -> str:
        files.append(path)
        return sha256(path)

    monkeypatch.setattr(checksums, "sha256", noted)
    return files


def test_a_file_longer_than_a_block(tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    (tmp_path / "a").write_bytes(content)
    assert sha256(tmp_path / "a") == hashlib.sha256(content).hexdigest()


def test_a_file_is_read_again_only_after_it_has_changed(tmp_path: Path, read: list[Path]) -> None:
    file, other = tmp_path / "a", tmp_path / "b"
    file.write_bytes(b"one")
    first = remembered_sha256(file)
    assert remembered_sha256(file) == first and read == [file]
    file.write_bytes(b"three")
    assert remembered_sha256(file) == hashlib.sha256(b"three").hexdigest()
    other.write_bytes(b"seven")
    other.rename(file)  # of the same size, perhaps of the same moment
    assert remembered_sha256(file) == hashlib.sha256(b"seven").hexdigest()
    assert read == [file] * 3


def test_a_video_of_a_batch_is_read_for_one_checksum(tmp_path: Path, read: list[Path]) -> None:
    """The key of its outputs and that of its 2D both hold it."""
    file = tmp_path / "in.mp4"
    file.write_bytes(b"a video" * 100)
    key = content_key(Source.of(file), Settings(), [".npy"])
    cache_key(video(file, None, Fraction(10)), {})
    assert content_key(Source.of(file), Settings(), [".npy"]) == key
    assert read.count(file) == 1


def test_a_character_counts_by_its_content(tmp_path: Path) -> None:
    video, character = tmp_path / "walk.mp4", tmp_path / "me.glb"
    video.write_bytes(b"a")

    def key() -> str:
        forget_models()
        return content_key(Source.of(video), Settings(character=character), [".glb"])

    character.write_bytes(b"one")
    first = key()
    character.write_bytes(b"another")
    assert key() != first
