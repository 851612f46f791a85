from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from click.shell_completion import BashComplete

from glagcn_cli.commands.video import main
from glagcn_cli.detection.models import names
from glagcn_cli.export.formats import BY_SUFFIX, PLOT_SUFFIXES, REPORT_SUFFIXES
from glagcn_cli.pipeline.settings import BVH_SKELETONS, PRECISIONS, UPS
from glagcn_cli.progress.events import PROGRESS


def offered(words: list[str], incomplete: str) -> list[tuple[str, str]]:
    complete = BashComplete(main, {}, "glagcn-video", "_GLAGCN_VIDEO_COMPLETE")
    return [(item.type, item.value) for item in complete.get_completions(words, incomplete)]


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("--up", UPS),
        ("--bvh-skeleton", BVH_SKELETONS),
        ("--progress", PROGRESS),
        ("--precision", PRECISIONS),
        ("--device", ("auto", "cpu", "cuda")),
        ("--people", ("all",)),
        ("--detector", names("detector")),
        ("--pose", names("pose")),
        ("--lifter", ("lifter-27", "lifter-27-feet")),
    ],
)
def test_an_option_of_few_values_offers_them(option: str, values: tuple[str, ...]) -> None:
    assert offered(["walk.mp4", option], "") == [("plain", value) for value in values]
    first = values[0]
    begun = [("plain", value) for value in values if value.startswith(first[:2])]
    assert offered([option], first[:2]) == begun


@pytest.mark.parametrize(
    ("option", "incomplete", "suffixes"),
    [
        ("-o", "out/walk3d.", tuple(BY_SUFFIX)),
        ("-o", "walk.np", (".npz", ".npy")),
        ("-o", "a.b.bv", (".bvh",)),
        ("--plot", "angles.", PLOT_SUFFIXES),
        ("--report", "walk.", REPORT_SUFFIXES),
    ],
)
def test_after_a_name_the_formats_are_offered(
    option: str, incomplete: str, suffixes: tuple[str, ...]
) -> None:
    stem = incomplete.rpartition(".")[0]
    assert offered([option], incomplete) == [("plain", stem + suffix) for suffix in suffixes]


@pytest.mark.parametrize(
    ("option", "incomplete"),
    [
        ("-o", "out/wa"),
        ("-o", ""),
        ("-o", "../wa"),
        ("-o", "."),
        ("--lifter", "runs/"),
        ("--pose", "my.py"),
        ("--from-3d", "wa"),
        ("--config", "wa"),
    ],
)
def test_elsewhere_the_shell_offers_its_files(option: str, incomplete: str) -> None:
    assert offered([option], incomplete) == [("file", incomplete)]


def test_every_option_is_offered_by_name() -> None:
    told = {name for _, name in offered([], "--")}
    assert {"--output", "--config", "--print-config", "--progress", "--people"} <= told


@pytest.mark.parametrize("words", ["--pose rtm", "--lifter l", "-o walk.", "--up c", "--det"])
def test_the_program_completes_without_torch(words: str) -> None:
    code = (
        "import sys\n"
        "from glagcn_cli.commands.video import main\n"
        "try:\n"
        "    main(prog_name='glagcn-video')\n"
        "finally:\n"
        "    heavy = {'torch', 'mmpose', 'scipy', 'matplotlib', 'cv2'} & set(sys.modules)\n"
        "    print('heavy:', *heavy)\n"
    )
    environment: dict[str, Any] = {
        **os.environ,
        "_GLAGCN_VIDEO_COMPLETE": "bash_complete",
        "COMP_WORDS": f"glagcn-video {words}",
        "COMP_CWORD": str(len(words.split())),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    *lines, heavy = done.stdout.splitlines()
    assert lines
    assert heavy == "heavy:"
