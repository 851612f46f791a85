"""Conditions under which programs are measured: an idle machine, a busy one, an older processor."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from glagcn_cli.files.downloading import CACHE_VARIABLE
from glagcn_cli.machine.devices import usable_cores

IDLE, BUSY, AVX2 = "idle", "busy", "avx2"
CONDITIONS = (IDLE, BUSY, AVX2)

_LIMITS = {
    "ATEN_CPU_CAPABILITY": "avx2",  # torch
    "ONEDNN_MAX_CPU_ISA": "AVX2",  # oneDNN in torch and in OpenVINO
    "DNNL_MAX_CPU_ISA": "AVX2",  # older versions of it
    "OPENCV_CPU_DISABLE": "AVX512-SKX",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F",
}
"""What limits libraries to AVX2. Nothing limits MediaPipe, and ffmpeg chooses for itself."""


@contextmanager
def under(condition: str) -> Iterator[None]:
    """Let other processes that are started meanwhile run under one of `CONDITIONS`.

    ``idle`` changes nothing. ``busy`` runs an endless loop on each core. ``avx2`` limits what
    libraries compute with, and keeps graphs made for it in a cache of their own.
    """
    if condition == BUSY:
        with busy_cores(usable_cores()):
            yield
    elif condition == AVX2:
        with TemporaryDirectory() as cache, _environment(_LIMITS | {CACHE_VARIABLE: cache}):
            yield
    else:
        yield


@contextmanager
def busy_cores(cores: int) -> Iterator[None]:
    """Run an endless loop on each of so many cores."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(cores)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
