from __future__ import annotations

import inspect
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import imageio_ffmpeg
import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from glagcn_cli import __version__
from glagcn_cli.batch.lift_many import DEFAULT_FORMATS
from glagcn_cli.camera import DEFAULT_FOV
from glagcn_cli.commands.video import main
from glagcn_cli.detection.models import names
from glagcn_cli.errors import CheckpointError
from glagcn_cli.export.formats import BY_SUFFIX
from glagcn_cli.pipeline import video_lifter
from glagcn_cli.pipeline.settings import BVH_SKELETONS, FOV_RANGE, HEIGHT_RANGE, Settings
from glagcn_cli.video.fetching import DEFAULT_IMAGE_FPS
from tests.helpers.clips import opencv_frames
from tests.helpers.fake_detection import FakeDetector, clip, random_lifter, use_detector
from tests.helpers.terminal import on_a_terminal
from tests.helpers.waiting import until

PROGRAM = [sys.executable, "-m", "glagcn_cli.commands.video"]


@pytest.fixture(scope="session")
def lifter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_lifter(tmp_path_factory.mktemp("lifter") / "random.pth")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


# Help and versions -------------------------------------------------------------------------------


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from glagcn_cli.commands.video import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "heavy = {'torch', 'mmpose', 'mmdet', 'mmengine', 'cv2', 'scipy', 'numpy', 'matplotlib'}\n"
        "sys.exit(' '.join(heavy & set(sys.modules)) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Usage:")


def test_help_states_the_defaults_that_hold() -> None:
    text = " ".join(run("--help").output.split())
    stated = dict(
        re.findall(r"--([a-z]+) [A-Z|a-z,\[\]:]+ (?:(?! --).)*?\[default: ([^\]]+)\]", text)
    )
    settings = Settings()
    assert stated.pop("fps").startswith(f"{DEFAULT_IMAGE_FPS:g} for numbered pictures, else")
    assert stated.pop("format") == ",".join(DEFAULT_FORMATS)
    for name in ("threads", "fov", "height", "mass", "progress", "jobs"):
        stated.pop(name)
    expected = {name: getattr(settings, name) for name in stated}
    assert {name: type(expected[name])(value) for name, value in stated.items()} == expected
    told = {"people", "smoothing", "up", "turn", "quality"}
    told |= {"detector", "pose", "lifter", "device", "precision", "unit"}
    assert set(stated) == told
    assert f"video says of its lens, else {DEFAULT_FOV:g}]" in text
    for option, value in (("bvh-skeleton", settings.bvh_skeleton), ("foot-lock", "foot-lock")):
        assert re.search(rf"--{option} (?:(?! --\w+ [A-Z]).)*?\[default: {value}\]", text)
    for low, high in (FOV_RANGE, HEIGHT_RANGE):
        assert f"{low:g} to {high:g}" in text


def test_help_names_every_model_and_format() -> None:
    text = "".join(run("--help").output.split())
    for name in (*names("detector"), *names("pose"), *BY_SUFFIX):
        assert name in text


def test_every_option_is_explained_once_under_a_heading() -> None:
    text = run("--help").output
    headings = re.findall(r"^(\w[\w ]+):$", text, re.MULTILINE)
    assert headings == [
        "Output", "Many videos", "Input", "Lifting", "Scene", "Picture", "Models", "Settings",
        "Messages",
    ]  # fmt: skip
    for option in main.params:
        if isinstance(option, click.Option):
            assert option.help
            name = max(option.opts, key=len)
            lines = re.findall(rf"^  (?:-\w, )?{name}(?![\w-])", text, re.MULTILINE)
            assert len(lines) == 1, lines


def test_skeletons_of_bvh_are_those_that_can_be_written() -> None:
    from glagcn_cli.export.rig.bvh_skeletons import DEFAULT_DIALECT, DIALECTS

    assert set(BVH_SKELETONS) == set(DIALECTS)
    assert Settings().bvh_skeleton == DEFAULT_DIALECT


def test_every_setting_has_an_option() -> None:
    options = {option.name for option in main.params}
    assert set(inspect.signature(Settings).parameters) <= options


