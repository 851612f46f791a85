"""OpenVINO's package, imported so that it neither reports its use nor talks to users."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from functools import cache
from importlib import metadata
from typing import Any

REPORTING = "openvino.tools.ovc"
"""Converters of models. The package imports them, and they send a message to their maker when they
are imported, with a name for the machine that they keep in the home folder. It goes on without."""


def import_openvino() -> Any:
    """Import OpenVINO; nothing is sent anywhere.

    Raises
    ------
    ImportError
        It is not installed, or its libraries do not load.
    """
    if "openvino" in sys.modules:
        return importlib.import_module("openvino")
    # Its threads look at the processor through /sys and complain to the user where that is missing.
    os.environ.setdefault("HWLOC_HIDE_ERRORS", "2")
    sys.modules[REPORTING] = None  # type: ignore[assignment] # as of a package that is missing
    try:
        return importlib.import_module("openvino")
    finally:
        del sys.modules[REPORTING]


@cache
def core() -> Any:
    """Return OpenVINO's entry, one a process.

    An entry that compiles for the processor gives its thread a stack for signals and takes it back
    when it goes. Of two, the second gives back the first one's, which is gone: Ctrl-C would crash.
    """
    return import_openvino().Core()


def installed_version() -> str | None:
    """Version of the installed package; None without one. Imports nothing of it."""
    try:
        return metadata.version("openvino")
    except metadata.PackageNotFoundError:
        return None


def processor(core: Any) -> list[str]:
    """Name the processor and what it can compute in, as OpenVINO sees it."""
    told = ("FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES")
    return [platform.machine(), *(str(core.get_property("CPU", name)) for name in told)]
