"""The page of poses in a real browser; skipped where there is no Chromium."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.rendering.drawing import LEFT, RIGHT
from glagcn_cli.skeleton import H36M17
from tests.helpers.characters import character_file
from tests.helpers.clips import encode
from tests.helpers.film_cameras import panning_camera
from tests.helpers.headless_browser import Browser, browser_path
from tests.helpers.moving_figure import sequence, walking
from tests.helpers.opened_page import (
    COUNT,
    FPS,
    PICTURE,
    PICTURED,
    SHOWN,
    box,
    changed,
    hued,
    opened,
    page,
    people,
    person,
    picture,
    scene,
    show,
    wait,
)

pytestmark = [
    pytest.mark.skipif(browser_path() is None, reason="no Chromium"),
    pytest.mark.timeout(180),
]

HOSTILE = "<img src=x onerror=hacked=1><script>hacked=1<\uff0fscript>.mp4"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def filmed(folder) -> Path:
    """Two people before a picture whose grey tells its number."""
    levels = (40 + 3 * np.arange(COUNT)).astype(np.uint8)  # coding moves them by one at most
    frames = np.broadcast_to(levels[:, None, None, None], (COUNT, *PICTURE[::-1], 3))
    video = encode(folder / HOSTILE, frames, FPS, "-qp", "8")
    return page(folder / "filmed.html", people(), source=video, image_size=PICTURE)


@pytest.fixture(scope="module")
def alone(folder) -> Path:
    return page(folder / "alone.html", people()[:1])


@pytest.fixture(scope="module")
def window(folder) -> Iterator[Browser]:
    with Browser(folder / "profile") as browser:
        yield browser


@pytest.fixture
def browser(window) -> Iterator[Browser]:
    window.resize((800, 450))  # software draws the 3D view here, so few pixels
    window.calm(True)
    window.requests.clear()
    window.errors.clear()
    yield window


# What the page asks for and lets happen.


def test_a_page_opens_without_an_error_and_asks_for_itself_alone(browser, filmed):
    opened(browser, filmed)
    assert browser.errors == []
    assert browser.requests[0] == filmed.as_uri()
    assert {address.split(":")[0] for address in browser.requests[1:]} <= {"blob"}


def test_a_hostile_name_is_shown_as_text_and_never_run(browser, filmed):
    opened(browser, filmed, anew=False)
    assert browser.evaluate("document.getElementById('title').textContent") == HOSTILE
    assert browser.evaluate("document.title") == f"{HOSTILE} - 3D poses"
    assert browser.evaluate("document.querySelectorAll('img').length") == 0
    assert browser.evaluate("typeof hacked") == "undefined"


@pytest.mark.parametrize(
    ("deed", "rule"),
    [
        ("fetch('http://127.0.0.1:9/').catch(() => 0)", "connect-src"),
        ("new Image().src = 'http://127.0.0.1:9/'", "img-src"),
        (
            "document.head.append(Object.assign(document.createElement('script'),"
            " {textContent: 'hacked = 1'}))",
            "script-src-elem",
        ),
    ],
)
def test_the_browser_refuses_the_network_and_other_scripts(browser, alone, deed, rule):
    opened(browser, alone, anew=False)
    refused = browser.evaluate(
        "new Promise(done => { addEventListener('securitypolicyviolation',"
        f" event => done(event.effectiveDirective), {{once: true}}); {deed}; }})"
    )
    assert refused == rule
    assert browser.evaluate("typeof hacked") == "undefined"


# Time.


def test_play_moves_the_frame_and_the_video_until_it_is_pressed_again(browser, filmed):
    opened(browser, filmed)
    browser.click("#play")
    browser.wait_for(f"{SHOWN} > 4")
    assert browser.evaluate("document.getElementById('play').getAttribute('aria-label')") == "Pause"
    browser.click("#play")
    browser.wait_for("document.getElementById('play').getAttribute('aria-label') === 'Play'")
    wait(browser, 200)
    stopped = browser.evaluate(SHOWN)
    wait(browser, 200)
    assert browser.evaluate(SHOWN) == stopped
    assert browser.evaluate(PICTURED) == stopped


@pytest.mark.parametrize("frame", [0, 1, 29, 58, 59])
def test_the_slider_shows_the_very_frame_of_the_video(browser, filmed, frame):
    opened(browser, filmed, anew=False)
    show(browser, frame)
    browser.wait_for(f"{PICTURED} === {frame}", seconds=5)
    assert browser.evaluate(SHOWN) == frame
    assert browser.evaluate("document.getElementById('time').textContent") == (
        f"0:{int(frame * 100 / 30) / 100:05.2f}"
    )


def test_keys_step_play_and_slow_down(browser, filmed):
    opened(browser, filmed)
    show(browser, 10)
    for key, frame in [("ArrowRight", 11), ("ArrowLeft", 10), ("End", 59), ("Home", 0)]:
        browser.key(key)
        browser.wait_for(f"{SHOWN} === {frame}")
    browser.key(" ", " ")
    browser.wait_for(f"{SHOWN} > 3")
    browser.key(" ", " ")
    browser.wait_for("document.getElementById('video').paused")
    browser.key("-", "-")
    assert browser.evaluate("document.getElementById('video').playbackRate") == 0.5
    assert browser.evaluate("document.getElementById('speed').value") == "0.5"


def test_without_a_video_a_clock_of_its_own_plays_and_repeats(browser, alone):
    opened(browser, alone)
    show(browser, 50)
    browser.click("#play")
    browser.wait_for(f"{SHOWN} > 52")
    browser.wait_for(f"{SHOWN} < 40")
    browser.click("#play")
    assert browser.errors == []
    assert not browser.evaluate("document.getElementById('picture').offsetParent")


# The 3D view and the 2D skeletons.


def test_left_is_blue_and_right_is_orange_and_on_their_sides(browser, alone):
    # Who walks towards the camera has their left on the right of the picture.
    opened(browser, alone, anew=False).click("[data-view=front]")
    seen = scene(browser)
    left, right = hued(seen, LEFT), hued(seen, RIGHT)
    assert len(left) > 200 and len(right) > 200
    assert left.mean() > right.mean() + 5


def test_a_drag_turns_the_view_and_reset_brings_it_back(browser, filmed):
    opened(browser, filmed)
    show(browser, 30)
    start, screen = scene(browser), picture(browser, "#screen")
    browser.drag(browser.middle("#scene"), (180, 20))
    turned = scene(browser)
    assert changed(start, turned) > 500
    assert changed(screen, picture(browser, "#screen")) == 0
    browser.click("[data-view=start]")
    assert changed(start, scene(browser)) < 50


def test_the_camera_flies_to_where_it_is_set_down_for_those_who_mind_movement(browser, alone):
    opened(browser, alone).click("[data-view=side]")
    there = scene(browser)
    browser.calm(False)
    opened(browser, alone).click("[data-view=side]")
    wait(browser, 600)
    assert changed(scene(browser), there) < 50


def test_a_finger_turns_the_view(browser, alone):
    opened(browser, alone, anew=False)
    start = scene(browser)
    browser.swipe(browser.middle("#scene"), (150, 0))
    assert changed(start, scene(browser)) > 500


def test_the_presets_are_views_of_their_own(browser, filmed):
    opened(browser, filmed)
    show(browser, 30)
    views = []
    for name in ("start", "front", "side", "top"):
        browser.click(f"[data-view={name}]")
        views.append(scene(browser))
    for index, view in enumerate(views):
        assert all(changed(view, other) > 500 for other in views[index + 1 :])


def test_a_person_is_switched_off_in_both_pictures(browser, filmed):
    opened(browser, filmed)
    show(browser, 30)
    both = {name: picture(browser, name) for name in ("#scene", "#screen")}
    browser.click("#people button")
    for name, before in both.items():
        after = picture(browser, name)
        assert 0 < len(hued(after, LEFT)) < 0.8 * len(hued(before, LEFT)), name
    browser.click("#people button")
    for name, before in both.items():
        assert changed(picture(browser, name), before) < 50, name


def test_people_are_seen_only_where_they_have_a_pose(browser, filmed):
    opened(browser, filmed, anew=False)
    counts = {}
    for frame in (19, 20):
        show(browser, frame)
        counts[frame] = len(hued(picture(browser, "#screen"), LEFT))
    assert 0 < 1.5 * counts[19] < counts[20]


def test_the_2d_skeleton_lies_where_its_keypoints_are_and_can_be_hidden(browser, filmed):
    opened(browser, filmed)
    show(browser, 10)  # the first person alone, whose hip is at 160 - 0.8 * 70 of 320
    seen = picture(browser, "#screen")
    columns = np.concatenate([hued(seen, LEFT), hued(seen, RIGHT)])
    assert abs(columns.mean() / seen.shape[1] - (160 - 56) / 320) < 0.01
    browser.key("v", "v")
    hidden = picture(browser, "#screen")
    assert len(hued(hidden, LEFT)) == len(hued(hidden, RIGHT)) == 0


def test_nothing_is_drawn_to_2d_points_that_are_not_known(browser, folder, filmed):
    right = [index for index, name in enumerate(H36M17.joints) if name.startswith("right")]
    pose = person(1, 0.8)
    pose.keypoints[:, right] = np.nan
    opened(browser, page(folder / "x.html", [pose], source=folder / HOSTILE, image_size=PICTURE))
    seen = picture(browser, "#screen")
    assert len(hued(seen, LEFT)) > 50 and len(hued(seen, RIGHT)) == 0
    browser.key("v", "v")
    elsewhere = slice(0, seen.shape[1] // 2)
    assert changed(seen[:, elsewhere], picture(browser, "#screen")[:, elsewhere]) == 0


def test_what_is_unsure_is_faint(browser, folder):
    sure = opened(browser, page(folder / "sure.html", [people()[0]]))
    bright = np.percentile(scene(sure).max(axis=-1), 99.5)
    doubt = np.full((COUNT, 17), 2.0, np.float32)
    unsure = opened(browser, page(folder / "unsure.html", [person(1, -0.8, uncertainty=doubt)]))
    assert np.percentile(scene(unsure).max(axis=-1), 99.5) < 0.75 * bright


# Windows, and what may be missing.


def test_a_narrow_window_has_the_pictures_below_one_another(browser, filmed):
    opened(browser, filmed)
    assert box(browser, "#screen")[2] <= box(browser, "#space")[0]
    browser.resize((390, 844))
    assert box(browser, "#screen")[3] <= box(browser, "#space")[1]
    assert browser.evaluate("document.documentElement.scrollWidth") == 390
    assert browser.evaluate("document.documentElement.scrollHeight") == 844
    buttons = "[...document.querySelectorAll('#transport > *, .views > *')]"
    assert browser.evaluate(
        f"{buttons}.map(one => one.getBoundingClientRect()).every("
        "b => b.left >= 0 && b.right <= 390 && b.bottom <= 844)"
    )


def test_a_video_that_cannot_be_played_leaves_the_poses(browser, folder, filmed):
    broken = folder / "broken.html"
    junk = base64.b64encode(b"no video" * 40).decode()
    whole = filmed.read_text("utf-8")
    broken.write_text(re.sub(r'(id="video-data">)[^<]*', rf"\g<1>{junk}", whole), "utf-8")
    browser.open(broken)
    browser.wait_for("!document.getElementById('picture-note').hidden")
    browser.click("#play")
    browser.wait_for(f"{SHOWN} > 4")


def test_a_browser_without_webgl_is_told_and_plays_the_rest(browser, filmed):
    script = browser.call(
        "Page.addScriptToEvaluateOnNewDocument",
        source="const real = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {"
        " return kind.startsWith('webgl') ? null : real.call(this, kind, ...rest); };",
    )
    try:
        opened(browser, filmed)
        assert "WebGL" in browser.evaluate("document.getElementById('space-note').innerText")
        browser.click("#play")
        browser.wait_for(f"{SHOWN} > 4")
    finally:
        browser.call("Page.removeScriptToEvaluateOnNewDocument", **script)


@pytest.mark.parametrize("first", [0, 37])
def test_a_page_begins_at_the_first_pose(browser, folder, first):
    valid = np.arange(COUNT) >= first
    opened(browser, page(folder / f"from{first}.html", [person(1, 0, valid=valid)]))
    assert browser.evaluate(SHOWN) == first


def test_a_clip_of_one_frame_is_a_page_that_works(browser, folder):
    one = sequence(walking(1).joints)
    opened(browser, page(folder / "one.html", [one]))
    for selector in ("#on", "#play", "#play", "#back"):
        browser.click(selector)
    assert browser.errors == []
    assert browser.evaluate(SHOWN) == 0
    assert len(hued(scene(browser), LEFT)) > 100


# A character in place of the skeleton.


def test_a_character_moves_in_place_of_the_skeleton_and_can_be_switched_off(browser, tmp_path):
    character = str(character_file(tmp_path / "me.glb"))
    path = page(tmp_path / "me.html", people()[:1], settings={"character": character})
    opened(browser, path)
    switch = "[...document.querySelectorAll('#people button')].find(b => /Character/.test(b.title))"
    browser.wait_for(f"{switch} !== undefined")
    show(browser, 20)
    one = scene(browser)
    show(browser, 30)
    assert changed(one, scene(browser)) > 50
    assert len(hued(one, LEFT)) + len(hued(one, RIGHT)) < 20
    browser.evaluate(f"{switch}.click()")
    sticks = scene(browser)
    assert len(hued(sticks, LEFT)) > 50 and len(hued(sticks, RIGHT)) > 50
    assert browser.errors == []


# A camera that turned.


def test_the_view_goes_along_with_who_is_followed_until_that_is_switched_off(browser, folder):
    walker = person(1, 0.0)
    walker.joints[..., 0] += np.linspace(-4, 4, COUNT, dtype=np.float32)[:, None]
    camera = panning_camera(60.0, COUNT)
    opened(browser, page(folder / "pan.html", [walker], camera=camera))
    pressed = "document.getElementById('follow').getAttribute('aria-pressed')"
    assert browser.evaluate(pressed) == "true"
    middles = []
    for frame in (10, COUNT - 10):
        move_to(browser, frame)
        image = scene(browser)
        middles.append(np.median(hued(image, LEFT)) / image.shape[1])
    assert all(0.35 < middle < 0.65 for middle in middles)
    browser.evaluate("document.getElementById('follow').click()")
    apart = []
    for frame in (10, COUNT - 10):
        move_to(browser, frame)
        image = scene(browser)
        apart.append(np.median(hued(image, LEFT)) / image.shape[1])
    assert apart[1] - apart[0] > 0.3, "he walks across a view that stays"
    assert browser.errors == []


def move_to(browser: Browser, frame: int) -> None:
    """Move the slider of a page without a video."""
    browser.evaluate(
        f"(slider => {{ slider.value = {frame}; slider.dispatchEvent(new Event('input')); }})"
        "(document.getElementById('slider'))"
    )
