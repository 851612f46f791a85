from __future__ import annotations

import logging
from contextlib import nullcontext
from fractions import Fraction

import numpy as np
import pytest

from glagcn_cli.export.formats import ExportContext
from glagcn_cli.export.html import video as html_video
from glagcn_cli.video.clip_times import ClipRange
from glagcn_cli.video.probing import probe
from tests.helpers.clips import encode, ffmpeg, opencv_frames
from tests.helpers.html_page import figure, filmed, written


def levels(page, folder):
    """Mean grey of each frame of a page's video."""
    video = folder / "embedded.mp4"
    video.write_bytes(page.video)
    return np.array([frame.mean() for frame in opencv_frames(video)])


def test_the_video_has_a_frame_for_each_pose_and_plays_in_browsers(tmp_path, out):
    loud = tmp_path / "loud.mp4"
    tone = ("-f", "lavfi", "-i", "sine=frequency=440:duration=1")
    ffmpeg("-i", filmed(tmp_path, 20, size=(1000, 750)), *tone, "-c:v", "copy", "-shortest", loud)
    page = written(out / "walk.html", [figure(20)], source=loud, image_size=(1000, 750))
    assert np.abs(levels(page, tmp_path) - (40 + 2 * np.arange(20))).max() < 1.5
    info = probe(tmp_path / "embedded.mp4")
    assert (info.width, info.height, info.codec, info.fps) == (854, 640, "h264", 30)
    assert info.has_audio and page.clip["has_sound"]
    assert page.clip["image_size"] == [1000, 750]
    assert page.clip["video_type"] == "video/mp4"
    assert page.video.index(b"moov") < page.video.index(b"mdat")  # plays before all is read
    assert list(out.iterdir()) == [out / "walk.html"]


def test_a_part_of_the_source_is_shown_with_the_poses_of_that_part(tmp_path, out):
    source = filmed(tmp_path, 60)
    page = written(out / "walk.html", [figure(30)], source=source, part=ClipRange(start=1.0))
    assert np.abs(levels(page, tmp_path) - (40 + 2 * np.arange(30, 60))).max() < 1.5


def test_a_video_that_ends_early_shows_its_last_frame_to_the_end(tmp_path, out):
    shown = levels(written(out / "walk.html", [figure(20)], source=filmed(tmp_path, 15)), tmp_path)
    assert len(shown) == 20
    assert np.abs(shown[14:] - shown[14]).max() < 1


def test_of_a_video_that_goes_on_only_the_frames_with_poses_are_there(tmp_path, out):
    page = written(out / "walk.html", [figure(10)], source=filmed(tmp_path, 15))
    assert len(levels(page, tmp_path)) == 10


@pytest.mark.parametrize("kind", ["another rate", "another size", "no video", "missing"])
def test_a_source_that_does_not_fit_is_left_out_with_a_warning(tmp_path, out, kind, caplog):
    source = tmp_path / "walk.mp4"
    if kind == "no video":
        source.write_text("nothing")
    elif kind != "missing":
        filmed(tmp_path, 20, Fraction(25) if kind == "another rate" else Fraction(30))
    size = (64, 50) if kind == "another size" else None
    with caplog.at_level(logging.WARNING):
        page = written(out / "walk.html", [figure()], source=source, image_size=size)
    assert page.video == b"" and page.clip["video_type"] is None
    assert "walk.mp4" in caplog.text and "without the video" in caplog.text
    assert page.clip["title"] == "walk.mp4"


def noise(folder, count, width, height):
    """A video that does not compress."""
    frames = np.random.default_rng(0).integers(0, 255, (count, height, width, 3)).astype(np.uint8)
    return encode(folder / "noise.mp4", frames, 30, "-qp", "5", "-preset", "ultrafast")


def test_a_large_video_is_made_smaller_and_at_last_left_out(tmp_path, caplog):
    context = ExportContext(source=noise(tmp_path, 3, 900, 90))
    sizes, limit = {}, 10**9
    while True:
        video = html_video.video_for_page(context, Fraction(30), 3, tmp_path / "a.html", limit)
        if video is None:
            break
        assert len(video.data) <= limit
        small = tmp_path / "small.mp4"
        small.write_bytes(video.data)
        sizes[probe(small).width] = limit = len(video.data)
        limit -= 1
        assert not caplog.text
    assert list(sizes) == [854, 640, 426]
    assert "larger than" in caplog.text
    assert sorted(p.name for p in tmp_path.iterdir()) == ["noise.mp4", "small.mp4"]


@pytest.mark.parametrize(
    ("size", "done", "given_up"),
    [
        (1001, 10, True),  # too large already
        (999, 10_000, False),
        (900, 100, False),  # what is said so early says nothing
        (900, 1000, True),  # nine times the limit at the end
        (120, 1000, False),  # a fifth too much foretold may still come out right
        (140, 1000, True),
    ],
)
def test_a_video_that_will_be_too_large_is_given_up_early(tmp_path, size, done, given_up):
    (tmp_path / "video.picture.mp4").write_bytes(bytes(size))
    refused = pytest.raises(html_video._TooLargeError) if given_up else nullcontext()
    with refused:
        html_video._check(tmp_path, done, 10_000, limit=1000)


@pytest.mark.parametrize(
    ("size", "fitted"),
    [
        ((1768, 994), (854, 480)),
        ((1080, 1920), (480, 854)),
        ((320, 241), (320, 240)),
        ((1, 1), (2, 2)),
    ],
)
def test_pictures_keep_their_shape_and_have_even_sides(size, fitted):
    assert html_video.fitted(*size, 854) == fitted
