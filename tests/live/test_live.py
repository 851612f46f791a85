from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from glagcn_cli.camera import focal_length
from glagcn_cli.commands.video import main
from glagcn_cli.errors import InputError
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.windows import CENTRE
from glagcn_cli.live import run as live_run
from glagcn_cli.live import window
from glagcn_cli.live.capture import FileAtItsSpeed, NewestFrame, open_source
from glagcn_cli.live.causal_lifter import CausalLifter, LiftedFrame
from glagcn_cli.live.following import Follower
from glagcn_cli.live.placing import LiveScene
from glagcn_cli.live.run import LiveReport, run_live
from glagcn_cli.live.view import PANEL_HEIGHT, LivePicture
from glagcn_cli.live.window import DisplayError, check_window
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.pipeline.video_lifter import VideoLifter
from glagcn_cli.poses import FrameDetections, Keypoints2D, LiftedJoints, PoseSequence
from glagcn_cli.scene.contacts import ANKLE_HEIGHT
from glagcn_cli.skeleton import COCO17, H36M17, to_lifter_joints
from tests.helpers.clips import counting
from tests.helpers.fake_detection import (
    HEIGHT,
    WIDTH,
    FakeDetector,
    clip,
    random_lifter,
    use_detector,
    walker,
)
from tests.helpers.moving_figure import walking

SIZE = (WIDTH, HEIGHT)
Frames = NDArray[np.uint8]


@pytest.fixture(scope="session")
def lifter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_lifter(tmp_path_factory.mktemp("lifter") / "random.pth")


# Capture -----------------------------------------------------------------------------------------


class Feed:
    """Frames by hand: as many as `go` is told."""

    def __init__(self, frames: Frames, error: Exception | None = None) -> None:
        self.size = (frames.shape[2], frames.shape[1])
        self.frames, self.error = frames, error
        self.wanted, self.taken = threading.Semaphore(0), threading.Semaphore(0)
        self.closed = False

    def go(self, frames: int) -> None:
        self.wanted.release(frames)
        for _ in range(frames):
            assert self.taken.acquire()

    def __iter__(self) -> Iterator[Frames]:
        for frame in self.frames:
            self.wanted.acquire()
            yield frame
            self.taken.release()
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.closed = True


def test_the_newest_frame_is_taken_and_the_others_are_counted() -> None:
    feed = Feed(counting(6))
    with NewestFrame(feed) as newest:
        feed.go(3)
        first = newest.take()
        feed.go(3)
        second = newest.take()
        assert newest.take() is None
    assert first is not None
    assert second is not None
    assert (first.number, second.number, newest.dropped) == (2, 5, 4)
    np.testing.assert_array_equal(second.frame, feed.frames[5])
    assert first.at < second.at <= time.monotonic()
    assert feed.closed


@pytest.mark.parametrize("error", [InputError("cut off"), RuntimeError("cable pulled")])
def test_what_goes_wrong_in_the_thread_is_told_after_the_last_frame(error: Exception) -> None:
    feed = Feed(counting(1), error)
    with NewestFrame(feed) as newest:
        feed.go(1)
        assert newest.take() is not None
        with pytest.raises(InputError, match=str(error)):
            newest.take()


def test_a_file_is_played_at_its_own_speed(tmp_path: Path) -> None:
    source = open_source(str(clip(tmp_path / "in.mp4", 12, 25)))
    assert isinstance(source, FileAtItsSpeed)
    assert source.size == SIZE
    started = time.monotonic()
    came = [time.monotonic() - started for _ in source]
    source.close()
    assert len(came) == 12
    assert all(at >= number / 25 - 0.001 for number, at in enumerate(came))


def test_a_long_file_is_left_at_once(tmp_path: Path) -> None:
    source = open_source(str(clip(tmp_path / "in.mp4", 50, Fraction(1, 10))))
    with NewestFrame(source) as newest:
        assert newest.take() is not None
        threading.Timer(0.1, source.close).start()
        assert newest.take() is None  # the next frame would be there after ten seconds


