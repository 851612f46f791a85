"""The order of the packages, and the faces that they show to their users."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# A package imports from packages before it in its list, and from no other.
ORDER = {
    "glagcn_cli": [
        "faces",
        "defaults",
        "errors",
        "wording",
        "operating_system",
        "joint_set",
        "skeleton",
        "halves",
        "poses",
        "smoothing",
        "camera",
        "similarity",
        "files",
        "machine",
        "progress",
        "video",
        "shots",
        "camera_path",
        "detection",
        "tracking",
        "keypoints",
        "model",
        "lifting",
        "scene",
        "biomechanics",
        "rendering",
        "export",
        "pipeline",
        "batch",
        "live",
        "diagnostics",
        "commands",
    ],
    "glagcn_training": [
        "metrics",
        "data",
        "conversion",
        "samples",
        "extremity_losses",
        "losses",
        "networks",
        "recipes",
        "evaluation",
        "report",
        "engine",
        "lifter_files",
        "commands",
        "__main__",
    ],
    "benchmarks": [
        "measuring",
        "peers",
        "speed",
        "tracking",
        "real_video",
        "accuracy",
        "ablations",
        "downstream",
        "training",
    ],
}

# Imports that still run against the order: (package, package that it imports from).
AGAINST_THE_ORDER: set[tuple[str, str]] = set()

FOLDERS = {"glagcn_cli": "glagcn_cli", "glagcn_training": "training", "benchmarks": "benchmarks"}
FACES = sorted(
    ".".join([name, *path.parent.relative_to(ROOT / folder).parts])
    for name, folder in FOLDERS.items()
    for path in (ROOT / folder).rglob("__init__.py")
)


def package_of(module: str) -> str:
    """Name of the package, or of the module at the top, that a module belongs to."""
    return ".".join(module.split(".")[:2])


def imported(path: Path, module: str, is_package: bool) -> Iterator[str]:
    """Modules that a file imports anywhere in it."""
    parents = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = parents[: len(parents) - node.level + 1] if node.level else []
            full = ".".join([*base, *([node.module] if node.module else [])])
            # `from . import name` may import a module.
            yield from (f"{full}.{alias.name}" for alias in node.names)


def imports_of(name: str) -> Iterator[tuple[str, str]]:
    """Pairs of a package and a package that it imports from."""
    folder = ROOT / FOLDERS[name]
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        module = ".".join([name, *(parts[:-1] if is_package else parts)])
        if module == name:  # the face offers names of all packages
            continue
        for other in imported(path, module, is_package):
            if other.startswith(f"{name}.") and package_of(other) != package_of(module):
                yield package_of(module), package_of(other)


@pytest.mark.parametrize("name", ORDER)
def test_every_package_has_its_place_in_the_order(name):
    folder = ROOT / FOLDERS[name]
    found = {p.parent.name for p in folder.glob("*/__init__.py")}
    found |= {p.stem for p in folder.glob("*.py")} - {"__init__"}
    assert sorted(found) == sorted(ORDER[name])


@pytest.mark.parametrize("name", ORDER)
def test_packages_import_from_packages_before_them_alone(name):
    place = {f"{name}.{package}": index for index, package in enumerate(ORDER[name])}
    against = {
        (one, other)
        for one, other in imports_of(name)
        if other in place and place[other] > place[one]
    }
    known = {pair for pair in AGAINST_THE_ORDER if pair[0].startswith(f"{name}.")}
    assert against - known == set(), "imports against the order of the packages"
    assert known - against == set(), "take these out of AGAINST_THE_ORDER"


def test_the_library_does_not_import_training_or_benchmarks():
    for path in (ROOT / "glagcn_cli").rglob("*.py"):
        for other in imported(path, "glagcn_cli.x", False):
            assert other.split(".")[0] not in ("glagcn_training", "benchmarks", "tests"), path


def test_no_face_imports_torch_or_opencv():
    code = (
        "import importlib, sys\n"
        f"for face in {FACES!r}:\n"
        "    importlib.import_module(face)\n"
        "    heavy = [m for m in ('torch', 'cv2', 'scipy', 'matplotlib') if m in sys.modules]\n"
        "    assert not heavy, (face, heavy)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize("name", FACES)
def test_faces_have_the_names_that_they_offer(name):
    face = __import__(name, fromlist=["*"])
    for offered in getattr(face, "__all__", ()):
        value = getattr(face, offered)
        assert not isinstance(value, type(sys)), f"{offered} of {name} is a module"
    assert not hasattr(face, "no_such_name")
