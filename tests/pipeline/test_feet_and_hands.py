"""Feet, palms and fingers on their way from the 2D stage to the files."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.keypoints.between import people_between
from glagcn_cli.keypoints.files import read_keypoints
from glagcn_cli.keypoints.picture_size import scaled
from glagcn_cli.keypoints.provenance import made_by
from glagcn_cli.keypoints.source import KeypointsUse
from glagcn_cli.pipeline.process_video import process_video
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.pipeline.telling import tell_of_ends
from glagcn_cli.pipeline.video_lifter import VideoLifter
from glagcn_cli.poses import FrameDetections, Keypoints2D
from glagcn_cli.rendering.video_panel import VideoPanel
from glagcn_cli.skeleton import COCO17, COCO25
from glagcn_cli.tracking.tracks import find_people, track_people
from glagcn_cli.video.probing import VideoInfo
from glagcn_cli.video.source import Source
from tests.helpers.fake_detection import (
    HEIGHT,
    WIDTH,
    FakeDetector,
    clip,
    random_lifter,
    use_detector,
)

HEEL, TOE = COCO25.index("left_heel"), COCO25.index("right_big_toe")
FIST = (
    (2, -9), (4, -7), (5, -5), (6, -4), (3, -9), (3, -12), (2, -10), (2, -9), (1, -9), (1, -12),
    (1, -10), (1, -9), (-1, -9), (-1, -12), (-1, -10), (-1, -9), (-3, -8), (-3, -11), (-2, -9),
    (-2, -8),
)  # fmt: skip


class WithHands(FakeDetector):
    """Sees feet and hands too; the right hand not in every third frame."""

    joint_set = COCO25

    def of_clip(self, _: FrameDetections | None = None) -> FakeDetector:
        return self

    def _frame(self, number: int, people: int) -> FrameDetections:
        body = super()._frame(number, people)
        ends = body.keypoints[:, [15, 16, 15, 16, 9, 10, 9, 10]] + np.float32(2.0)
        hands = np.zeros((people, 2, 21, 6), np.float32)
        hands[:, :, 1:, 2:4] = 0.01 * np.array(FIST)
        hands[..., :2] = 20 + hands[..., 2:4] * 50
        hands[..., 5] = 0.9
        hands[:, 1, :, 5] *= number % 3 != 0
        scores = np.full((people, 8), 0.7, np.float32)
        scores[:, 0] = 0.0
        return FrameDetections(
            body.boxes, body.box_scores, np.concatenate([body.keypoints, ends], axis=1),
            np.concatenate([body.scores, scores], axis=1), hands,
        )  # fmt: skip


@pytest.fixture(scope="module")
def lifter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_lifter(tmp_path_factory.mktemp("lifter") / "random.pth")


def run(
    monkeypatch: pytest.MonkeyPatch, lifter: Path, detector: FakeDetector, folder: Path
) -> dict[str, Path]:
    folder.mkdir(exist_ok=True)
    use_detector(monkeypatch, detector)
    models = VideoLifter(Settings(lifter=str(lifter), device="cpu"))
    outputs = [folder / f"walk{suffix}" for suffix in (".json", ".npz", ".npy", ".mp4")]
    process_video(models, clip(folder / "in.mp4"), outputs, use=KeypointsUse(save_2d=True))
    return {path.suffix: path for path in outputs} | {"2d": folder / "walk.keypoints.npz"}


def test_they_are_in_the_files_and_the_body_is_as_without(
    monkeypatch: pytest.MonkeyPatch, lifter: Path, tmp_path: Path
) -> None:
    plain = run(monkeypatch, lifter, FakeDetector(), tmp_path / "plain")
    more = run(monkeypatch, lifter, WithHands(), tmp_path / "more")
    np.testing.assert_array_equal(np.load(plain[".npy"]), np.load(more[".npy"]))
    before, after = (dict(np.load(files[".npz"])) for files in (plain, more))
    assert not [name for name in before if name.startswith(("detected", "hand", "finger"))]
    for name in ("joints_3d", "keypoints_2d", "scores", "contacts"):
        np.testing.assert_array_equal(before[name], after[name])
    frames = after["valid"].shape[1]
    assert after["detected_2d"].shape == (1, frames, 25, 2)
    assert np.isnan(after["detected_2d"][:, :, HEEL]).all()
    assert np.isfinite(after["detected_2d"][:, :, TOE]).all()
    assert after["detected_names"].tolist() == list(COCO25.joints)
    assert after["hands_2d"].shape == (1, frames, 2, 21, 2)
    assert after["finger_angles"].shape == (1, frames, 2, 5, 4)
    assert set(after["hand_shapes"][0, :, 0].tolist()) == {"closed"}
    assert after["hand_shapes"][0, :4, 1].tolist() == ["", "closed", "closed", ""]
    person = json.loads(more[".json"].read_text())["people"][0]
    assert person["detected_names"] == list(COCO25.joints)
    assert person["frames"][1]["detected_2d"][HEEL] == [None, None]
    assert person["frames"][1]["detected_scores"][TOE] == pytest.approx(0.7)
    assert [hand and hand["shape"] for hand in person["hands"]["right"][:3]] == [
        None, "closed", "closed",
    ]  # fmt: skip
    assert len(person["hands"]["left"][0]["points_3d"]) == 21
    assert "hands" not in json.loads(plain[".json"].read_text())["people"][0]


def test_2d_that_is_kept_has_them(
    monkeypatch: pytest.MonkeyPatch, lifter: Path, tmp_path: Path
) -> None:
    files = run(monkeypatch, lifter, WithHands(), tmp_path / "a")
    kept = read_keypoints(files["2d"])
    assert kept.joint_set is COCO25
    assert kept.frames[1].hands is not None and kept.frames[1].hands[0, 1, 0, 5] > 0.8
    again = tmp_path / "b.npz"
    use = KeypointsUse(from_2d=files["2d"])
    process_video(Settings(lifter=str(lifter), device="cpu"), None, [again], use=use)
    first, second = np.load(files[".npz"]), np.load(again)
    for name in ("joints_3d", "detected_2d", "hands_2d", "finger_angles", "hand_shapes"):
        np.testing.assert_array_equal(first[name], second[name])


def detections(frames: int) -> list[FrameDetections]:
    detector = WithHands()
    return [detector._frame(number, 1) for number in range(frames)]


def test_between_frames_that_are_looked_at_hands_move_on() -> None:
    frames = detections(9)
    filled = people_between(frames, 2, COCO25, Fraction(25))
    assert all(frame.hands is not None for frame in filled)
    a, b, c = (filled[number].hands for number in (4, 5, 6))
    np.testing.assert_allclose(b, (a + c) / 2, atol=1e-5)


def test_people_are_followed_by_their_bodies_alone() -> None:
    frames = detections(30)
    noise = np.random.default_rng(0)
    for frame in frames:
        frame.keypoints[:, 17:] += noise.normal(0, 500, (1, 8, 2)).astype(np.float32)
    bodies = [frame.body for frame in frames]
    assert bodies[0].keypoints.shape == (1, 17, 2) and bodies[0].body is bodies[0]
    for one, other in zip(
        find_people(frames, Fraction(25)), find_people(bodies, Fraction(25)), strict=True
    ):
        np.testing.assert_array_equal(one.frames, other.frames)


def test_hands_are_laid_out_with_their_person() -> None:
    (person,) = track_people(detections(12), Fraction(25), (WIDTH, HEIGHT), COCO25)
    assert person.hands is not None and person.hands.shape == (12, 2, 21, 6)
    assert (person.hands[:, 1, 0, 5] > 0).tolist() == [n % 3 != 0 for n in range(12)]


def test_hands_are_scaled_with_the_picture() -> None:
    (frame,) = scaled(detections(1), (WIDTH, HEIGHT), (2 * WIDTH, 2 * HEIGHT))
    before = detections(1)[0].hands
    assert frame.hands is not None and before is not None
    np.testing.assert_allclose(frame.hands[..., :2], before[..., :2] * 2 + 0.5, atol=1e-4)
    np.testing.assert_array_equal(frame.hands[..., 2:], before[..., 2:])


@pytest.mark.parametrize("option", ["feet_hands", "fingers"])
def test_the_cache_tells_them_apart(option: str) -> None:
    plain, more = Settings(), Settings(**{option: True})  # type: ignore[arg-type]
    assert made_by(plain) != made_by(more)
    assert made_by(Settings(feet_hands=True)) != made_by(Settings(fingers=True))


@pytest.mark.parametrize("shape", [(2, 21, 6), (3, 2, 21, 5)])
def test_hands_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="hands has shape"):
        Keypoints2D(
            np.zeros((3, 17, 2), np.float32), np.zeros((3, 17), np.float32), np.ones(3, bool),
            Fraction(25), (10, 10), COCO17, hands=np.zeros(shape, np.float32),
        )  # fmt: skip


def test_hands_that_were_seen_are_drawn() -> None:
    (person,) = track_people(detections(12), Fraction(25), (WIDTH, HEIGHT), COCO25)
    frame = np.zeros((HEIGHT, WIDTH, 3), np.uint8)

    def drawn(shown: Keypoints2D) -> np.ndarray:
        panel = np.zeros((4 * HEIGHT, 4 * WIDTH, 3), np.uint8)
        VideoPanel([shown], (WIDTH, HEIGHT), (4 * WIDTH, 4 * HEIGHT)).draw(panel, frame, 1)
        return panel

    assert (drawn(person) != drawn(replace(person, hands=None))).any()
    unseen = replace(person, hands=np.zeros_like(person.hands))
    np.testing.assert_array_equal(drawn(unseen), drawn(replace(person, hands=None)))


def test_options_have_no_effect_on_2d_from_a_file(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from glagcn_cli.commands.video import main

    file = tmp_path / "a.npz"
    file.touch()
    for option in ("--feet-hands", "--fingers"):
        found = CliRunner().invoke(main, ["--from-2d", str(file), "-o", "a.npy", option])
        assert found.exit_code == 2
        assert option in found.output


def test_who_hardly_has_feet_or_hands_is_told(caplog: pytest.LogCaptureFixture) -> None:
    (person,) = track_people(detections(12), Fraction(25), (WIDTH, HEIGHT), COCO25)
    info = VideoInfo(
        source=Source.of("walk.mp4"), width=WIDTH, height=HEIGHT, fps=Fraction(25), frames=12,
        duration=0.48, rotation=0, has_audio=False, codec="", variable_rate=None,
        tagged_colours=False,
    )  # fmt: skip
    caplog.set_level(logging.INFO)
    tell_of_ends([person], info)
    (line,) = [record.getMessage() for record in caplog.records]
    assert "the left foot in 0%" in line  # its heel is never seen
    assert "the right foot" not in line and "palm" not in line and "fingers" not in line
    caplog.clear()
    scores = person.scores.copy()
    scores[:] = 0.9
    tell_of_ends([replace(person, scores=scores)], info)
    assert not caplog.records