@pytest.mark.parametrize(("name", "told"), [("73", "camera 73"), ("nowhere.mp4", "nowhere.mp4")])
def test_a_camera_that_is_not_there_is_named(name: str, told: str) -> None:
    with pytest.raises(InputError, match=f"nothing comes from {told}"):
        open_source(name)


def test_a_pipe_is_read_by_opencv(tmp_path: Path) -> None:
    video = clip(tmp_path / "in.mkv", 5).read_bytes()
    pipe = tmp_path / "pipe.mkv"
    os.mkfifo(pipe)
    threading.Thread(target=lambda: pipe.write_bytes(video), daemon=True).start()
    source = open_source(str(pipe))
    assert (source.size, len(list(source))) == (SIZE, 5)
    source.close()


# Following ---------------------------------------------------------------------------------------


def people(*places: tuple[float, float]) -> FrameDetections:
    """People of one frame, by how far to the right they stand and how large they are."""
    pose = walker(1)[0]
    points = np.array([pose * size + (x, 0) for x, size in places]).reshape(-1, 17, 2)
    boxes = np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)
    ones = np.ones(len(places), np.float32)
    scores = np.ones((len(places), 17), np.float32)
    return FrameDetections(boxes.astype(np.float32), ones, points.astype(np.float32), scores)


def test_the_largest_is_followed_though_another_grows_larger() -> None:
    follower = Follower()
    assert follower.choose(people((0, 1.0), (200, 1.5)), 0.0) == 1
    assert follower.choose(people((0, 2.0), (203, 1.5)), 0.04) == 1
    assert follower.choose(people((206, 1.5), (0, 2.0)), 0.08) == 0
    # Seen again after half a second, some way on.
    assert follower.choose(people((0, 2.0), (230, 1.5)), 0.58) == 1


def test_nobody_is_taken_for_the_person_until_a_second_has_passed() -> None:
    follower = Follower()
    assert follower.choose(people(), 0.0) is None
    assert follower.choose(people((0, 1.0)), 0.1) == 0
    assert follower.choose(people((600, 3.0)), 0.2) is None
    assert follower.choose(people(), 0.8) is None
    assert follower.choose(people((600, 3.0)), 1.05) is None
    assert follower.choose(people((600, 3.0)), 1.2) == 0
    assert follower.choose(people((0, 1.0)), 1.3) is None


# Lifting -----------------------------------------------------------------------------------------


def test_the_newest_pose_is_lifted_as_the_last_of_a_clip_is(lifter: Path) -> None:
    """Against the lifting of whole clips, which holds a clip's end as well."""
    model = Lifter.load(str(lifter))
    rate, points = model.card.fps, walker(60)
    scores = np.full((60, 17), 0.9, np.float32)
    joints, trust = to_lifter_joints(points, scores, COCO17)
    causal = CausalLifter(model, SIZE, 60.0, flip=True)
    for number in range(60):
        found = causal.lift(100 + number / rate, points[number], scores[number], COCO17)
        if number not in (0, 5, 59):
            continue
        assert found is not None
        # Frames are dropped from the front alone: what was before them is held.
        clip_so_far = slice(max(0, number - 20), number + 1)
        expected = model.lift_steady(
            joints[clip_so_far].astype(float), SIZE, trust[clip_so_far].astype(float),
            fov=60.0, flip=True, branch=CENTRE,
        )  # fmt: skip
        np.testing.assert_allclose(found.lifted.joints[0], expected.joints[-1], atol=2e-5)
        np.testing.assert_allclose(found.keypoints[0], joints[number], atol=1e-4)
        assert (found.lifted.up is None) == (expected.up is None)


def test_times_may_be_irregular(lifter: Path) -> None:
    """A body that moves evenly is where it is, whenever frames come."""
    model = Lifter.load(str(lifter))
    pose, scores = walker(1)[0], np.full(17, 0.9, np.float32)

    def newest(times: NDArray[np.float64]) -> NDArray[np.float64]:
        causal = CausalLifter(model, SIZE, 60.0, flip=False)
        for at in times:
            found = causal.lift(at, pose + np.float32([30 * at, 5 * at]), scores, COCO17)
        assert found is not None
        return found.lifted.joints

    even = np.arange(0, 1.2001, 1 / 25)
    uneven = np.concatenate([np.sort(np.random.default_rng(1).uniform(0, 1.2, 30)), [1.2]])
    np.testing.assert_allclose(newest(uneven), newest(even), atol=1e-4)


