from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.errors import UsageError
from glagcn_cli.export.formats import (
    SUFFIXES,
    VIDEO_SUFFIXES,
    ExportContext,
    format_of,
    writer_for,
)
from tests.helpers.moving_figure import sequence, walking


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".BVH", ".Npz"])
def test_every_known_suffix_has_a_writer_that_writes(tmp_path, suffix):
    path = tmp_path / f"out{suffix}"
    beside = [path.with_suffix(other) for other in format_of(path).beside]
    written = list(writer_for(path)(path, [sequence(walking(5).joints)], ExportContext()))
    assert written == [path, *beside]
    assert path.stat().st_size > 0
    assert sorted(tmp_path.iterdir()) == sorted(written)


@pytest.mark.parametrize("name", ["out.xyz", "out", "out.bvh.bak", "out.mp4"])
def test_unknown_suffix_is_refused_with_the_known_ones(name):
    with pytest.raises(UsageError) as caught:
        writer_for(Path(name))
    for suffix in (*SUFFIXES, *VIDEO_SUFFIXES):
        assert suffix in str(caught.value)
    assert name in str(caught.value)


def test_looking_up_the_registry_imports_neither_torch_nor_scipy():
    code = (
        "import sys, glagcn_cli.export; from pathlib import Path; "
        "glagcn_cli.export.writer_for(Path('out.npz')); "
        "sys.exit(' '.join(m for m in ('torch', 'scipy', 'cv2') if m in sys.modules) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_writer_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    path = tmp_path / "out.npz"
    with pytest.raises(Exception, match="No space left"):
        list(writer_for(path)(path, [sequence(walking(5).joints)], ExportContext()))
    assert list(tmp_path.iterdir()) == []
