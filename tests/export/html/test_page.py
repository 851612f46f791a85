from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from fractions import Fraction
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.errors import NobodyFoundError, OutputError
from glagcn_cli.export.formats import ExportContext
from glagcn_cli.export.html import page as html_writer
from glagcn_cli.export.html import video
from glagcn_cli.skeleton import H36M17
from tests.helpers.film_cameras import panning_camera
from tests.helpers.html_page import figure, filmed, written
from tests.helpers.moving_figure import sequence, walking

HOSTILE = "</script><img src=x onerror=alert(1)>@VIDEO@ & \u2028\"'.mp4"


# The page and what stands in it.


def test_every_element_is_closed_and_the_page_names_its_clip(tmp_path):
    page = written(tmp_path / "walk.html", [figure()])
    assert page.open == []
    assert page.text("title") == "walk - 3D poses"
    clip = page.clip
    assert (clip["format"], clip["format_version"], clip["fps"]) == ("glagcn-html", 1, [30, 1])
    assert clip["joints"] == list(H36M17.joints)
    assert clip["bones"] == [list(bone) for bone in H36M17.bone_indices]


def test_the_page_of_a_camera_that_pans_after_somebody_tells_where_its_view_goes(tmp_path):
    walker = figure(120)
    walker.joints[..., 0] += np.linspace(-4, 4, 120, dtype=np.float32)[:, None]
    still = written(tmp_path / "still.html", [walker]).clip
    assert still["moving"] is None
    clip = written(tmp_path / "pan.html", [walker], camera=panning_camera(60.0, 120)).clip
    assert (clip["azimuth"], clip["bounds"]) == (still["azimuth"], still["bounds"])
    place, azimuth = (
        clip["step"] * np.frombuffer(base64.b64decode(clip["moving"][name]), "<i4")
        for name in ("place", "azimuth")
    )
    np.testing.assert_allclose(
        place.reshape(-1, 2)[30:-30], walker.joints[30:-30, 0, ::2], atol=0.1
    )
    assert np.degrees(azimuth[0] - azimuth[-1]) == pytest.approx(60, abs=12)


def test_nothing_is_loaded_from_anywhere(tmp_path, out):
    page = written(out / "walk.html", [figure()], source=filmed(tmp_path))
    loading = {"src", "srcset", "action", "data", "poster", "formaction", "background", "ping"}
    for tag, attributes, _ in page.elements:
        assert not loading & set(attributes), (tag, attributes)
        assert tag not in ("link", "iframe", "object", "embed", "base", "a", "img")
        assert attributes.get("href", "#").startswith("#")
    style = page.text("style")
    assert "url(" not in style and "@import" not in style
    scripts = [text for found, text in page.all("script") if "type" not in found]
    assert len(scripts) == 2
    own = scripts[1]
    assert not re.search(r"https?:|fetch\(|XMLHttpRequest|WebSocket|import\(|sendBeacon", own)
    # The only address in three.js is the name of an XML namespace, which nothing loads.
    assert set(re.findall(r"https?://[^\"'` )]+", scripts[0])) == {"http://www.w3.org/1999/xhtml"}


def test_policy_allows_the_two_scripts_and_the_style_by_their_digests_and_no_network(tmp_path):
    page = written(tmp_path / "walk.html", [figure()])
    (policy,) = [
        found["content"]
        for found, _ in page.all("meta")
        if found.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))

    def digest(text):
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    scripts = [text for found, text in page.all("script") if "type" not in found]
    assert rules["default-src"] == "'none'"
    assert rules["script-src"].split() == [digest(text) for text in scripts]
    assert rules["style-src"] == digest(page.text("style"))
    assert set(rules) - {"default-src", "script-src", "style-src"} == {
        "media-src", "base-uri", "form-action"
    }  # fmt: skip
    # Style attributes would need a leave of their own.
    assert not any("style" in attributes for _, attributes, _ in page.elements)


def test_a_hostile_name_is_text_wherever_it_stands(tmp_path, out):
    tags = sorted(tag for tag, *_ in written(out / "plain.html", [figure()]).elements)
    name = HOSTILE.replace("/", "")  # no file's name has a slash; with it, see below
    page = written(out / "walk.html", [figure()], source=filmed(tmp_path).rename(tmp_path / name))
    assert page.clip["title"] == name
    assert page.text("title") == f"{name} - 3D poses"
    assert sorted(tag for tag, *_ in page.elements) == tags


@pytest.mark.parametrize("text", [HOSTILE, "<!--<script>", "]]>"])
def test_a_hostile_title_ends_no_element(text):
    clip = html_writer.clip_data(text, [figure()], ExportContext())
    page = "".join(html_writer._page(text, clip, None))
    between = page.split('id="clip">')[1].split("</script>")[0]
    assert not set("<>&") & set(between)
    assert json.loads(between)["title"] == text


def test_the_licence_of_three_js_stands_in_the_page_and_beside_the_asset(tmp_path):
    page = written(tmp_path / "walk.html", [figure()])
    licence = (
        resources.files("glagcn_cli.export.html")
        .joinpath("assets/three.LICENSE")
        .read_text("utf-8")
    )
    assert "MIT" in licence and "three.js authors" in licence
    assert licence.strip() in page.source


