"""What keeps the program from being installed is said in one line before any download."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
_spec = spec_from_file_location("check_python", CHECKOUT / "check_python.py")
assert _spec is not None and _spec.loader is not None
check_python = module_from_spec(_spec)
_spec.loader.exec_module(check_python)


@pytest.mark.parametrize("minor", [11, 12, 13, 14])
def test_supported_pythons_will_do(minor: int) -> None:
    assert check_python.wrong_python((3, minor), "CPython", 64) is None


@pytest.mark.parametrize(
    ("version", "implementation", "bits", "told"),
    [
        ((2, 7), "CPython", 64, "This is Python 2.7; glagcn needs Python 3.11 to 3.14"),
        ((3, 9), "CPython", 64, "This is Python 3.9; glagcn needs Python 3.11 to 3.14"),
        ((3, 10), "CPython", 64, "This is Python 3.10; glagcn needs Python 3.11 to 3.14"),
        ((3, 15), "CPython", 64, "This is Python 3.15; glagcn needs Python 3.11 to 3.14"),
        ((3, 11), "PyPy", 64, "This is PyPy 3.11; torch runs on CPython alone"),
        ((3, 12), "CPython", 32, "This is a Python of 32 bits; torch needs one of 64"),
    ],
)
def test_others_are_refused_in_one_line(
    version: tuple[int, int], implementation: str, bits: int, told: str
) -> None:
    said = check_python.wrong_python(version, implementation, bits)
    assert said.startswith(told) and "\n" not in said and "nstall" in said


def test_the_supported_pythons_are_those_of_the_metadata() -> None:
    metadata = (CHECKOUT / "setup.cfg").read_text(encoding="utf-8")
    (oldest, newest) = check_python.OLDEST, check_python.NEWEST
    assert f"python_requires = >=3.{oldest[1]},<3.{newest[1] + 1}\n" in metadata


@pytest.mark.parametrize(
    ("own", "debian", "told"),
    [
        (True, True, "apt-get install python3-venv"),
        (False, True, "apt-get install python3.13-venv"),
        (False, False, "Install it, or a Python that has it."),
    ],
)
def test_a_missing_venv_is_named_as_its_package(own: bool, debian: bool, told: str) -> None:
    assert check_python.missing_venv((3, 13), False, own, debian).endswith(told)
    assert check_python.missing_venv((3, 13), True, own, debian) is None


def test_what_opencv_is_linked_to_is_told_of() -> None:
    assert check_python.cannot_be_loaded(["libno-such-thing.so.1"]) == ["libno-such-thing.so.1"]
    assert check_python.missing_libraries([], True) is None
    told = check_python.missing_libraries(["libGL.so.1", "libgthread-2.0.so.0"], True)
    assert told.endswith("apt-get install libgl1 libglib2.0-0")


def test_old_pythons_can_read_it() -> None:
    path = Path(check_python.__file__)
    ast.parse(path.read_text(encoding="ascii"), feature_version=(3, 4))
    tree = ast.parse(path.read_text(encoding="ascii"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr | ast.AnnAssign)]
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("system", "machine"), [("Darwin", "arm64"), ("Windows", "AMD64"), ("Linux", "x86_64")]
)
def test_machines_that_torch_is_built_for_will_do(system: str, machine: str) -> None:
    assert check_python.wrong_machine(system, machine) is None


def test_macs_with_intel_are_refused_in_one_line() -> None:
    said = check_python.wrong_machine("Darwin", "x86_64")
    assert said.startswith("torch has no wheels for Macs with Intel's") and "\n" not in said
