"""Every way in which a run is refused or fails: exit code, words, and what is left behind."""

from __future__ import annotations

import errno
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner, Result

from glagcn_cli.commands.video import main
from glagcn_cli.detection.models import find_files
from glagcn_cli.export.formats import BY_SUFFIX
from glagcn_cli.keypoints import stage
from glagcn_cli.pipeline import video_lifter
from tests.helpers.clips import ffmpeg, opencv_frames
from tests.helpers.fake_detection import FakeDetector, clip, cut_off, random_lifter, use_detector


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return clip(folder / "in.mp4")


@pytest.fixture
def no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test when a model is loaded: the refusal has to come before."""

    def loaded(*_: object) -> None:
        raise AssertionError("models were loaded before the refusal")

    monkeypatch.setattr(video_lifter.VideoLifter, "load", loaded)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def refused(result: Result, code: int, *words: str | Path) -> None:
    """Check exit code and message, and that it is a message and not a traceback."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert "not foreseen" not in result.stderr
    for word in words:
        assert str(word) in result.stderr
    assert len(result.stderr) < 1500


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# The input ---------------------------------------------------------------------------------------


def _text(path: Path) -> None:
    path.write_text("I am not a video.\n" * 100)


def _noise(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 40)


def _sound_only(path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac", path)


def _headless(path: Path) -> None:
    # The index of an MP4 stands at its end: without it nothing can be decoded.
    cut_off(clip(path, 30), 0.5)


@pytest.mark.usefixtures("no_models")
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "no such file; check the name"),
        (Path.mkdir, "is a folder; name a video file in it"),
        (Path.touch, "is empty (0 bytes)"),
        (_text, "is not a video that ffmpeg can read"),
        (_noise, "is not a video that ffmpeg can read"),
        (_sound_only, "has no video stream"),
        (_headless, "check that it is complete"),
    ],
    ids=["missing", "folder", "empty", "text", "noise", "sound only", "without its index"],
)
def test_what_is_no_video(tmp_path, out, lifter, make, words) -> None:
    source = tmp_path / "clip.mp4"
    make(source)
    refused(run(source, "-o", out / "a.mp4", "--lifter", lifter), 1, f"{source}: ", words)
    assert names(out) == []


@pytest.mark.usefixtures("no_models")
@pytest.mark.parametrize(
    ("address", "code", "words"),
    [
        ("ftp://example.org/a.mp4", 2, "download the video first"),
        ("http://127.0.0.1:9/a.mp4", 1, "no video could be read from there"),
    ],
)
def test_an_address_of_nothing(out, address, code, words) -> None:
    refused(run(address, "-o", out / "a.mp4"), code, address, words)


@pytest.mark.usefixtures("no_models")
@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs /dev/zero")
def test_a_device_is_no_file(out) -> None:
    refused(run("/dev/zero", "-o", out / "a.mp4"), 1, "/dev/zero: is not a file but a pipe or")


def test_a_video_cut_off_is_done_as_far_as_it_goes(monkeypatch, tmp_path, out, lifter) -> None:
    use_detector(monkeypatch, FakeDetector())
    source = cut_off(clip(tmp_path / "in.mkv", 120))
    result = run(source, "-o", out / "a.mp4", "-o", out / "a.bvh", "--lifter", lifter)
    assert result.exit_code == 0, result.output
    (warning,) = result.stderr.splitlines()
    assert f"WARNING: {source}: damaged or cut off; only " in warning
    frames = len(opencv_frames(out / "a.mp4"))
    assert 30 < frames < 115
    assert f"only {frames} frames could" in warning
    assert f"Frames: {frames}\n" in (out / "a.bvh").read_text()


