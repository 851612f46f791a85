from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glagcn_cli.batch import worker
from glagcn_cli.batch.lift_many import lift_many
from glagcn_cli.batch.worker import DONE, FAILED, NOT_REACHED, SKIPPED, Choices
from glagcn_cli.errors import DeviceError, InputError, OutputError, UsageError
from glagcn_cli.keypoints.source import KeypointsUse
from glagcn_cli.pipeline.settings import Settings
from tests.helpers.batches_of_films import lift, rows, statuses, tree
from tests.helpers.clips import counting, encode
from tests.helpers.fake_lifting import (
    DAMAGED,
    NO_MEMORY,
    NO_MODEL,
    NOBODY,
    SCARED,
    UNFORESEEN,
    FakeLifter,
    film,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "in"


def test_every_video_gets_its_outputs_and_a_row(folder, out) -> None:
    film(folder / "a.mp4", 12)
    film(folder / "x" / "b.mp4", 30)
    outcomes = lift(folder, out / "new" / "one")
    assert [outcome.status for outcome in outcomes] == [DONE, DONE]
    one = out / "new" / "one"
    assert tree(one) == [
        "a.bvh", "a.npy", "a.run.json", "summary.csv", "x/b.bvh", "x/b.npy", "x/b.run.json",
    ]  # fmt: skip
    assert len(np.load(one / "x" / "b.npy")) == 30
    told = rows(one)
    assert [(row["file"], row["status"], row["frames"], row["people"]) for row in told] == [
        (str(folder / "a.mp4"), "done", "12", "1"),
        (str(folder / "x" / "b.mp4"), "done", "30", "1"),
    ]
    assert told[1]["outputs"] == "x/b.npy; x/b.bvh; x/b.run.json"
    assert 0 < float(told[0]["seconds"]) < 60
    assert list(told[0]) == [
        "file", "status", "seconds", "frames", "people", "message", "outputs",
    ]  # fmt: skip


def test_models_are_loaded_once_and_let_go(folder, out, monkeypatch) -> None:
    monkeypatch.setattr(FakeLifter, "loaded", 0)
    for name in "abc":
        film(folder / f"{name}.mp4", 12, name)
    lift(folder, out)
    assert FakeLifter.loaded == 1
    assert worker.loaded_models.cache_info().currsize == 0


# One failure -------------------------------------------------------------------------------------


def test_one_failure_does_not_stop_the_rest(folder, out) -> None:
    film(folder / "a.mp4")
    film(folder / "b.mp4", 12, DAMAGED)
    film(folder / "c.mp4", 12, UNFORESEEN)
    film(folder / "d.mp4", 12, NOBODY)
    film(folder / "e.mp4", 20)
    outcomes = lift(folder, out)
    assert statuses(outcomes) == {
        "a.mp4": DONE, "b.mp4": FAILED, "c.mp4": FAILED, "d.mp4": FAILED, "e.mp4": DONE,
    }  # fmt: skip
    assert [row["message"] for row in rows(out)] == [
        "", "is no video",
        "unexpected error: ZeroDivisionError: no people to divide by",
        "no person was found in any of its 12 frames; nothing was written", "",
    ]  # fmt: skip
    # Nothing is left of those that failed, the note of what they were about to write included.
    assert tree(out) == sorted(
        [f"{name}.{kind}" for name in "ae" for kind in ("bvh", "npy", "run.json")] + ["summary.csv"]
    )


def test_a_file_that_is_missing_is_one_failure(folder, out) -> None:
    choices = Choices(load=FakeLifter)
    outcomes = lift_many([folder / "no.mp4", film(folder / "a.mp4")], out, choices, formats=["npy"])
    assert statuses(outcomes) == {"no.mp4": FAILED, "a.mp4": DONE}
    assert "no such file" in outcomes[0].message


def test_what_every_video_would_fail_of_stops_them_all(folder, out) -> None:
    film(folder / "a.mp4", 12, NO_MODEL)
    film(folder / "b.mp4")
    outcomes = lift(folder, out)
    assert statuses(outcomes) == {"a.mp4": FAILED, "b.mp4": NOT_REACHED}
    assert [row["status"] for row in rows(out)] == ["failed", "not reached"]


def test_a_device_that_is_missing_stops_them_all_one_that_fails_later_does_not(folder, out) -> None:
    film(folder / "a.mp4", 12, NO_MEMORY)
    film(folder / "b.mp4")
    assert statuses(lift(folder, out)) == {"a.mp4": FAILED, "b.mp4": DONE}

    def load(settings: Settings) -> FakeLifter:
        raise DeviceError("there is no cuda:7")

    outcomes = lift_many([folder], out, Choices(overwrite=True, load=load), formats=["npy"])
    assert statuses(outcomes) == {"a.mp4": FAILED, "b.mp4": NOT_REACHED}


def test_an_interrupt_keeps_what_is_done_and_says_what_is_left(folder, out) -> None:
    film(folder / "a.mp4")
    film(folder / "b.mp4", 12, SCARED)
    film(folder / "c.mp4")
    with pytest.raises(KeyboardInterrupt):
        lift(folder, out)
    assert [row["status"] for row in rows(out)] == ["done", "not reached", "not reached"]
    assert tree(out) == ["a.bvh", "a.npy", "a.run.json", "summary.csv"]
    film(folder / "b.mp4")
    assert statuses(lift(folder, out)) == {"a.mp4": SKIPPED, "b.mp4": DONE, "c.mp4": DONE}


# What is done is skipped -------------------------------------------------------------------------


def test_a_second_call_has_nothing_to_do(folder, out, monkeypatch) -> None:
    film(folder / "a.mp4")
    film(folder / "b.mp4", 20)
    lift(folder, out)
    before = {path: path.stat().st_mtime_ns for path in out.glob("*.npy")}
    monkeypatch.setattr(FakeLifter, "loaded", 0)
    outcomes = lift(folder, out)
    assert statuses(outcomes) == {"a.mp4": SKIPPED, "b.mp4": SKIPPED}
    assert (outcomes[1].frames, outcomes[1].people) == (20, 1)
    assert outcomes[1].outputs == (out / "b.npy", out / "b.bvh", out / "b.run.json")
    assert {path: path.stat().st_mtime_ns for path in out.glob("*.npy")} == before
    assert FakeLifter.loaded == 0


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, SKIPPED),
        ({"smoothing": 3.0}, DONE),
        ({"people": "all"}, DONE),
        ({"max_frames": 5}, DONE),
        ({"formats": ("npy",)}, DONE),
        ({"formats": ("bvh", "npy")}, SKIPPED),
        ({"formats": ("npy", "bvh", "csv")}, DONE),
        ({"save_2d": True}, DONE),
        ({"overwrite": True}, DONE),
    ],
    ids=str,
)
def test_what_makes_a_video_be_lifted_anew(folder, out, change: dict[str, Any], status) -> None:
    film(folder / "a.mp4")
    lift(folder, out)
    assert statuses(lift(folder, out, **change)) == {"a.mp4": status}
    assert statuses(lift(folder, out, **change | {"overwrite": False})) == {"a.mp4": SKIPPED}