def test_assets_are_small():
    folder = resources.files("glagcn_cli.export.html").joinpath("assets")
    sizes = {asset.name: len(asset.read_bytes()) for asset in folder.iterdir()}
    assert sizes.pop("three.min.js") < 700_000
    assert sum(sizes.values()) < 100_000


# Poses.


@pytest.mark.parametrize(
    ("scale", "kind"), [(1.0, "int16"), (40.0, "int32")], ids=["a room", "a long way"]
)
def test_joints_come_back_within_a_tenth_of_a_millimetre(tmp_path, scale, kind):
    joints = walking(200).joints * [1, 1, scale] + [3.3, 0, -70]
    page = written(tmp_path / "walk.html", [sequence(joints)])
    assert page.clip["people"][0]["joints_type"] == kind
    assert np.abs(page.joints() - joints.astype(np.float32)).max() < 1e-4


def test_what_goes_with_the_joints_comes_back(tmp_path):
    rng = np.random.default_rng(1)
    pose = dataclasses.replace(
        figure(12),
        uncertainty=rng.uniform(0, 0.4, (12, 17)).astype(np.float32),
        contacts=rng.random((12, 2)) < 0.5,
    )
    page = written(tmp_path / "walk.html", [pose])
    uncertainty = page.numbers(0, "uncertainty", "uint16", 12, 17) * page.clip["step"]
    assert np.abs(uncertainty - pose.uncertainty).max() < 1e-4
    scores = page.numbers(0, "scores", "uint8", 12, 17) / 255
    assert np.abs(scores - pose.scores).max() <= 0.5 / 255 + 1e-6
    keypoints = page.numbers(0, "keypoints", "int16", 12, 17, 2) * page.clip["pixel_step"]
    assert np.abs(keypoints - pose.keypoints).max() <= 0.125
    assert (page.numbers(0, "contacts", "uint8", 12, 2) == pose.contacts).all()
    assert [page.clip["joints"][foot] for foot in page.clip["feet"]] == [
        "left_ankle",
        "right_ankle",
    ]


def test_what_is_not_known_is_null(tmp_path):
    page = written(tmp_path / "walk.html", [figure()])
    who = page.clip["people"][0]
    assert who["uncertainty"] is None and who["contacts"] is None
    assert page.clip["video_type"] is None and page.video == b""


def test_2d_points_that_are_not_known_are_told_apart(tmp_path):
    pose = figure(3)
    pose.keypoints[1, 5] = np.nan
    page = written(tmp_path / "walk.html", [pose])
    points = page.numbers(0, "keypoints", "int16", 3, 17, 2)
    assert ((points == page.clip["unknown_pixel"]) == np.isnan(pose.keypoints)).all()


def test_rates_stay_exact(tmp_path):
    page = written(tmp_path / "walk.html", [figure(fps=Fraction(30000, 1001))])
    assert page.clip["fps"] == [30000, 1001]


def test_a_gap_is_a_mask_and_its_joints_do_not_widen_the_scene(tmp_path):
    valid = np.ones(20, bool)
    valid[5:9] = False
    joints = walking(20).joints
    joints[~valid] = 1e30
    page = written(tmp_path / "walk.html", [sequence(joints, valid)])
    assert (page.numbers(0, "valid", "uint8", 20) == valid).all()
    assert page.clip["people"][0]["joints_type"] == "int16"
    assert np.abs(page.joints()[valid] - joints[valid]).max() < 1e-4
    assert np.abs(page.clip["bounds"]).max() < 5


def test_several_people_stand_in_one_page_and_those_without_a_pose_in_none(tmp_path):
    nobody = figure(20, person=3, valid=np.zeros(20, bool))
    people = [figure(20, person=2), figure(20, person=5), nobody]
    page = written(tmp_path / "walk.html", people)
    assert [who["person"] for who in page.clip["people"]] == [2, 5]
    assert list(tmp_path.iterdir()) == [tmp_path / "walk.html"]


def test_one_frame_is_a_page(tmp_path):
    page = written(tmp_path / "walk.html", [figure(1)])
    assert page.clip["frames"] == 1
    assert page.joints().shape == (1, 17, 3)


def test_people_of_different_lengths_are_a_bug(tmp_path):
    with pytest.raises(ValueError, match="differ"):
        written(tmp_path / "walk.html", [figure(20), figure(21, person=2)])
    assert list(tmp_path.iterdir()) == []


def test_nobody_is_an_error_and_leaves_nothing(tmp_path):
    with pytest.raises(NobodyFoundError):
        written(tmp_path / "walk.html", [figure(20, valid=np.zeros(20, bool))])
    assert list(tmp_path.iterdir()) == []


def test_an_existing_page_is_refused_before_the_video_is_encoded(tmp_path, monkeypatch):
    path = tmp_path / "walk.html"
    path.write_text("mine")
    monkeypatch.setattr(video, "VideoReader", None)
    with pytest.raises(OutputError, match="--overwrite"):
        written(path, [figure()], source=Path("walk.mp4"))
    assert path.read_text() == "mine"
