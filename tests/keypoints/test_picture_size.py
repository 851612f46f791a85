"""2D of a picture of another size than the video's."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glagcn_cli.errors import InputError
from glagcn_cli.keypoints.clip import ClipDetections
from glagcn_cli.keypoints.files import for_video, read_keypoints
from glagcn_cli.keypoints.picture_size import same_shape, scaled
from tests.helpers.kept_detections import SIZE, detections, kept, video
from tests.helpers.walkers import points_2d

FRAMES = 6


def of_other_program(path: Path, size: tuple[int, int], scale: float = 1.0) -> Path:
    """Write COCO results of somebody who walks in a picture of this size, then scaled."""
    person = points_2d(FRAMES, size)
    rows = [
        {"image_id": frame, "keypoints": [*np.insert(points * scale, 2, 0.9, axis=1).ravel()]}
        for frame, points in enumerate(person.keypoints.astype(float))
    ]
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def laid_out(path: Path) -> ClipDetections:
    info = video(path.parent / "v.mp4", FRAMES)
    return for_video(read_keypoints(path), path, info, lambda: FRAMES)


@pytest.mark.parametrize(
    ("scale", "said"),
    [(1.0, None), (2.0, "refused"), (3.0, "refused"), (8 / 3, "refused"), (1.6, "told"),
     (0.5, "upper left quarter"), (0.25, "upper left quarter")],
)  # fmt: skip
def test_points_of_another_resolution_are_not_taken_without_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, scale: float, said: str | None
) -> None:
    path = of_other_program(tmp_path / "a.json", SIZE, scale)
    if said == "refused":
        with pytest.raises(InputError, match=r"a\.json: .* outside the video's picture of 640x480"):
            laid_out(path)
        return
    laid_out(path)
    if said is None:
        assert not caplog.records
    else:
        assert ("larger or a turned picture" if said == "told" else said) in caplog.text


@pytest.mark.parametrize(("reach", "told"), [(0.4, True), (0.54, True), (0.6, False)])
def test_all_points_near_the_upper_left_corner_are_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, reach: float, told: bool
) -> None:
    points = np.linspace([5, 5], np.array(SIZE) * reach, 17)
    rows = [{"image_id": 0, "keypoints": [*np.insert(points, 2, 0.9, axis=1).ravel()]}]
    (tmp_path / "a.json").write_text(json.dumps(rows), encoding="utf-8")
    laid_out(tmp_path / "a.json")
    assert ("upper left quarter" in caplog.text) is told


def test_points_just_beyond_the_rim_are_no_other_resolution(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    points = detections(1).keypoints[0].astype(float) * 0
    points += [SIZE[0] * 1.01, SIZE[1] * 1.01]
    rows = [{"image_id": 0, "keypoints": [*np.insert(points, 2, 0.9, axis=1).ravel()]}]
    (tmp_path / "a.json").write_text(json.dumps(rows), encoding="utf-8")
    laid_out(tmp_path / "a.json")
    assert not caplog.records


@pytest.mark.parametrize("factor", [0.5, 1, 2, 3])
def test_a_data_set_that_says_its_size_is_scaled(tmp_path: Path, factor: float) -> None:
    width, height = round(SIZE[0] * factor), round(SIZE[1] * factor)
    given = [detections(1, seed=seed) for seed in range(FRAMES)]
    images = [
        {"id": 70 + n, "file_name": f"walk_{n:05d}.jpg", "width": width, "height": height}
        for n in range(FRAMES)
    ]
    people = [
        {"image_id": 70 + n, "id": n, "category_id": 1,
         "keypoints": [*np.insert(frame.keypoints[0] * float(factor), 2, 2.0, axis=1).ravel()]}
        for n, frame in enumerate(given)
    ]  # fmt: skip
    document = {"images": images, "annotations": json.loads(json.dumps(people, default=float))}
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")
    for frame, expected in zip(laid_out(tmp_path / "a.json").frames, given, strict=True):
        # Half a pixel of one picture is not half a pixel of the other.
        np.testing.assert_allclose(frame.keypoints, expected.keypoints, atol=0.6)
        assert frame.scores.min() == 1


@pytest.mark.parametrize("factor", [2, 3])
def test_our_own_file_of_a_smaller_copy_is_scaled(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, factor: int
) -> None:
    saved = kept([1, 0, 2])
    info = video(tmp_path / "in.mp4", 3)
    info = replace(info, width=info.width * factor, height=info.height * factor)
    with caplog.at_level(logging.INFO):
        found = for_video(saved, tmp_path / "a.npz", info, lambda: 3)
    assert found.image_size == (info.width, info.height)
    assert "is of a picture of 640x480, and is scaled to" in caplog.text
    for frame, before in zip(found.frames, saved.frames, strict=True):
        expected = (before.keypoints + 0.5) * factor - 0.5
        np.testing.assert_allclose(frame.keypoints, expected, rtol=1e-5)
        np.testing.assert_array_equal(frame.scores, before.scores)


def test_scaling_there_and_back_is_nothing() -> None:
    frames = [detections(2), detections(0)]
    back = scaled(scaled(frames, SIZE, (1280, 720)), (1280, 720), SIZE)
    for frame, expected in zip(back, frames, strict=True):
        np.testing.assert_allclose(frame.keypoints, expected.keypoints, atol=1e-3)
        np.testing.assert_allclose(frame.boxes, expected.boxes, atol=1e-3)


@pytest.mark.parametrize(
    ("size", "other", "same"),
    [((1920, 1080), (1280, 720), True), ((1920, 1080), (1920, 1088), True),
     ((1920, 1080), (854, 480), True), ((1920, 1080), (1080, 1920), False),
     ((640, 480), (640, 360), False)],
)  # fmt: skip
def test_shapes(size: tuple[int, int], other: tuple[int, int], same: bool) -> None:
    assert same_shape(size, other) is same_shape(other, size) is same


def test_a_size_of_another_shape_is_refused(tmp_path: Path) -> None:
    document: Any = {
        "images": [{"id": 0, "file_name": "0.jpg", "width": 480, "height": 640}],
        "annotations": [{"image_id": 0, "keypoints": [50, 60, 2] * 17}],
    }
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InputError, match="480x640, and the video of 640x480 has another shape"):
        laid_out(tmp_path / "a.json")


def test_a_rate_that_differs_is_refused_whatever_the_size(tmp_path: Path) -> None:
    info = replace(video(tmp_path / "in.mp4", 3), width=1280, height=960, fps=Fraction(25))
    with pytest.raises(InputError, match=r"29\.97 a second"):
        for_video(kept([1, 0, 2]), tmp_path / "a.npz", info, lambda: 3)
