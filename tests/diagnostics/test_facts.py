from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from glagcn_cli.commands.info import main
from glagcn_cli.detection import models
from glagcn_cli.diagnostics import facts as info
from glagcn_cli.diagnostics.facts import collect, problems
from glagcn_cli.diagnostics.self_test import FRAMES, HEIGHT, WIDTH, _as_drawn, self_test
from glagcn_cli.diagnostics.text import size
from glagcn_cli.keypoints import stage
from glagcn_cli.lifting.checkpoints import SHIPPED_LIFTERS
from glagcn_cli.poses import FrameDetections
from tests.helpers.fake_detection import FakeDetector, use_detector

STEPS = [
    "importing", "encoding", "decoding", "finding people", "lifting", "drawing", "writing poses"
]  # fmt: skip


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def facts(*arguments: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run("--json", "--no-self-test", *arguments).stdout)
    return told


# The real thing ----------------------------------------------------------------------------------


def test_all_is_well_here() -> None:
    """With the networks that come with the program."""
    result = run("--device", "cpu")
    lines = result.stdout.splitlines()
    *told, nothing, verdict = lines[lines.index("Self-test") + 1 :]
    steps = [line.split() for line in told]
    assert [" ".join(step[:-3]) for step in steps] == STEPS, result.output
    assert all(float(step[-3]) >= 0 and step[-2:] == ["s", "ok"] for step in steps)
    assert nothing == "" and verdict.startswith("All is well")
    assert result.exit_code == 0


def test_without_the_self_test_it_is_quick() -> None:
    code = (
        "import sys\n"
        "from glagcn_cli.commands.info import main\n"
        "try:\n"
        "    main(['--no-self-test'])\n"
        "finally:  # all that takes seconds, but for torch\n"
        "    print({'mmpose', 'mmdet', 'mmengine', 'matplotlib', 'scipy'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("set()\n")
    assert "Self-test" not in done.stdout


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from glagcn_cli.commands.info import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "sys.exit(' '.join({'torch', 'numpy', 'cv2'} & set(sys.modules)) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# What it knows -----------------------------------------------------------------------------------


def test_models_are_told_with_where_they_are(cache_folder: Path) -> None:
    fetched = models.MODELS["rtmpose-m"].checkpoint.rsplit("/", 1)[-1]
    cache_folder.mkdir(parents=True)
    (cache_folder / fetched).write_bytes(b"x" * 1234)
    told = {row["name"]: row for row in facts()["models"]}
    assert set(told) == set(models.MODELS)
    assert (told["rtmpose-m"]["state"], told["rtmpose-m"]["bytes"]) == ("in the cache", 1234)
    assert (told["rtmpose-s"]["state"], told["rtmpose-s"]["bytes"]) == ("to be downloaded", None)
    thunder = models.shipped_weights("movenet_thunder.pth")
    shipped = told["movenet-thunder"]
    assert (shipped["state"], shipped["bytes"]) == ("shipped", thunder.stat().st_size)
    defaults = [name for name, row in told.items() if row["default"]]
    assert defaults == [models.DEFAULT_DETECTOR, models.DEFAULT_POSE]
    assert all(row["licence"] for row in told.values())
    text = run("--no-self-test").stdout
    assert re.search(r"rtmpose-m +finds joints  in the cache      1.2 kB", text)


def test_lifters_are_told_with_terms_and_credits() -> None:
    told = facts()["lifters"]
    assert [lifter["name"] for lifter in told] == list(SHIPPED_LIFTERS)
    for lifter in told:
        assert lifter["licence"] == "Apache-2.0"
        for word in ("CMU", "UI-PRMD"):
            assert word in lifter["data"]
            assert word in lifter["data_licence"]
        assert "mocap.cs.cmu.edu" in Path(lifter["credits"]).read_text()


def test_the_cache_is_measured_and_can_be_emptied_as_told(cache_folder: Path) -> None:
    (cache_folder / "detections" / "abc").mkdir(parents=True)
    (cache_folder / "detections" / "abc" / "whole.npz").write_bytes(b"x" * 2_400_000)
    (cache_folder / "graphs").mkdir()
    (cache_folder / "graphs" / "abc.graph").write_bytes(b"x" * 100_000)
    (cache_folder / "weights.pth").write_bytes(b"x" * 500_000)
    told = facts()["cache"]
    assert told["folder"] == str(cache_folder)
    assert told["holds"] == {
        "2D of videos": 2_400_000, "weights": 500_000, "graphs of networks": 100_000
    }  # fmt: skip
    text = run("--no-self-test").stdout
    assert f"{cache_folder} (by $GLAGCN_CACHE): 3.0 MB" in text
    (command,) = [line for line in text.splitlines() if "to empty it" in line]
    subprocess.run(command.partition(": ")[2], shell=True, check=True)
    assert facts()["cache"]["bytes"] == 0


def test_an_empty_cache_is_no_problem(cache_folder: Path) -> None:
    assert not cache_folder.exists()
    assert facts()["cache"]["bytes"] == 0


def test_versions_and_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    told = facts()
    assert told["versions"]["torch"] == {"version": torch.__version__}
    assert told["versions"]["mmpose"] == {"version": "1.3.2"}
    assert told["ffmpeg"]["from"] == "the package imageio-ffmpeg"
    assert told["devices"][0]["device"] == "cpu"
    assert told["devices"][0]["cores"] >= 1

    class About:
        name, total_memory = "NVIDIA H100 80GB HBM3", 80 * 2**30

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda number: About)
    assert "  cuda:0  NVIDIA H100 80GB HBM3, 80.0 GiB of memory" in run("--no-self-test").stdout