def test_who_was_gone_begins_anew_and_a_hidden_joint_is_held(lifter: Path) -> None:
    model = Lifter.load(str(lifter))
    points, scores = walker(40), np.full(17, 0.9, np.float32)
    causal, fresh = (CausalLifter(model, SIZE, 60.0, flip=False) for _ in range(2))
    for number in range(20):
        causal.lift(number / 25, points[number], scores, COCO17)
    later = causal.lift(9.0, points[30], scores, COCO17)
    anew = fresh.lift(0.0, points[30], scores, COCO17)
    assert later is not None
    assert anew is not None
    np.testing.assert_array_equal(later.lifted.joints, anew.lifted.joints)
    wrist = COCO17.index("left_wrist")
    hidden, gone = scores.copy(), points[31].copy()
    hidden[wrist], gone[wrist] = 0, 0
    held = causal.lift(9.04, gone, hidden, COCO17)
    assert held is not None
    where = H36M17.index("left_wrist")
    np.testing.assert_allclose(held.keypoints[0, where], points[30, wrist], atol=1e-3)
    assert held.scores[0, where] < 0.1
    assert causal.lift(99.0, gone, np.zeros(17, np.float32), COCO17) is None


# The scene ---------------------------------------------------------------------------------------


def seen(joints: NDArray[np.float64], camera_height: float, distance: float) -> LiftedFrame:
    """A pose (17, 3), y up on a floor, as a level camera sees it, and as a lifter would lift it."""
    camera = joints * [1, -1, -1] + [0, camera_height, distance]
    focal = focal_length((1280, 720), 60.0)
    points = camera[:, :2] / camera[:, 2:] * focal + (np.array([1280, 720]) - 1) / 2
    up = np.array([[0.0, -1, 0]])
    lifted = LiftedJoints((camera - camera[:1])[None], np.full((1, 17), 0.02), up)
    return LiftedFrame(lifted, points[None], np.ones((1, 17)))


@pytest.mark.parametrize(("moves", "off"), [(False, 0.001), (True, 0.1)])
def test_a_body_stands_where_it_is(moves: bool, off: float) -> None:
    poses = walking(50, 25.0, heading=40.0).joints
    poses = poses - poses[:, :1] * [1, 0, 1] if moves else np.repeat(poses[:1], 50, axis=0)
    scene = LiveScene((1280, 720), 60.0, level=False)
    for number, pose in enumerate(poses):
        placed = scene.place(number / 25, seen(pose, 1.4, 4.0)).joints[0]
    ankles = pose[H36M17.indices(["left_ankle", "right_ankle"]), 1]
    truth = pose - [0, ankles.min() - ANKLE_HEIGHT, 4.0]
    assert np.linalg.norm(placed - truth, axis=1).max() < off


@pytest.mark.parametrize("level", [False, True])
def test_what_is_up_is_told_by_the_lifter_unless_the_camera_is_level(level: bool) -> None:
    pose = walking(1, 25.0, heading=0.0).joints[0]
    frame = seen(pose, 1.0, 4.0)
    tilt = np.radians(20)
    turn = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    lifted = frame.lifted._replace(
        joints=frame.lifted.joints @ turn.T, up=np.array([[0.0, -1, 0]]) @ turn.T
    )
    placed = LiveScene((1280, 720), 60.0, level).place(
        0.0, LiftedFrame(lifted, frame.keypoints, frame.scores)
    )
    trunk = np.subtract(*placed.joints[0, H36M17.indices(["thorax", "hip"])])
    lean = np.degrees(np.arccos(trunk[1] / np.linalg.norm(trunk)))
    truth = np.subtract(*pose[H36M17.indices(["thorax", "hip"])])
    upright = np.degrees(np.arccos(truth[1] / np.linalg.norm(truth)))
    assert abs(lean - upright) < 1 if not level else abs(lean - upright) > 10


