from __future__ import annotations

from pathlib import Path

import pytest

from glagcn_cli.batch import earlier_runs
from glagcn_cli.batch.earlier_runs import content_key, forget_models
from glagcn_cli.defaults import EXTREMITIES_LIFTER, LIFTER
from glagcn_cli.lifting.checkpoints import lifter_path
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.video.source import Source


@pytest.mark.parametrize(("suffix", "changes"), [(".mot", True), (".npy", False)])
def test_motions_alone_are_written_anew_with_another_opensim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, changes: bool
) -> None:
    video = tmp_path / "walk.mp4"
    video.write_bytes(b"any content")
    keys = []
    for versions in ({}, {"opensim": "4.6"}, {"opensim": "4.7"}):
        monkeypatch.setattr(earlier_runs, "installed_versions", lambda found=versions: found)
        keys.append(content_key(Source.of(video), Settings(), [suffix]))
    assert len(set(keys)) == (3 if changes else 1)


def test_a_new_lifter_of_feet_redoes_clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video = tmp_path / "walk.mp4"
    video.write_bytes(b"any content")

    def key(feet: str, **settings: str) -> str:
        def checksum(path: Path) -> str:
            return feet if path == lifter_path(EXTREMITIES_LIFTER) else path.name

        monkeypatch.setattr(earlier_runs, "lifter_sha256", checksum)
        forget_models()
        return content_key(Source.of(video), Settings(**settings), [".npy"])

    assert key("old") == key("old") != key("new")
    own = str(lifter_path(LIFTER))  # by its file, which no other takes the place of
    assert key("old", lifter=own) == key("new", lifter=own)
    forget_models()