def test_nobody_in_any_frame(monkeypatch, source, out, lifter) -> None:
    use_detector(monkeypatch, FakeDetector(people=0))
    outputs = [f"-o{out / name}" for name in ("a.bvh", "a.mp4", "a.npy", "a.npz")]
    result = run(source, *outputs, "--lifter", lifter)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"glagcn-video: {source}: no person was found")
    assert names(out) == ["a.mp4", "a.run.json"]
    assert len(opencv_frames(out / "a.mp4")) == 12


def test_a_person_in_one_frame(monkeypatch, source, out, lifter) -> None:
    use_detector(monkeypatch, FakeDetector(seen={4}))
    outputs = [f"-o{out / name}" for name in ("a.bvh", "a.mp4", "a.npy", "a.npz")]
    result = run(source, *outputs, "--lifter", lifter)
    assert result.exit_code == 0, result.output
    assert names(out) == ["a.bvh", "a.mp4", "a.npy", "a.npz", "a.run.json"]


def test_a_number_that_nobody_has(monkeypatch, source, out, lifter) -> None:
    use_detector(monkeypatch, FakeDetector(people=2))
    result = run(source, "-o", out / "a.mp4", "--lifter", lifter, "--person", "5")
    refused(
        result,
        2,
        f"{source}: there is no person 5; 2 people were found: person 1 (0 to 0.5 s), ",
    )
    assert "--person 5: who that is" in result.stderr
    assert names(out) == []


# The outputs -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_models")
@pytest.mark.parametrize("name", ["a.xyz", "a", "a.mp4.bak"])
def test_an_unknown_suffix(source, out, name) -> None:
    known = ", ".join(BY_SUFFIX)
    refused(run(source, "-o", out / name), 2, out / name, known)


@pytest.mark.usefixtures("no_models")
@pytest.mark.parametrize("name", ["a.jpg", "a", "a.csv"])
def test_a_plot_of_an_unknown_suffix(source, out, name) -> None:
    refused(run(source, "--plot", out / name), 2, out / name, ".png, .pdf, .svg")


@pytest.mark.usefixtures("no_models")
@pytest.mark.parametrize("name", ["a.png", "a"])
def test_a_report_of_an_unknown_suffix(source, out, name) -> None:
    refused(run(source, "--report", out / name), 2, out / name, ".html, .pdf")


@pytest.mark.usefixtures("no_models")
def test_a_plot_whose_table_is_an_output_too(source, out) -> None:
    asked = ("--plot", out / "a.png", "-o", out / "a.csv")
    refused(run(source, *asked), 2, f"{out / 'a.csv'}: is named twice")


@pytest.mark.usefixtures("no_models")
def test_a_model_that_is_there_beside_a_motion(source, out) -> None:
    out.mkdir(exist_ok=True)
    model = out / "a.osim"
    model.write_text("mine")
    refused(run(source, "-o", out / "a.mot"), 1, f"{model}")
    assert model.read_text() == "mine"


@pytest.mark.usefixtures("no_models")
def test_a_model_without_its_motion(source, out) -> None:
    refused(run(source, "-o", out / "a.osim"), 2, "write .mot")


@pytest.mark.usefixtures("no_models")
@pytest.mark.parametrize(
    ("option", "value", "word"),
    [
        ("--height", "0", "0.4 and 2.6 metres"), ("--height", "-1", "0.4 and 2.6 metres"),
        ("--height", "17", "0.4 and 2.6 metres"), ("--height", "tall", "not a valid float"),
        ("--mass", "0", "2 and 400 kilograms"), ("--height", "17", "--height 1.70"),
        ("--fov", "0", "5 and 150 degrees"), ("--fov", "180", "5 and 150 degrees"),
        ("--up", "down", "auto, people, lines, camera"),
        ("--bvh-skeleton", "unreal", "mixamo, cmu, h36m"),
    ],
)  # fmt: skip
def test_a_choice_that_makes_no_sense(source, out, option, value, word) -> None:
    refused(run(source, "-o", out / "a.npy", option, value), 2, word)