def test_another_content_is_lifted_anew_another_name_is_not_needed(folder, out) -> None:
    video = film(folder / "a.mp4", 12)
    lift(folder, out)
    content = video.read_bytes()
    film(video, 13)
    assert statuses(lift(folder, out)) == {"a.mp4": DONE}
    assert len(np.load(out / "a.npy")) == 13
    video.write_bytes(content)
    assert statuses(lift(folder, out)) == {"a.mp4": DONE}


def test_a_changed_model_lifts_anew(folder, out, tmp_path) -> None:
    film(folder / "a.mp4")
    lifter = tmp_path / "lifter.pth"
    lifter.write_text("weights")
    assert statuses(lift(folder, out, lifter=str(lifter))) == {"a.mp4": DONE}
    assert statuses(lift(folder, out, lifter=str(lifter))) == {"a.mp4": SKIPPED}
    lifter.write_text("better weights")
    assert statuses(lift(folder, out, lifter=str(lifter))) == {"a.mp4": DONE}


@pytest.mark.parametrize("lost", ["a.npy", "a.run.json"])
def test_an_output_that_is_gone_is_made_again(folder, out, lost) -> None:
    film(folder / "a.mp4")
    lift(folder, out, formats=["npy"])
    (out / lost).unlink()
    outcomes = lift(folder, out, formats=["npy"])
    if lost == "a.npy":
        assert statuses(outcomes) == {"a.mp4": DONE}
    else:  # nothing says any more that a.npy is ours
        assert "exists already" in outcomes[0].message


