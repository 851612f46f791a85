from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from glagcn_cli.batch.jobs import Job, find_jobs
from glagcn_cli.errors import InputError, UsageError


def files(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


def found(jobs: list[Job], folder: Path, out: Path) -> dict[str, str]:
    """Names of outputs under their folder, by the places of the inputs under theirs."""
    return {
        str(job.source.path.relative_to(folder)): str(job.outputs[0].relative_to(out))
        for job in jobs
    }


def test_folders_are_searched_and_their_tree_is_kept(tmp_path, out) -> None:
    folder = files(
        tmp_path / "in", "b.mp4", "a.MOV", "notes.txt", "x/y/deep.webm", "x/c.avi", "v1.2.mkv"
    )
    jobs = find_jobs([folder], out, (".mp4", ".npy"))
    assert found(jobs, folder, out) == {
        "a.MOV": "a.mp4",
        "b.mp4": "b.mp4",
        "v1.2.mkv": "v1.2.mp4",
        "x/c.avi": "x/c.mp4",
        "x/y/deep.webm": "x/y/deep.mp4",
    }
    assert list(found(jobs, folder, out)) == [
        "a.MOV", "b.mp4", "v1.2.mkv", "x/c.avi", "x/y/deep.webm",
    ]  # fmt: skip
    assert jobs[0].outputs == (out / "a.mp4", out / "a.npy")
    assert jobs[2].report == out / "v1.2.run.json"


def test_hidden_files_and_what_this_program_wrote_are_left_out(tmp_path) -> None:
    folder = files(
        tmp_path, "walk.mp4", ".hidden.mp4", ".trash/old.mp4", "walk3d.mp4", "lifted/walk.mp4",
        "other.mp4",
    )  # fmt: skip
    told = {"outputs": [{"path": "elsewhere/walk3d.mp4"}], "not_written": []}
    (folder / "walk3d.run.json").write_text(json.dumps(told))
    (folder / "other.run.json").write_text("no report of ours")
    jobs = find_jobs([folder], folder / "lifted", (".npy",))
    assert [job.source.path.name for job in jobs] == ["other.mp4", "walk.mp4"]


def test_outputs_may_go_beside_their_videos(tmp_path) -> None:
    folder = files(tmp_path, "a/walk.mp4")
    (job,) = find_jobs([folder], folder, (".npy",))
    assert job.outputs == (folder / "a" / "walk.npy",)
    with pytest.raises(UsageError, match=r"walk\.mp4: would take the place of the input"):
        find_jobs([folder], folder, (".mp4",))


def test_a_file_that_is_named_may_be_called_anything(tmp_path, out) -> None:
    folder = files(tmp_path / "in", "-dash %03d.x", ".hidden.mp4", "no suffix", "ü\n'.mp4")
    names = ["-dash %03d.x", ".hidden.mp4", "no suffix", "ü\n'.mp4"]
    jobs = find_jobs([folder / name for name in names], out, (".npy",))
    assert [job.outputs[0].name for job in jobs] == [
        "-dash %03d.npy", ".hidden.npy", "no suffix.npy", "ü\n'.npy",
    ]  # fmt: skip


def test_what_is_no_file_gets_a_plain_name(tmp_path, out) -> None:
    sources = ["https://example.org/clips/run.mp4?key=1", str(tmp_path / "frames %05d.png")]
    jobs = find_jobs(sources, out, (".npy",))
    assert [str(job.source.place) for job in jobs] == sources
    assert [job.outputs[0].name for job in jobs] == ["run.npy", "frames-05d.npy"]


def test_one_file_named_twice_is_one_video(tmp_path, out, monkeypatch) -> None:
    folder = files(tmp_path / "in", "a.mp4", "b.mp4")
    monkeypatch.chdir(tmp_path)
    jobs = find_jobs([folder / "b.mp4", Path("in"), folder, Path("in/../in/a.mp4")], out, (".npy",))
    assert [job.source.place for job in jobs] == [folder / "b.mp4", Path("in/a.mp4")]


# Names that meet ---------------------------------------------------------------------------------


def test_one_stem_with_two_suffixes(tmp_path, out) -> None:
    folder = files(tmp_path / "in", "walk.mov", "walk.mp4", "run.mp4")
    assert found(find_jobs([folder], out, (".npy",)), folder, out) == {
        "run.mp4": "run.npy", "walk.mov": "walk.mov.npy", "walk.mp4": "walk.mp4.npy",
    }  # fmt: skip


def test_one_name_in_two_folders(tmp_path, out) -> None:
    cameras = files(tmp_path / "in", "cam1/walk.mp4", "cam2/walk.mp4", "cam2/run.mp4")
    for inputs in (
        [cameras / "cam1", cameras / "cam2"],
        [cameras / "cam1/walk.mp4", cameras / "cam2/walk.mp4", cameras / "cam2/run.mp4"],
    ):
        assert found(find_jobs(inputs, out, (".npy",)), cameras, out) == {
            "cam1/walk.mp4": "cam1/walk.npy",
            "cam2/walk.mp4": "cam2/walk.npy",
            "cam2/run.mp4": "run.npy",
        }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Walk.mp4", "walk.mp4"),  # one file where case is not told apart
        ("Straße.mp4", "STRASSE.mov"),
        ("\u00e9.mp4", "e\u0301.mov"),  # one letter, composed and not
        ("walk.mp4", "walk.person2.mp4"),  # where another person of the first goes
    ],
)
def test_names_that_only_some_systems_tell_apart(tmp_path, out, one, other) -> None:
    folder = files(tmp_path / "in", one, other)
    if len(list(folder.iterdir())) < 2:
        pytest.skip("this file system does not tell them apart")
    try:
        names = [job.outputs[0].name for job in find_jobs([folder], out, (".npy",))]
    except UsageError as error:
        assert "would both be written as" in str(error)
    else:
        assert sorted(names) == sorted([f"{one}.npy", f"{other}.npy"])