@pytest.mark.usefixtures("no_models")
def test_neither_a_video_nor_poses_and_nothing_to_write(source, out) -> None:
    refused(run("-o", out / "a.npy"), 2, "name the video", "--from-3d")
    refused(run(source), 2, "name a file to write")


def test_a_wrong_suffix_is_told_before_anything_heavy_is_imported(source, out) -> None:
    code = (
        "import sys\n"
        "from glagcn_cli.commands.video import main\n"
        "try:\n"
        "    main(sys.argv[1:])\n"
        "except SystemExit as end:\n"
        "    assert end.code == 2\n"
        "heavy = {'torch', 'mmengine', 'scipy', 'matplotlib', 'cv2'}\n"
        "sys.exit(' '.join(heavy & set(sys.modules)) or 0)\n"
    )
    command = [sys.executable, "-c", code, source, "-o", out / "a.avi"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert ".avi is not written" in done.stderr


def test_a_folder_that_is_missing_is_made(monkeypatch, source, out, lifter) -> None:
    use_detector(monkeypatch, FakeDetector(people=2))
    wanted = ("-o", out / "new" / "a.bvh", "--plot", out / "plots" / "a.png", "--save-2d")
    result = run(source, *wanted, "--lifter", lifter, "--people", "all")
    assert result.exit_code == 0, result.output
    assert names(out) == ["new", "plots"]
    told = ["a.bvh", "a.keypoints.npz", "a.person2.bvh", "a.run.json"]
    assert names(out / "new") == told
    assert names(out / "plots") == ["a.csv", "a.person2.png", "a.png", "a.run.json"]


@pytest.mark.usefixtures("no_models")
def test_no_folder_is_made_for_a_run_that_is_refused(tmp_path, out) -> None:
    refused(run(tmp_path / "no.mp4", "-o", out / "new" / "a.mp4"), 1, "no such file")
    assert names(out) == []


@pytest.mark.usefixtures("no_models")
def test_a_file_in_place_of_a_folder(source, out) -> None:
    (out / "walk").touch()
    result = run(source, "-o", out / "walk" / "new" / "a.mp4")
    refused(result, 1, f"{out / 'walk'} is a file, not a folder")
    assert names(out) == ["walk"]


@pytest.mark.usefixtures("no_models")
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder root cannot write to")
def test_a_folder_that_takes_no_files(source) -> None:
    refused(run(source, "-o", "/proc/a.mp4"), 1, "/proc: no file can be written in this folder")


@pytest.mark.usefixtures("no_models")
def test_a_folder_without_permission(monkeypatch, source, out) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    refused(run(source, "-o", out / "a.mp4"), 1, f"{out}: no file can be", "Permission denied")


@pytest.mark.usefixtures("no_models")
def test_an_output_that_is_a_folder(source, out) -> None:
    (out / "a.mp4").mkdir()
    refused(run(source, "-o", out / "a.mp4", "--overwrite"), 1, f"{out / 'a.mp4'}: is a folder")


@pytest.mark.usefixtures("no_models")
def test_an_existing_output_is_refused_before_any_work(source, out) -> None:
    (out / "a.bvh").write_text("precious")
    result = run(source, "-o", out / "a.mp4", "-o", out / "a.bvh")
    refused(result, 1, f"{out / 'a.bvh'}: exists already; pass --overwrite")
    assert names(out) == ["a.bvh"]
    assert (out / "a.bvh").read_text() == "precious"


def test_an_existing_output_is_replaced_when_asked_for(monkeypatch, source, out, lifter) -> None:
    use_detector(monkeypatch, FakeDetector())
    (out / "a.bvh").write_text("stale")
    result = run(source, "-o", out / "a.bvh", "--overwrite", "--lifter", lifter)
    assert result.exit_code == 0, result.output
    assert (out / "a.bvh").read_text().startswith("HIERARCHY")


@pytest.mark.usefixtures("no_models")
def test_files_of_other_people_are_refused_before_any_work_too(source, out) -> None:
    (out / "a.person2.bvh").write_text("precious")
    result = run(source, "-o", out / "a.bvh", "--people", "all")
    refused(result, 1, f"{out / 'a.person2.bvh'}: exists already")
    assert names(out) == ["a.person2.bvh"]


def test_files_of_other_people_do_not_matter_to_one(monkeypatch, source, out, lifter) -> None:
    use_detector(monkeypatch, FakeDetector())
    (out / "a.person2.bvh").write_text("precious")
    assert run(source, "-o", out / "a.bvh", "--lifter", lifter).exit_code == 0


@pytest.mark.usefixtures("no_models")
def test_two_outputs_that_would_be_one_file(source, out) -> None:
    result = run(
        source, "-o", out / "a.bvh", "-o", out / "a.person2.bvh", "--people", "all", "--overwrite"
    )
    refused(result, 2, "a.person2.bvh: is where another person of", "a.bvh is written")


@pytest.mark.usefixtures("no_models")
def test_the_same_output_twice(monkeypatch, source, out) -> None:
    refused(run(source, "-o", out / "a.mp4", "-o", out / "a.mp4"), 2, "a.mp4: is named twice")
    monkeypatch.chdir(out)
    refused(run(source, "-o", "a.mp4", "-o", out / "a.mp4"), 2, "a.mp4: is named twice")
    refused(run(source, "-o", "a.mp4", "-o", "../out/a.mp4"), 2, "a.mp4: is named twice")
    told = "a.npy: is named twice as an output (capitals do not make another file of it)"
    refused(run(source, "-o", "a.npy", "-o", "A.npy"), 2, told)


@pytest.mark.usefixtures("no_models")
def test_the_input_as_output(source, out) -> None:
    before = source.read_bytes()
    refused(run(source, "-o", source, "--overwrite"), 2, f"{source}: is the input itself")
    link = out / "link.mp4"
    link.symlink_to(source)
    refused(run(source, "-o", link, "--overwrite"), 2, f"{link}: is the input itself")
    assert source.read_bytes() == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk(monkeypatch, source, out, lifter) -> None:
    """The fault is in the file itself: the temporary name leads to a device that is full."""
    from glagcn_cli.files import atomic

    def on_full_disk(target: Path) -> Path:
        temporary = real(target)
        if target.suffix == ".npz":
            temporary.symlink_to("/dev/full")
        return temporary

    real = atomic._temporary_beside
    monkeypatch.setattr(atomic, "_temporary_beside", on_full_disk)
    use_detector(monkeypatch, FakeDetector())
    wanted = [f"-o{out / name}" for name in ("a.npy", "a.bvh", "a.npz", "a.mp4")]
    result = run(source, *wanted, "--lifter", lifter)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"glagcn-video: {out / 'a.npz'}: cannot be written (No space")
    assert "Traceback" not in result.stderr
    assert names(out) == ["a.bvh", "a.mp4", "a.npy", "a.run.json"]