def test_whether_openvino_is_used_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from glagcn_cli.machine.openvino import importing

    version = importing.installed_version()
    if version is not None:
        assert facts()["versions"]["openvino"]["version"] == version
        assert re.search(rf"openvino +{version}  used: runs", run("--no-self-test").stdout)
        monkeypatch.setattr(importing, "import_openvino", lambda: 1 / 0)
        assert "not used, torch is: it does not load (ZeroDivision" in str(facts()["versions"])
    monkeypatch.setattr(importing, "installed_version", lambda: None)
    told = facts()
    assert "torch runs the 2D models" in told["versions"]["openvino"]["note"]
    assert told["ok"]


def test_an_ffmpeg_of_the_users_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import imageio_ffmpeg

    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", imageio_ffmpeg.get_ffmpeg_exe())
    assert info.ffmpeg_facts()["from"] == "IMAGEIO_FFMPEG_EXE"


@pytest.mark.parametrize(
    ("number", "text"),
    [(None, ""), (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_480_000, "12.5 MB"),
     (1_073_741_824, "1.1 GB")],
)  # fmt: skip
def test_sizes_are_said_shortly(number: int | None, text: str) -> None:
    assert size(number) == text


# Broken installations ----------------------------------------------------------------------------


def without(*modules: str) -> dict[str, Any]:
    """Facts and exit code of a process that cannot import some modules, with the self-test."""
    code = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({modules!r}))\n"
        "from glagcn_cli.commands.info import main\n"
        "main(['--json'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["ok"] is False
    return told


def test_without_numpy_everything_else_is_told() -> None:
    told = without("numpy", "torch", "cv2")
    assert "cannot be imported" in told["versions"]["numpy"]["problem"]
    assert "cannot be imported" in told["versions"]["torch"]["problem"]
    assert told["versions"]["mmpose"] == {"version": "1.3.2"}
    assert told["ffmpeg"]["version"]
    assert "torch" in told["devices"]["problem"]
    assert told["cache"]["folder"]
    assert [step["name"] for step in told["self_test"]] == ["importing"]
    assert told["self_test"][0]["problem"].startswith("ModuleNotFoundError: ")


