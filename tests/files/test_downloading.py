from __future__ import annotations

import hashlib
import io
import sys
import urllib.request
from email.message import Message
from pathlib import Path

import pytest

from glagcn_cli.errors import CheckpointError, ModelNotFoundError
from glagcn_cli.files import downloading

CONTENT = bytes(range(256)) * 9000  # more than one piece
DIGEST = hashlib.sha256(CONTENT).hexdigest()[:8]


class Answer(io.BytesIO):
    """What a server sends."""

    def __init__(self, content: bytes, stated_size: int | None) -> None:
        super().__init__(content)
        self.headers = Message()
        if stated_size is not None:
            self.headers["Content-Length"] = str(stated_size)


class Server:
    """Stands in for the network and counts what is asked of it."""

    def __init__(self) -> None:
        self.answer: Answer | Exception = Answer(CONTENT, len(CONTENT))
        self.asked: list[str] = []

    def __call__(self, url: str, timeout: float) -> Answer:
        self.asked.append(url)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Server:
    server = Server()
    monkeypatch.setattr(urllib.request, "urlopen", server)
    monkeypatch.setenv("GLAGCN_CACHE", str(tmp_path / "cache"))
    return server


def url(digest: str = DIGEST) -> str:
    return f"https://models.example/v1/net_8xb32-{digest}_20230504.pth"


def files(tmp_path: Path) -> list[str]:
    return [path.name for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("stated_size", [len(CONTENT), None])
def test_a_file_is_fetched_once(server: Server, tmp_path: Path, stated_size: int | None) -> None:
    server.answer = Answer(CONTENT, stated_size)
    first = downloading.fetch(url(), "do something else")
    assert first.read_bytes() == CONTENT
    assert first.parent == tmp_path / "cache"
    assert downloading.fetch(url(), "do something else") == first
    assert server.asked == [url()]
    assert files(tmp_path) == [first.name]


def test_a_file_put_there_by_hand_is_taken(server: Server, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / url().rsplit("/", 1)[1]).write_bytes(b"by hand")
    assert downloading.fetch(url(), "").read_bytes() == b"by hand"
    assert server.asked == []


def test_another_content_than_the_name_says_is_refused(server: Server, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=rf"starts with {DIGEST} and not with 0123abcd"):
        downloading.fetch(url("0123abcd"), "do something else")
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    "failure",
    [
        OSError("Name or service not known"),
        TimeoutError("timed out"),
        Answer(CONTENT[:5000], len(CONTENT)),
    ],
)
def test_a_failed_download_says_what_to_do(
    server: Server, tmp_path: Path, failure: Answer | Exception
) -> None:
    server.answer = failure
    with pytest.raises(ModelNotFoundError) as raised:
        downloading.fetch(url(), "use another model")
    message = str(raised.value)
    assert url() in message
    assert str(tmp_path / "cache" / url().rsplit("/", 1)[1]) in message
    assert "use another model" in message
    assert files(tmp_path) == []


def test_a_cache_that_cannot_be_written_says_so(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GLAGCN_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(ModelNotFoundError, match="cannot be downloaded"):
        downloading.fetch(url(), "")


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("rtmpose-t_simcc-body7_pt-body7_420e-256x192-026a1439_20230504.pth", "026a1439"),
        ("rtmdet_nano_8xb32-100e_coco-obj365-person-05d8511e.pth", "05d8511e"),
    ],
)
def test_the_hash_in_a_name(name: str, digest: str) -> None:
    assert downloading.hash_in_name(name) == digest


def test_a_name_without_a_hash_is_refused() -> None:
    with pytest.raises(ValueError, match="does not state a hash"):
        downloading.hash_in_name("net_20230504.pth")


def test_the_cache_is_where_the_platform_keeps_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GLAGCN_CACHE", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert downloading.cache_folder() == Path("/somewhere/glagcn")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert downloading.cache_folder() == Path.home() / ".cache" / "glagcn"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert downloading.cache_folder() == Path.home() / "Library" / "Caches" / "glagcn"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "/local")
    assert downloading.cache_folder() == Path("/local/glagcn/Cache")
    monkeypatch.delenv("LOCALAPPDATA")
    assert downloading.cache_folder() == Path.home() / "AppData" / "Local" / "glagcn" / "Cache"