# Devices and models ------------------------------------------------------------------------------


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_cuda_where_there_is_none(source, out, lifter, device) -> None:
    result = run(source, "-o", out / "a.mp4", "--device", device, "--lifter", lifter)
    refused(result, 1, f"--device {device}: CUDA is not available here", "--device cpu")
    assert names(out) == []


def test_a_device_of_another_kind(source, out, lifter) -> None:
    result = run(source, "-o", out / "a.mp4", "--device", "tpu", "--lifter", lifter)
    refused(result, 2, "--device tpu: must be one of auto, cpu, cuda")


@pytest.mark.usefixtures("no_models")
@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--lifter", "nothere.pth", "no lifter 'nothere.pth'"),
        ("--detector", "yolo", "'yolo' is no detector model. There are rtmdet-nano"),
        ("--pose", "openpose", "'openpose' is no pose model. There are"),
        ("--pose", "rtmdet-m", "'rtmdet-m' is a detector model, no pose model"),
        ("--pose", "a.py,b.pth", "no configuration file a.py"),
    ],
)
def test_models_that_are_not_there(source, out, lifter, option, value, words) -> None:
    given = {"--lifter": str(lifter), option: value}
    choices = [text for pair in given.items() for text in pair]
    refused(run(source, "-o", out / "a.mp4", *choices), 1, words)


