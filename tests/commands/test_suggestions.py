"""What is typed in other programs' words is answered with this program's."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from glagcn_cli.commands.suggestions import meant_by
from glagcn_cli.commands.video import main
from glagcn_cli.errors import UsageError
from glagcn_cli.export.formats import BY_SUFFIX, INSTEAD, writer_for

OPTIONS = ["-o", "--output", "--device", "--fps", "--people", "--height", "--overwrite"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("--gpu", "--device cuda"),
        ("--cuda", "--device cuda"),
        ("--cpu", "--device cpu"),
        ("--out", "-o FILE"),
        ("--frame_rate", "--fps RATE"),
        ("--all", "--people all"),
        ("--force", "--overwrite"),
        ("--bvh", "-o NAME.bvh"),
        ("--fbx", "-o NAME.fbx"),
        ("--heigth", "--height"),
        ("--lr", None),  # of another command
        ("--xyzzy", None),
    ],
)
def test_an_unknown_option_is_answered_with_what_was_meant(typed: str, meant: str | None) -> None:
    assert meant_by(typed, OPTIONS) == meant


def test_the_command_says_what_was_meant() -> None:
    refused = CliRunner().invoke(main, ["walk.mp4", "-o", "a.mp4", "--gpu"])
    assert refused.exit_code == 2
    assert "there is no option --gpu; did you mean --device cuda?" in refused.stderr


def test_an_output_without_its_option_is_answered_with_the_option(tmp_path: Path) -> None:
    video = tmp_path / "walk.mp4"
    video.touch()
    refused = CliRunner().invoke(main, [str(video), "b.bvh", "c.npy"])
    assert refused.exit_code == 2
    assert "b.bvh is no video; to write it: -o b.bvh -o c.npy" in refused.stderr


@pytest.mark.parametrize(
    ("suffix", "advice"),
    [(".dae", "Blender"), (".AVI", ".mp4"), (".mov", ".mp4"), (".webm", ".mp4"), (".gif", ".mp4")],
)
def test_a_format_that_is_not_written_is_answered_with_one_that_is(
    suffix: str, advice: str
) -> None:
    with pytest.raises(UsageError, match=rf"out{suffix}: {suffix} is not written; .*{advice}"):
        writer_for(Path(f"out{suffix}"))


def test_nothing_that_is_written_is_refused_with_advice() -> None:
    assert not {*INSTEAD} & {*BY_SUFFIX}
