"""Say in one line what keeps glagcn from being installed here, before anything is downloaded.

    python3 check_python.py

Exit code 0: nothing does. It needs the standard library alone, and any Python from 2.7 on reads it.
"""

from __future__ import print_function

import ctypes
import os
import platform
import struct
import sys

OLDEST, NEWEST = (3, 11), (3, 14)
LIBRARIES = {"libGL.so.1": "libgl1", "libgthread-2.0.so.0": "libglib2.0-0"}
"""What OpenCV is linked to on Linux, and the Debian packages that hold it."""


def wrong_python(version, implementation, bits):
    """Say what is wrong with a Python; None if it will do.

    Parameters
    ----------
    version : tuple of int
        Its first two numbers.
    implementation : str
        As `platform.python_implementation` names it.
    bits : int
        Of a pointer.
    """
    mine = "%d.%d" % version
    needed = "glagcn needs Python %d.%d to %d.%d" % (OLDEST + NEWEST)
    if implementation != "CPython":
        return "This is %s %s; torch runs on CPython alone. Install CPython 3.14." % (
            implementation,
            mine,
        )
    if bits != 64:
        return "This is a Python of %d bits; torch needs one of 64. Install that." % bits
    if version < OLDEST:
        return "This is Python %s; %s. Install a newer one and name it: make PYTHON=python3.14" % (
            mine,
            needed,
        )
    if version > NEWEST:
        return (
            "This is Python %s; %s, as torch does. Install one and name it: make PYTHON=python3.14"
            % (
                mine,
                needed,
            )
        )
    return None


def wrong_machine(system, machine):
    """Say for what kind of machine there is no torch; None where there is one.

    Parameters
    ----------
    system, machine : str
        As `platform.system` and `platform.machine` name them.
    """
    if (system, machine) == ("Darwin", "x86_64"):
        return (
            "torch has no wheels for Macs with Intel's processors any more. On one with Apple's, "
            "install the Python made for it: this one is not."
        )
    return None


def missing_venv(version, is_there, is_system_python, is_debian):
    """Say how the module that makes environments is installed; None where it is there.

    Parameters
    ----------
    version : tuple of int
        The first two numbers of the Python.
    is_there : bool
        Whether `venv` and `ensurepip` can be imported.
    is_system_python : bool
        Whether `python3` of the system is of this version.
    is_debian : bool
        Whether the system has `apt-get`.
    """
    if is_there:
        return None
    told = "This Python %d.%d has no venv module." % version
    if not is_debian:
        return told + " Install it, or a Python that has it."
    package = "python3-venv" if is_system_python else "python%d.%d-venv" % version
    return "%s Type: apt-get install %s" % (told, package)


def missing_libraries(missing, is_debian):
    """Say how libraries that OpenCV is linked to are installed; None where none is missing.

    Parameters
    ----------
    missing : list of str
        Names out of `LIBRARIES`.
    is_debian : bool
        Whether the system has `apt-get`.
    """
    if not missing:
        return None
    told = "OpenCV needs " + " and ".join(missing) + ", which this system does not have."
    if not is_debian:
        return told + " Install them from your system's packages."
    return "%s Type: apt-get install %s" % (told, " ".join(LIBRARIES[name] for name in missing))


def cannot_be_loaded(names):
    """Return those shared libraries that the system does not load."""
    missing = []
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            missing.append(name)
    return missing


def has_venv():
    """Whether environments with pip can be made."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return False
    return True


def problem():
    """Say what is wrong here; None if nothing is."""
    version = sys.version_info[:2]
    wrong = wrong_python(version, platform.python_implementation(), 8 * struct.calcsize("P"))
    wrong = wrong or wrong_machine(platform.system(), platform.machine())
    if wrong:
        return wrong
    is_debian = os.path.exists("/usr/bin/apt-get")
    own = os.path.realpath("/usr/bin/python3") == os.path.realpath(sys.executable)
    is_linux = sys.platform.startswith("linux")
    return missing_venv(version, has_venv(), own, is_debian) or missing_libraries(
        cannot_be_loaded(LIBRARIES) if is_linux else [], is_debian
    )


if __name__ == "__main__":
    sys.exit(problem())