# The picture -------------------------------------------------------------------------------------


def pose_at(x: float) -> PoseSequence:
    joints = walking(1, 25.0, heading=0.0).joints + np.array([x, 0, 0])
    return PoseSequence(
        joints.astype(np.float32), np.ones((1, 17), np.float32), np.ones(1, bool), Fraction(25),
        np.zeros((1, 17, 2), np.float32),
    )  # fmt: skip


def test_the_view_stands_still_until_somebody_walks_away() -> None:
    picture = LivePicture((160, 90))
    frame = np.full((90, 160, 3), 200, np.uint8)
    pictures = [picture.draw(frame, None, pose_at(x), 0.0) for x in (0.0, 0.5, 3.0)]
    height, width, _ = pictures[0].shape
    assert all(drawn.shape == (height, width, 3) for drawn in pictures)
    assert height == PANEL_HEIGHT
    # The outermost columns show the floor alone.
    first, near, far = (drawn[: height * 3 // 4, -width // 12 :] for drawn in pictures)
    np.testing.assert_array_equal(first, near)
    assert (first != far).any()
    middle = np.s_[height // 4 : height // 2, width // 8 : width // 3]
    assert (pictures[0][middle] == 200).all()


def test_nobody_is_drawn_as_nobody() -> None:
    picture = LivePicture((160, 90))
    frame = np.full((90, 160, 3), 200, np.uint8)
    keypoints = Keypoints2D(
        np.full((1, 17, 2), 45, np.float32), np.ones((1, 17), np.float32), np.ones(1, bool),
        Fraction(25), (160, 90), COCO17,
    )  # fmt: skip
    alone = picture.draw(frame, None, None, 1.0)
    assert (alone != picture.draw(frame, keypoints, None, 1.0)).any()
    assert (alone != picture.draw(frame, None, None, 1.0, "delay 90 ms")).any()


# A run -------------------------------------------------------------------------------------------


def watched(
    monkeypatch: pytest.MonkeyPatch, lifter: Path, source: Any, show: Callable[[Frames], bool]
) -> LiveReport:
    use_detector(monkeypatch, FakeDetector())
    report = LiveReport()
    run_live(VideoLifter(Settings(lifter=str(lifter), device="cpu")), source, show, report)
    return report


def test_slow_eyes_see_the_newest_frames(monkeypatch, tmp_path, lifter) -> None:
    shown: list[Frames] = []

    def show(picture: Frames) -> bool:
        shown.append(picture)
        time.sleep(0.15)
        return True

    source = open_source(str(clip(tmp_path / "in.mp4", 30, 25)))
    report = watched(monkeypatch, lifter, source, show)
    assert len(report.delays) == len(shown) == report.with_somebody
    assert len(shown) + report.dropped == 30
    assert 2 <= len(shown) <= 10
    assert min(report.delays) >= 0.15
    # Grey levels tell the frames' numbers: from each picture to the next some were left out.
    levels = [int(picture[PANEL_HEIGHT // 2, 20, 0]) for picture in shown]
    assert levels == sorted(levels)
    assert max(np.diff(levels)) > 2
    assert report.seconds >= 0.15 * (len(shown) - 1)
    text = str(report)
    assert f"{len(shown)} frames were shown" in text
    assert f"{report.dropped} were dropped" in text
    assert f"{1000 * np.median(report.delays):.0f} ms (median)" in text
    assert f"{1000 * np.percentile(report.delays, 95):.0f} ms (95 %)" in text


def test_whoever_shows_ends_it(monkeypatch, tmp_path, lifter) -> None:
    source = open_source(str(clip(tmp_path / "in.mp4", 500, 25)))
    report = watched(monkeypatch, lifter, source, lambda _: False)
    assert len(report.delays) == 1


def test_an_empty_run_is_said_to_be_empty() -> None:
    assert str(LiveReport()) == "no frame was shown"


# The command line --------------------------------------------------------------------------------


class Screen:
    """A window without a screen; ends after some pictures, as Ctrl-C does or as q does."""

    def __init__(self, ctrl_c: bool = False) -> None:
        self.pictures: list[Frames] = []
        self.ctrl_c = ctrl_c

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __call__(self, picture: Frames) -> bool:
        self.pictures.append(picture)
        if len(self.pictures) == 3 and self.ctrl_c:
            raise KeyboardInterrupt
        return len(self.pictures) < 3


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.mark.parametrize("ctrl_c", [False, True])
def test_a_call_shows_and_tells_the_delay(monkeypatch, tmp_path, lifter, ctrl_c: bool) -> None:
    use_detector(monkeypatch, FakeDetector())
    screen = Screen(ctrl_c)
    monkeypatch.setattr(window, "Window", lambda: screen)
    source = clip(tmp_path / "in.mp4", 60, 25)
    result = run("--camera", source, "--lifter", lifter, "--device", "cpu", "--people", "1")
    assert result.exit_code == 0, result.output
    assert len(screen.pictures) == 3
    assert result.stdout == ""
    assert f"glagcn-video: {source}: {2 if ctrl_c else 3} frames were shown" in result.stderr
    assert "From capture to screen: " in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4"]


def test_all_models_are_loaded_before_the_first_frame(monkeypatch, tmp_path, lifter) -> None:
    use_detector(monkeypatch, FakeDetector())
    monkeypatch.setattr(window, "Window", lambda: Screen(False))
    loaded: list[bool] = []
    monkeypatch.setattr(
        live_run, "run_live", lambda models, *_: loaded.append("lifter" in vars(models))
    )
    result = run("--camera", clip(tmp_path / "in.mp4"), "--lifter", lifter, "--device", "cpu")
    assert result.exit_code == 0, result.output
    assert loaded == [True]


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["-o", "a.mp4"], "--output"),
        (["--plot", "a.png"], "--plot"),
        (["--people", "all"], "--person"),
        (["--no-foot-lock"], "--foot-lock"),
        (["--smoothing", "6"], "--smoothing"),
        (["--quality", "best"], "--quality"),
        (["--start", "3"], "--start"),
        (["--save-2d"], "--save-2d"),
        (["--no-cache"], "--cache"),
        (["--from-2d", "a.npz"], "--from-2d"),
    ],
)
def test_options_without_effect_are_refused(arguments: list[str], option: str) -> None:
    result = run("--camera", "0", *arguments)
    assert result.exit_code == 2
    assert f"{option} has no effect with --camera" in result.stderr


def test_a_camera_and_a_video_are_refused() -> None:
    result = run("in.mp4", "--camera", "0")
    assert result.exit_code == 2
    assert "leave out INPUT, or --camera" in result.stderr


def test_without_a_display_one_message_says_so(monkeypatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(window, "_TRIAL", "pass")  # there is no need to ask
    with pytest.raises(DisplayError, match=r"--camera: no window can be opened \(.*no display"):
        check_window()


@pytest.mark.parametrize(
    ("trial", "words"),
    [
        ("raise SystemExit('The function is not implemented. Rebuild')", "opencv-python-headless"),
        ("raise SystemExit('qt.qpa.plugin: Could not load the Qt platform plugin')", "libsm6"),
        ("import os; os.abort()", "no reason is given"),
        ("import time; time.sleep(30)", "does not answer"),
        ("pass", None),
    ],
)
def test_what_keeps_a_window_from_opening_is_told(monkeypatch, trial: str, words) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(window, "_TRIAL", trial)
    monkeypatch.setattr(window, "_PATIENCE", 0.5 if "sleep" in trial else 20)
    if words is None:
        check_window()
        return
    with pytest.raises(DisplayError, match=words):
        check_window()


def test_help_and_options_import_no_opencv() -> None:
    code = (
        "import sys\n"
        "import glagcn_cli.commands.live_camera\n"
        "sys.exit(' '.join({'torch', 'cv2', 'numpy'} & set(sys.modules)) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


torch.set_num_threads(1)
