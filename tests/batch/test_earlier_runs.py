from __future__ import annotations

from pathlib import Path

import pytest

from glagcn_cli.batch import earlier_runs
from glagcn_cli.batch.earlier_runs import content_key
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