def test_a_folder_of_outputs_may_be_moved(folder, out) -> None:
    film(folder / "a.mp4")
    lift(folder, out)
    moved = out.rename(out.with_name("moved"))
    assert statuses(lift(folder, moved)) == {"a.mp4": SKIPPED}


def test_files_of_others_are_not_replaced(folder, out) -> None:
    film(folder / "a.mp4")
    film(folder / "b.mp4", 20)
    (out / "a.npy").write_text("mine")
    outcomes = lift(folder, out)
    assert statuses(outcomes) == {"a.mp4": FAILED, "b.mp4": DONE}
    assert "a.npy: exists already; pass --overwrite" in outcomes[0].message
    assert (out / "a.npy").read_text() == "mine"
    assert not (out / "a.run.json").exists()
    assert statuses(lift(folder, out, overwrite=True)) == {"a.mp4": DONE, "b.mp4": DONE}


def test_other_formats_stay_known_as_ours(folder, out) -> None:
    film(folder / "a.mp4")
    lift(folder, out, formats=["npy", "bvh"])
    lift(folder, out, formats=["csv"])
    assert tree(out) == ["a.bvh", "a.csv", "a.npy", "a.run.json", "summary.csv"]
    assert statuses(lift(folder, out, formats=["npy", "bvh"], smoothing=3.0)) == {"a.mp4": DONE}


# Refused -----------------------------------------------------------------------------------------


def test_what_cannot_be_done_is_refused_before_any_work(folder, out) -> None:
    film(folder / "a.mp4")
    with pytest.raises(UsageError, match=r"--format xyz: .*no such format, but mp4, html, .*npy"):
        lift(folder, out, formats=["npy", "xyz"])
    with pytest.raises(UsageError, match="standard input holds one video"):
        lift_many(["-", folder], out)
    with pytest.raises(UsageError, match="2D keypoints of a file are of one video"):
        lift_many([folder], out, Choices(use=KeypointsUse(from_2d=folder)))
    with pytest.raises(InputError, match="no videos in there"):
        lift_many([out], out)
    blocked = out / "file"
    blocked.write_text("")
    with pytest.raises(OutputError, match=r"file/x: this folder cannot be made"):
        lift(folder, blocked / "x")
    assert tree(out) == ["file"]


def test_formats_may_have_a_dot_and_capitals(folder, out) -> None:
    film(folder / "a.mp4")
    lift(folder, out, formats=[".NPY", " npy"])
    assert tree(out) == ["a.npy", "a.run.json", "summary.csv"]


def test_numbered_pictures_and_videos_take_a_rate(folder, out) -> None:
    """They are packed into a file, which the fakes cannot read; that they try to is enough."""
    pattern = folder / "p%02d.png"
    folder.mkdir()
    encode(pattern, counting(3), 25)
    film(folder / "a.mp4")
    for rate in (10.0, 20.0):
        choices = Choices(Settings(device="cpu"), image_fps=rate, load=FakeLifter)
        outcomes = lift_many([pattern, folder / "a.mp4"], out, choices, formats=["npy"])
        assert "codec can't decode byte" in outcomes[0].message
        assert outcomes[1].status == DONE  # at another rate it is another video
