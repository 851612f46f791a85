from __future__ import annotations

import errno
from pathlib import Path

import pytest

from glagcn_cli.errors import OutputError
from glagcn_cli.files.atomic import PICTURE_SUFFIX, atomic_output, remove_leftovers


def test_the_name_appears_only_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "out.bvh"
    with atomic_output(target) as temporary:
        temporary.write_text("whole")
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".bvh"
        assert not target.exists()
    assert target.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_when_the_block_fails(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), atomic_output(tmp_path / "out.npz") as temporary:
        temporary.write_text("half")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "out.npy"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt), atomic_output(target, overwrite=True) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_an_existing_file_is_refused_before_any_work(tmp_path: Path) -> None:
    target = tmp_path / "out.npy"
    target.write_text("old")
    entered = False
    refused = pytest.raises(OutputError, match=r"out\.npy: exists already; pass --overwrite")
    with refused, atomic_output(target):
        entered = True
    assert not entered
    assert target.read_text() == "old"


def test_overwrite_replaces(tmp_path: Path) -> None:
    target = tmp_path / "out.npy"
    target.write_text("old")
    with atomic_output(target, overwrite=True) as temporary:
        temporary.write_text("new")
    assert target.read_text() == "new"


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "out.npy"
    with pytest.raises(OutputError, match="exists already"), atomic_output(target) as temporary:
        temporary.write_text("ours")
        target.write_text("theirs")
    assert target.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [target]


def test_missing_folders_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "new" / "newer" / "out.mp4"
    with atomic_output(target) as temporary:
        temporary.write_text("whole")
    assert target.read_text() == "whole"
    monkeypatch.chdir(tmp_path)
    with atomic_output("here/out.mp4") as temporary:
        temporary.write_text("whole")
    assert Path("here/out.mp4").read_text() == "whole"


def test_folders_that_were_made_for_nothing_go_again(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    failed = pytest.raises(KeyboardInterrupt)
    with failed, atomic_output(tmp_path / "old" / "new" / "newer" / "out.mp4"):
        raise KeyboardInterrupt
    assert list(tmp_path.rglob("*")) == [tmp_path / "old"]


def test_a_made_folder_that_took_another_file_stays(tmp_path: Path) -> None:
    other = tmp_path / "new" / "other.npy"
    with pytest.raises(ValueError), atomic_output(tmp_path / "new" / "newer" / "out.mp4"):
        other.touch()
        raise ValueError
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "new", other]


def test_a_file_in_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "walk").touch()
    refused = pytest.raises(OutputError, match=r"walk is a file, not a folder; name another")
    with refused, atomic_output(tmp_path / "walk" / "out" / "out.mp4"):
        pass


def test_a_folder_is_no_output(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"), atomic_output(tmp_path, overwrite=True):
        pass


def test_a_folder_that_takes_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Permissions do not bind root, who runs many test machines, so the refusal is injected.
    def refuse(self: Path, **_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "touch", refuse)
    told = r"out\.mp4: cannot be written \(Permission denied\)"
    with pytest.raises(OutputError, match=told), atomic_output(tmp_path / "out.mp4"):
        pass


def test_a_disk_that_can_only_be_read_is_named(tmp_path: Path, monkeypatch) -> None:
    """Such a disk refuses to remove a file, too, even one that is not there."""

    def refuse(self: Path, **_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(self))

    monkeypatch.setattr(Path, "touch", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    told = r"out\.npy: cannot be written \(Read-only file system\)"
    with pytest.raises(OutputError, match=told), atomic_output(tmp_path / "out.npy"):
        pass


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_inside_the_block(tmp_path: Path) -> None:
    told = r"out\.npz: cannot be written \(No space left"
    with pytest.raises(OutputError, match=told), atomic_output(tmp_path / "out.npz") as temporary:
        temporary.write_text("half")
        with Path("/dev/full").open("w") as full:
            full.write("x" * 100_000)
    assert list(tmp_path.iterdir()) == []


def test_an_unreadable_input_inside_the_block_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic_output(tmp_path / "out.npz"):
        (tmp_path / "input").read_text()
    assert list(tmp_path.iterdir()) == []


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    with atomic_output(tmp_path / "out.npz") as temporary:
        temporary.write_text("x")
    assert (tmp_path / "out.npz").stat().st_mode == ordinary.stat().st_mode


def test_the_longest_allowed_name_works(tmp_path: Path) -> None:
    target = tmp_path / ("n" * 251 + ".npy")
    with atomic_output(target) as temporary:
        temporary.write_text("x")
    assert target.exists()


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    with atomic_output(tmp_path / "a [1].mp4") as temporary:
        others = [
            tmp_path / name
            for name in ("a [1].mp4", ".a [1].mp4", ".a 1.0123abcd.part.mp4", ".a [1].part.mp4",
                         ".a [1].0123abcd.part.npy")
        ]  # fmt: skip
        for other in others:
            other.touch()
        picture = temporary.with_suffix(PICTURE_SUFFIX)
        picture.touch()
        remove_leftovers(tmp_path / "a [1].mp4")
        assert not temporary.exists() and not picture.exists()
        assert all(other.exists() for other in others)
        others[0].unlink()
        temporary.touch()
    remove_leftovers(tmp_path / "no such folder" / "a.mp4")
