"""Compiles graphs in a process of their own, which a processor's fault ends and not the program."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ...operating_system import apart_from_terminal, violent_end
from .importing import REPORTING

PATIENCE = 120
"""Seconds; compiling takes less than one."""

# SIGHUP, SIGINT, SIGKILL (for want of memory too), SIGTERM, and Ctrl-C on Windows.
_ENDED_BY_OTHERS = (-1, -2, -9, -15, 0xC000013A)

_REFUSED = 3
"""Status of a process where OpenVINO raised an error."""

_PROGRAM = f"""
import json, sys
folder, shape, options = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
sys.modules[{REPORTING!r}] = None
import numpy, openvino
core = openvino.Core()
model = core.read_model(folder + "/graph.xml", folder + "/graph.bin")
try:
    model.reshape(shape)
    compiled = core.compile_model(model, "CPU", options)
    compiled(numpy.zeros(shape, compiled.input(0).element_type.to_dtype()))
    made = compiled.export_model()
except RuntimeError as error:
    print(error, file=sys.stderr)
    sys.exit({_REFUSED})
with open(folder + "/compiled", "wb") as file:
    file.write(made.getvalue())
"""


class TrialError(Exception):
    """A graph does not compile or run on this processor, and will not the next time."""


def compiled_apart(
    xml: bytes, weights: bytes, shape: Sequence[int], options: Mapping[str, Any]
) -> bytes:
    """Compile a graph and run it once, in another process.

    Parameters
    ----------
    xml, weights
        The graph.
    shape
        Of its input.
    options
        Of OpenVINO's ``compile_model``.

    Returns
    -------
    bytes
        For OpenVINO's ``import_model``.

    Raises
    ------
    TrialError
        The process crashed, or OpenVINO refused the graph.
    OSError, subprocess.TimeoutExpired
        There was no room, no process or no time for it; the next time there may be.
    """
    with TemporaryDirectory() as folder:
        Path(folder, "graph.xml").write_bytes(xml)
        Path(folder, "graph.bin").write_bytes(weights)
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, folder, json.dumps([*shape]), json.dumps(options)],
            capture_output=True,
            timeout=PATIENCE,
            check=False,
            **apart_from_terminal(),
        )
        if done.returncode == 0:
            return Path(folder, "compiled").read_bytes()
    lines = [line.strip() for line in done.stderr.decode(errors="replace").splitlines()]
    said = next((line for line in reversed(lines) if line), "no word")
    if done.returncode == _REFUSED:
        raise TrialError(f"it does not compile a network ({said})")
    how = violent_end(done.returncode)
    if how is None or done.returncode in _ENDED_BY_OTHERS:
        raise OSError(f"the process that compiles ended with {how or said}")
    raise TrialError(f"it crashes on this processor ({how})")