def test_version_tells_what_a_bug_report_needs() -> None:
    result = run("--version")
    assert result.exit_code == 0
    told = dict(line.rsplit(" ", 1) for line in result.output.splitlines())
    assert told["glagcn-video"] == __version__
    # A CUDA build's package says 2.13.0 where the module says 2.13.0+cu130.
    assert told["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert told["mmpose"] == "1.3.2"
    assert told["ffmpeg"] == imageio_ffmpeg.get_ffmpeg_version()


# What is printed where ---------------------------------------------------------------------------


def test_standard_output_has_the_files_and_nothing_else(monkeypatch, tmp_path, lifter) -> None:
    use_detector(monkeypatch, FakeDetector(people=2))
    source, out = clip(tmp_path / "in.mp4"), tmp_path / "a.bvh"
    result = run(source, "-o", out, "-o", tmp_path / "a.mp4", "--people", "all", "--lifter", lifter)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        str(tmp_path / name) for name in ("a.bvh", "a.person2.bvh", "a.mp4", "a.run.json")
    ]
    assert result.stderr == ""


def test_quiet_prints_nothing(monkeypatch, tmp_path, lifter) -> None:
    use_detector(monkeypatch, FakeDetector())
    source = clip(tmp_path / "in.mp4")
    result = run(source, "-o", tmp_path / "a.npy", "--lifter", lifter, "--quiet")
    assert result.exit_code == 0
    assert result.output == ""
    assert (tmp_path / "a.npy").exists()


def test_what_was_written_before_a_failure_is_listed(monkeypatch, tmp_path, lifter) -> None:
    use_detector(monkeypatch, FakeDetector(people=0))
    source = clip(tmp_path / "in.mp4")
    result = run(source, "-o", tmp_path / "a.mp4", "-o", tmp_path / "a.npy", "--lifter", lifter)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [str(tmp_path / "a.mp4"), str(tmp_path / "a.run.json")]
    assert "no person was found" in result.stderr


def test_long_messages_are_cut_unless_asked_for(monkeypatch, tmp_path, lifter) -> None:
    def fail(_: int) -> None:
        raise CheckpointError("bad.pth does not fit:\n" + "size mismatch\n" * 500)

    command = [clip(tmp_path / "in.mp4"), "-o", tmp_path / "a.npy", "--lifter", lifter]
    use_detector(monkeypatch, FakeDetector(before_batch=fail))
    lines = run(*command).stderr.splitlines()
    assert lines[0] == "glagcn-video: bad.pth does not fit:"
    assert len(lines) == 5
    assert "--verbose shows all" in lines[-1]
    assert run(*command, "--verbose").stderr.count("glagcn-video: size mismatch") == 500


def test_libraries_do_not_talk_to_users(tmp_path, lifter) -> None:
    noise = (
        "warnings.warn('tensors will be renamed in 3.0', FutureWarning)\n"
        "type('Untidy', (), {'__del__': lambda self: 1 / 0})()"
    )
    source = clip(tmp_path / "in.mp4")
    for verbose, words in ((["--verbose"], ("renamed in 3.0", "ZeroDivisionError")), ([], ())):
        command = [*harness(noise), source, "-o", tmp_path / "a.npy", "--no-cache"]
        command += ["--lifter", lifter]
        done = subprocess.run(
            [*command, "--overwrite", *verbose], capture_output=True, text=True, check=True
        )
        assert done.stderr == "" or verbose
        assert all(word in done.stderr for word in words)
        assert done.stdout.splitlines() == [str(tmp_path / "a.npy"), str(tmp_path / "a.run.json")]


