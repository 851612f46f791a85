from __future__ import annotations

import json
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli import __version__
from glagcn_cli.export.json_values import json_safe
from glagcn_cli.halves import LOWER
from glagcn_cli.keypoints.provenance import installed_versions
from glagcn_cli.pipeline.run_report import people_rows, report_paths, write_report
from glagcn_cli.skeleton import H36M17
from glagcn_cli.video import ffmpeg
from tests.helpers.moving_figure import sequence, walking


@dataclass(frozen=True)
class Facts:
    fps: Fraction
    size: tuple[int, int]


def test_outputs_of_one_stem_share_a_report_that_is_none_of_them():
    outputs = [Path("a/walk.mp4"), Path("a/walk.bvh"), Path("b/walk.npz"), Path("a/walk.json")]
    assert report_paths(outputs) == [Path("a/walk.run.json"), Path("b/walk.run.json")]


def test_report_is_strict_json(tmp_path):
    path = tmp_path / "walk.run.json"
    report = {
        "input": Facts(Fraction(30000, 1001), (1920, 1080)),
        "path": Path("clips/Übung.mp4"),
        "seconds": {"decode": np.float32(0.5), "lift": float("nan"), 3: np.inf},
        "frames": np.int64(7),
        "boxes": np.arange(4).reshape(2, 2),
        "people": {2, 1},
        "flip": np.True_,
        "height": None,
    }
    write_report(path, report)

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    read = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    assert read == {
        "report_version": 1,
        "input": {"fps": "30000/1001", "size": [1920, 1080]},
        "path": "clips/Übung.mp4",
        "seconds": {"decode": 0.5, "lift": None, "3": None},
        "frames": 7,
        "boxes": [[0, 1], [2, 3]],
        "people": [1, 2],
        "flip": True,
        "height": None,
    }


def test_report_of_an_earlier_run_is_replaced(tmp_path):
    path = tmp_path / "walk.run.json"
    write_report(path, {"run": 1})
    write_report(path, {"run": 2})
    assert json.loads(path.read_text())["run"] == 2
    assert list(tmp_path.iterdir()) == [path]


def test_what_json_cannot_say_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(TypeError, match="object"):
        write_report(tmp_path / "walk.run.json", {"model": object()})
    assert list(tmp_path.iterdir()) == []


def test_text_is_not_taken_apart():
    assert json_safe({"device": "cpu", "raw": ("a", "b")}) == {"device": "cpu", "raw": ["a", "b"]}


def test_versions_name_the_program_and_what_it_stands_on():
    versions = installed_versions()
    assert versions["glagcn"] == __version__
    assert versions["numpy"] == np.__version__
    assert versions["ffmpeg"] == ffmpeg.version()
    assert all(isinstance(version, str) for version in versions.values())


def test_a_half_that_was_never_seen_is_listed() -> None:
    whole = sequence(walking(3).joints)
    half = replace(whole, person=2, absent=LOWER.mask())
    first, second = people_rows([whole, half])
    assert (first["person"], first["frames_with_a_pose"]) == (1, 3)
    assert "never_seen" not in first
    gone = np.flatnonzero(LOWER.mask())
    assert second["never_seen"] == [H36M17.joints[joint] for joint in gone]