@pytest.mark.usefixtures("no_models")
@pytest.mark.parametrize("kind", ["detector", "pose"])
def test_a_checkpoint_that_is_missing(source, out, lifter, kind) -> None:
    name = {"detector": "rtmdet-nano", "pose": "movenet-thunder"}[kind]
    model = f"{find_files(name, kind)[0]},{out / 'missing.pth'}"
    result = run(source, "-o", out / "a.mp4", "--lifter", lifter, f"--{kind}", model)
    refused(result, 1, f"there is no checkpoint file {out / 'missing.pth'}")


def _half(path: Path) -> None:
    cut_off(random_lifter(path), 0.5)


def _weights_of_another_size(path: Path) -> None:
    content = torch.load(random_lifter(path), weights_only=True)
    content["architecture"]["channels"] = 16
    torch.save(content, path)


def _another_kind(path: Path) -> None:
    torch.save({"model_pos": {"module.fc.weight": torch.zeros(3, 96)}}, path)


@pytest.mark.parametrize(
    "make", [Path.touch, _text, _half, _another_kind, _weights_of_another_size],
    ids=["empty", "text", "cut off", "of another program", "of another architecture"],
)  # fmt: skip
def test_lifters_that_cannot_be_used(monkeypatch, tmp_path, source, out, make) -> None:
    def loaded(*_: Any) -> None:
        raise AssertionError("the 2D stage was loaded first")

    monkeypatch.setattr(stage, "load_people_detector", loaded)
    path = tmp_path / "bad.pth"
    make(path)
    refused(run(source, "-o", out / "a.mp4", "--lifter", path), 1, path)
    assert names(out) == []


def test_a_pose_checkpoint_of_another_architecture(source, out, lifter) -> None:
    config, _ = find_files("movenet-thunder", "pose")
    _, other = find_files("rtmdet-nano", "detector")
    command = [source, "-o", out / "a.mp4", "--lifter", lifter, "--pose", f"{config},{other}"]
    refused(run(*command), 1, f"{other} is of another architecture")
    assert names(out) == []


def test_a_pose_checkpoint_that_is_corrupt(tmp_path, source, out, lifter) -> None:
    config, _ = find_files("movenet-thunder", "pose")
    _noise(tmp_path / "bad.pth")
    model = f"{config},{tmp_path / 'bad.pth'}"
    refused(
        run(source, "-o", out / "a.mp4", "--lifter", lifter, "--pose", model),
        1,
        tmp_path / "bad.pth",
    )


# The command -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_models")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--person", "0"], "must be a whole number from 1, or all"),
        (["--person", "²"], "must be a whole number from 1, or all"),
        (["--person", "everyone"], "must be a whole number from 1, or all"),
        (["--fov", "0"], "--fov 0: must be between 5 and 150 degrees"),
        (["--fov", "nan"], "--fov nan: must be"),
        (["--smoothing", "-1"], "--smoothing -1: must be"),
        (["--turn", "inf"], "--turn inf: must be"),
        (["--threads", "0"], "threads"),
        (["--quiet", "--verbose"], "contradict"),
        (["--colour"], "--colour"),
    ],
)
def test_wrong_usage(source, out, arguments, words) -> None:
    refused(run(source, "-o", out / "a.mp4", *arguments), 2, words, "Usage: ")
    assert names(out) == []


@pytest.mark.usefixtures("no_models")
def test_no_output_at_all(source) -> None:
    refused(run(source), 2, "-o")