def test_choices_reach_the_run(monkeypatch, tmp_path, lifter) -> None:
    use_detector(monkeypatch, FakeDetector(people=2))
    result = run(
        clip(tmp_path / "in.mp4"), "-o", tmp_path / "a.npy", "--lifter", lifter, "--fov", "70",
        "--smoothing", "0", "--turn", "-15", "--no-flip", "--person", "2", "--device", "cpu",
        "--threads", "1", "--height", "1.6", "--no-foot-lock", "--up", "camera",
        "--bvh-skeleton", "cmu", "--start", "0:00.2", "--end", "1.5", "--max-frames", "12",
        "--every", "2", "--quality", "draft", "--precision", "single", "--boxes-every", "3",
        "--least-seconds", "2", "--keypoint-rate", "12.5", "--mass", "60", "--feet-hands",
        "--fingers",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads((tmp_path / "a.run.json").read_text())["settings"]
    del told["input"]
    assert told == {
        "detector": "rtmdet-nano", "pose": "movenet-thunder", "lifter": str(lifter),
        "device": "cpu", "people": 2, "fov": 70.0, "lens": None, "flip": False, "smoothing": 0.0,
        "turn": -15.0,
        "threads": 1, "height": 1.6, "foot_lock": False, "up": "camera", "bvh_skeleton": "cmu",
        "start": 0.2, "end": 1.5, "max_frames": 12, "every": 2, "quality": "draft",
        "precision": "single", "boxes_every": 3, "max_people": None,
        "least_seconds": 2.0, "keypoint_rate": 12.5, "mass": 60.0, "feet_hands": True,
        "fingers": True,
        "body": False, "character": None, "character_bones": None,
    }  # fmt: skip


def test_without_choices_the_library_decides(monkeypatch, tmp_path, lifter) -> None:
    use_detector(monkeypatch, FakeDetector())
    seen: list[Settings] = []
    real = video_lifter.VideoLifter.__init__

    def note(self: video_lifter.VideoLifter, settings: Settings) -> None:
        seen.append(settings)
        real(self, settings)

    monkeypatch.setattr(video_lifter.VideoLifter, "__init__", note)
    run(clip(tmp_path / "in.mp4"), "-o", tmp_path / "a.npy", "--lifter", lifter)
    assert seen == [Settings(lifter=str(lifter))]


def test_people_who_were_not_lifted_are_told_of(monkeypatch, tmp_path, lifter) -> None:
    use_detector(monkeypatch, FakeDetector(people=2))
    source = clip(tmp_path / "in.mp4")
    output = ("-o", tmp_path / "a.npy", "--overwrite")
    arguments = (source, *output, "--lifter", lifter, "--no-cache")
    assert run(*arguments).stderr == (
        f"glagcn-video: {source}: 2 people were found, person 1 is lifted; --people all lifts "
        "everybody\n"
    )
    assert run(*arguments, "--people", "all").stderr == ""
    assert run(*arguments, "--quiet").stderr == ""


# The real program --------------------------------------------------------------------------------


def test_the_real_program_end_to_end(tmp_path, lifter) -> None:
    """From the command to the files, with the networks that come with the program."""
    source = clip(tmp_path / "in.mp4", 3)
    done = subprocess.run(
        [*PROGRAM, source, "-o", tmp_path / "a.mp4", "--lifter", lifter, "--threads", "1"],
        capture_output=True,
        text=True,
    )
    # Grey pictures show nobody.
    assert done.returncode == 1
    assert done.stderr == (
        f"glagcn-video: {source}: no person was found in any of its 3 frames; "
        f"{tmp_path / 'a.mp4'} was written without a skeleton, no pose files\n"
    )
    assert done.stdout.splitlines() == [str(tmp_path / "a.mp4"), str(tmp_path / "a.run.json")]
    assert len(opencv_frames(tmp_path / "a.mp4")) == 3


def test_a_machine_that_does_not_show_its_processor_says_nothing(tmp_path, lifter) -> None:
    (tmp_path / "empty").mkdir()
    arguments = [clip(tmp_path / "in.mp4", 3), "-o", tmp_path / "a.mp4", "--lifter", lifter]
    done = subprocess.run(
        [*PROGRAM, *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"HWLOC_FSROOT": str(tmp_path / "empty")},
    )
    assert "hwloc" not in done.stderr and "no person was found" in done.stderr


def test_the_real_networks_find_a_drawn_person(tmp_path, lifter) -> None:
    from glagcn_cli.diagnostics.synthetic_people import draw_people
    from tests.helpers.clips import encode

    picture = draw_people(320, 256, [(160, 130, 200)])
    source = encode(tmp_path / "in.mp4", np.stack([picture] * 3), 25, "-crf", "10")
    outputs = [f"-o{tmp_path / name}" for name in ("a.mp4", "a.npy", "a.npz", "a.bvh")]
    result = run(source, *outputs, "--lifter", lifter, "--threads", "1")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    assert np.isfinite(np.load(tmp_path / "a.npy")).all()
    # MoveNet's hips and shoulders as glagcn_cli/diagnostics/synthetic_people.py draws them: left is
    # on the right.
    arrays = np.load(tmp_path / "a.npz")
    joints = dict(zip(arrays["joint_names"].tolist(), arrays["keypoints_2d"][0, 1], strict=True))
    for name, place in {
        "left_hip": (171, 130), "right_hip": (149, 130),
        "left_shoulder": (180, 76), "right_shoulder": (140, 76),
    }.items():  # fmt: skip
        assert np.hypot(*(joints[name] - place)) < 20, name


# A terminal, Ctrl-C and other ends ---------------------------------------------------------------

_HARNESS = """
import sys, time, warnings
sys.path.insert(0, {tests!r})
from tests.helpers.fake_detection import FakeDetector
from glagcn_cli.keypoints import stage
from glagcn_cli.pipeline import video_lifter
from glagcn_cli.rendering import SideBySideRenderer

def before_batch(done):
    {detecting}

def slow(*arguments):
    {drawing}
    return render(*arguments)

detector = FakeDetector(before_batch=before_batch)
stage.load_people_detector = lambda *_: detector
render, SideBySideRenderer.render = SideBySideRenderer.render, slow
from glagcn_cli.commands.video import main
main(prog_name="glagcn-video")
"""


def harness(detecting: str = "pass", drawing: str = "pass") -> list[str]:
    """The program as a process, with a fake 2D stage and statements to run in two places."""
    text = _HARNESS.format(
        tests=str(Path(__file__).parents[2]),
        detecting=detecting.replace("\n", "\n    "),
        drawing=drawing,
    )
    return [sys.executable, "-c", text]


def test_bars_are_for_terminals(tmp_path, lifter) -> None:
    source = clip(tmp_path / "in.mp4", 40)
    command = [*harness("time.sleep(0.1)"), str(source), "-o", str(tmp_path / "a.mp4"), "--lifter"]
    out, shown, status = on_a_terminal([*command, str(lifter)])
    assert status == 0, shown
    assert out.splitlines() == [str(tmp_path / "a.mp4"), str(tmp_path / "a.run.json")]
    for stage in ("loading", "detection", "tracking", "lifting", "rendering"):
        assert stage in shown
    assert "40/40 frames" in shown
    assert "frames/s" in shown
    assert "left" in shown


@pytest.mark.parametrize(
    ("number", "status", "stage"),
    [
        (signal.SIGINT, 130, "rendering"),
        (signal.SIGINT, 130, "detection"),
        (signal.SIGTERM, 128 + signal.SIGTERM, "rendering"),
    ],
)
def test_a_signal_leaves_no_partial_file(tmp_path, lifter, number, status, stage) -> None:
    source = clip(tmp_path / "in.mp4", 100)
    out = tmp_path / "out"
    out.mkdir()
    ready = tmp_path / "ready"
    linger = f"open({str(ready)!r}, 'w').close(); time.sleep(SECONDS)"
    slow = (
        harness(detecting=linger.replace("SECONDS", "2"))
        if stage == "detection"
        else harness(drawing=linger.replace("SECONDS", "0.2"))
    )
    process = subprocess.Popen(
        [*slow, source, "-o", out / "a.npy", "-o", out / "a.mp4", "--lifter", lifter],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    # Drawing begins in its thread some moments before the video is there.
    rendering = stage == "rendering"
    until(lambda: ready.exists() and bool(list(out.glob(".a*"))) == rendering, process)
    os.kill(process.pid, number)
    stdout, stderr = process.communicate()
    assert process.returncode == status, stderr
    assert "Traceback" not in stderr
    if number == signal.SIGINT:
        assert "glagcn-video: interrupted" in stderr
    # Outputs that were whole before stay; there is nothing else, hidden files included.
    whole = ["a.npy", "a.run.json"] if stage == "rendering" else []
    assert sorted(path.name for path in out.iterdir()) == whole
    assert stdout.splitlines() == [str(out / name) for name in whole]


def test_ctrl_c_inside_a_stage_ends_with_130(monkeypatch, tmp_path, lifter) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    use_detector(monkeypatch, FakeDetector(before_batch=interrupt))
    source = clip(tmp_path / "in.mp4")
    result = run(source, "-o", tmp_path / "a.mp4", "--lifter", lifter)
    assert result.exit_code == 130
    assert result.stdout == ""
    assert "interrupted" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4"]


def test_an_error_nobody_foresaw_has_no_traceback_unless_asked_for(
    monkeypatch, tmp_path, lifter
) -> None:
    def fail(_: int) -> None:
        raise ZeroDivisionError("no people to divide by")

    source = clip(tmp_path / "in.mp4")
    command = [source, "-o", tmp_path / "a.npy", "--lifter", lifter]
    use_detector(monkeypatch, FakeDetector(before_batch=fail))
    result = run(*command)
    assert result.exit_code == 1
    assert "Traceback" not in result.stderr
    assert "in.mp4: unexpected error" in result.stderr
    assert "ZeroDivisionError: no people to divide by" in result.stderr
    assert "--verbose" in result.stderr
    result = run(*command, "--verbose")
    assert result.exit_code == 1
    assert "Traceback" in result.stderr
    assert "in fail" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--from-2d", "a.npz", "--max-frames", "5"], "--max-frames has no effect without a video"),
        (["in.mp4", "--from-2d", "a.npz", "--pose", "rtmpose-m"], "--pose has no effect with"),
        (["--from-3d", "a.npz", "--no-foot-lock"], "--foot-lock has no effect on poses that were"),
        (["--from-3d", "a.npz", "--up", "lines"], "--up lines looks for upright edges"),
    ],
)
def test_options_without_an_effect_are_refused(tmp_path, arguments, words) -> None:
    result = run(*arguments, "-o", tmp_path / "a.npy")
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())