@pytest.mark.parametrize(
    ("module", "section"), [("imageio_ffmpeg", "ffmpeg"), ("torch", "devices")]
)
def test_a_section_without_its_package_says_so(monkeypatch, module: str, section: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    assert module in collect()[section]["problem"]
    text = run("--no-self-test").stdout
    assert re.search(rf"PROBLEM:? +ModuleNotFoundError: .*{module}", text)


def test_a_section_that_fails_does_not_keep_others_from_being_told(monkeypatch) -> None:
    def fail() -> None:
        raise MemoryError("no\nroom")

    monkeypatch.setattr(info, "lifters", fail)
    monkeypatch.setattr(info, "versions", fail)
    result = run("--no-self-test")
    assert result.exit_code == 1
    assert "  PROBLEM  MemoryError: no room" in result.stdout
    assert "movenet-thunder" in result.stdout


def test_missing_and_wrong_weights_are_told(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(models.resources, "files", lambda _: tmp_path)
    monkeypatch.setattr(
        "glagcn_cli.lifting.checkpoints.SHIPPED_LIFTERS", {"lifter-27": "0" * 64, "lifter-81": ""}
    )
    told = facts()
    found = list(problems(told))
    assert sum("movenet_thunder.pth is missing" in problem for problem in found) == 1
    assert sum("lifter-27.pth is not the file that was shipped" in one for one in found) == 1
    assert any("lifter-81.pth" in problem for problem in found)
    assert run("--no-self-test").exit_code == 1


def test_openmmlab_is_missed(monkeypatch) -> None:
    def version(name: str) -> str:
        if name.startswith("mm"):
            raise info.metadata.PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(info.metadata, "version", version)
    told = info.versions()
    assert told["mmdet"] == told["mmcv-lite"] == {"problem": "not installed"}
    assert "pip install --no-deps mmpose==1.3.2" in told["mmpose"]["note"]
    assert "problem" not in told["mmpose"]  # the default needs none of it


# Steps that fail ---------------------------------------------------------------------------------


class Seer(FakeDetector):
    """Sees the drawn person, so many pixels aside; or nobody."""

    def __init__(self, aside: float | None = 0.0) -> None:
        super().__init__()
        self.aside = aside

    def __call__(self, frames: Sequence[NDArray[np.uint8]]) -> list[FrameDetections]:
        people = 0 if self.aside is None else 1
        points = [pose[None][:people] + (self.aside or 0) for pose in _as_drawn().keypoints]
        box = np.array([[50, 20, 250, 240]], np.float32)[:people]
        one = np.ones(people, np.float32)
        scores = np.ones((people, 17), np.float32)
        return [FrameDetections(box, one, pose, scores) for pose in points]


def failed(monkeypatch: pytest.MonkeyPatch, detector: FakeDetector) -> dict[str, str]:
    use_detector(monkeypatch, detector)
    steps = list(self_test("cpu"))
    assert [step.name for step in steps] == STEPS
    return {step.name: step.problem for step in steps if step.problem}


def test_without_somebody_found_what_was_drawn_is_lifted(monkeypatch) -> None:
    told = failed(monkeypatch, Seer(None))
    assert told == {"finding people": "no person was found in pictures of a person"}


def test_somebody_elsewhere_is_not_the_one_drawn(monkeypatch) -> None:
    use_detector(monkeypatch, Seer(40))
    step = list(islice(self_test("cpu"), 4))[3]
    assert step.problem == "the hips are 57 pixels from where they were drawn"


def test_a_fault_of_many_lines_is_told_in_one(monkeypatch) -> None:
    def broken(*_: object) -> None:
        raise ImportError("no module named mmdet\nof a long message")

    monkeypatch.setattr(stage, "load_people_detector", broken)
    step = list(islice(self_test("cpu"), 4))[3]
    assert step.problem == "ImportError: no module named mmdet of a long message"


def test_an_ffmpeg_that_does_not_run_is_found_out(monkeypatch, tmp_path: Path) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho no such encoder >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(program))
    told = failed(monkeypatch, Seer())
    assert set(told) == {"encoding", "decoding", "drawing"}
    assert "no such encoder" in told["encoding"]
    assert told["decoding"] == "not tried: there is no video"


def test_colours_that_change_are_found_out(monkeypatch) -> None:
    from glagcn_cli.video.reader import VideoReader

    frames = VideoReader.__iter__
    monkeypatch.setattr(VideoReader, "__iter__", lambda self: (f[..., ::-1] for f in frames(self)))
    step = list(islice(self_test("cpu"), 3))[2]
    assert step.problem is not None
    assert "differ from the encoded ones" in step.problem


def test_a_device_that_is_not_there_is_said_in_one_line(monkeypatch) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    (step,) = self_test("cuda")
    assert "--device cuda: CUDA is not available here" in str(step.problem)
    result = run("--device", "cuda")
    assert result.exit_code == 1
    assert "FAILED: DeviceError" in result.stdout


def test_the_figure_stands_in_the_picture() -> None:
    person = _as_drawn()
    assert len(person) == FRAMES
    assert (person.keypoints >= 0).all()
    assert (person.keypoints < (WIDTH, HEIGHT)).all()


def test_every_option_is_explained() -> None:
    for option in main.params:
        assert isinstance(option, click.Option)
        assert option.help
