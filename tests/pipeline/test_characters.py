"""What is refused of characters before any work."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from glagcn_cli.errors import InputError, OutputError, UsageError
from glagcn_cli.export import blender_formats
from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.pipeline.preflight import check_characters
from glagcn_cli.pipeline.settings import Settings
from tests.helpers.characters import character_file
from tests.helpers.moving_figure import sequence, walking


def settings(**chosen: object) -> dict:
    return asdict(Settings(**chosen))


@pytest.mark.parametrize(
    ("suffixes", "chosen", "said"),
    [
        ([".bvh"], {"character": "me.glb"}, "--character has an effect on .glb"),
        ([".npz", ".mp4"], {"body": True}, "--body has an effect on .glb"),
        ([".glb"], {"character_bones": "bones.yaml"}, "add --character FILE"),
        ([".vrm"], {}, "name one with --character FILE.vrm"),
        ([".VRM"], {"body": True}, "name one with --character FILE.vrm"),
    ],
)
def test_a_choice_without_effect_is_refused(suffixes, chosen, said):
    with pytest.raises(UsageError, match=said):
        check_characters(suffixes, settings(**chosen))


def test_a_character_is_read_before_the_work(tmp_path: Path):
    with pytest.raises(InputError, match="No such file"):
        check_characters([".glb"], settings(character=tmp_path / "me.glb"))
    path = character_file(tmp_path / "me.glb")
    check_characters([".glb", ".npz"], settings(character=path))
    with pytest.raises(UsageError, match=r"\.vrm"):
        check_characters([".vrm"], settings(character=path))


def test_without_blender_its_formats_are_refused_in_one_line(monkeypatch):
    monkeypatch.setattr(blender_formats.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(blender_formats.shutil, "which", lambda name: None)
    with pytest.raises(UsageError, match=r"need Blender.*\.glb") as caught:
        check_characters([".fbx"], settings())
    assert "\n" not in str(caught.value)
    monkeypatch.setattr(blender_formats.shutil, "which", lambda name: "/usr/bin/blender")
    check_characters([".fbx"], settings())


def test_what_blender_says_of_a_failure_is_passed_on(tmp_path, monkeypatch):
    failing = [sys.executable, "-c", "import sys; sys.exit('no such operator')"]
    monkeypatch.setattr(blender_formats, "blender_command", lambda: failing)
    path = tmp_path / "out.fbx"
    with pytest.raises(OutputError, match="no such operator"):
        list(writer_for(path)(path, [sequence(walking(5).joints)], ExportContext()))
    assert list(tmp_path.iterdir()) == []