def test_what_cannot_be_told_apart_is_refused(tmp_path, out) -> None:
    folder = files(tmp_path, "a/x/walk.mp4", "b/x/walk.mp4")
    with pytest.raises(UsageError, match=r"a/x/walk\.mp4 and .*b/x/walk\.mp4 would both be"):
        find_jobs([folder / "a/x", folder / "b/x"], out, (".npy",))


# Links -------------------------------------------------------------------------------------------


def test_loops_of_links_end_and_each_folder_is_searched_once(tmp_path, out) -> None:
    folder = files(tmp_path / "in", "walk.mp4", "x/deep.mp4")
    (folder / "a loop").symlink_to(folder, target_is_directory=True)
    (folder / "x" / "up").symlink_to(folder, target_is_directory=True)
    (folder / "0 before x").symlink_to(folder / "x", target_is_directory=True)
    (folder / "itself.mp4").symlink_to(folder / "itself.mp4")
    (folder / "nowhere.mp4").symlink_to(tmp_path / "gone.mp4")
    assert list(found(find_jobs([folder], out, (".npy",)), folder, out)) == [
        "walk.mp4", "x/deep.mp4",
    ]  # fmt: skip


def test_fifty_links_deep(tmp_path, out) -> None:
    folder = files(tmp_path / "in", "walk.mp4")
    place = folder
    for level in range(50):
        place = place / f"{level}"
        place.mkdir()
        (place / "back").symlink_to(folder, target_is_directory=True)
    assert len(find_jobs([folder], out, (".npy",))) == 1


def test_a_folder_elsewhere_is_found_through_its_link(tmp_path, out) -> None:
    elsewhere = files(tmp_path / "disk", "walk.mp4")
    folder = files(tmp_path / "in", "a.mp4")
    (folder / "more").symlink_to(elsewhere, target_is_directory=True)
    assert found(find_jobs([folder], out, (".npy",)), folder, out) == {
        "a.mp4": "a.npy", "more/walk.mp4": "more/walk.npy",
    }  # fmt: skip


def test_a_pipe_in_a_folder_is_left_alone(tmp_path, out) -> None:
    folder = files(tmp_path / "in", "walk.mp4")
    os.mkfifo(folder / "pipe.mp4")
    assert len(find_jobs([folder], out, (".npy",))) == 1


def test_a_folder_without_videos_is_told(tmp_path, out) -> None:
    with pytest.raises(InputError, match=r"in: no videos in there \(looked for \.mp4,"):
        find_jobs([files(tmp_path / "in", "notes.txt")], out, (".npy",))
