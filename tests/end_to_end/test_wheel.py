"""A built wheel holds what the program needs, and works away from the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
SHIPPED = [
    "rtmdet_nano_person.pth",
    "movenet_thunder.pth",
    "lifter-27.pth",
    "lifter-27-feet.pth",
    "body.glb",
    "NOTICE",
]
SOURCES = ("glagcn_cli", "training", "weights", "setup.cfg", "pyproject.toml", "README.md")


def pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, *map(str, arguments)], check=True)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Folder into which the wheel alone was installed."""
    copy = tmp_path_factory.mktemp("checkout")  # a build leaves files beside its sources
    for name in SOURCES:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    wheels = tmp_path_factory.mktemp("wheels")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, copy)
    (wheel,) = wheels.glob("*.whl")
    target = tmp_path_factory.mktemp("installed")
    pip("install", "--no-deps", "--target", target, wheel)
    return target


def run_outside(installed: Path, code: str) -> str:
    """Run Python code in an empty folder with the installed wheel in front of everything else."""
    empty = installed.parent / "empty"
    empty.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=empty,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_only_names_of_our_own_are_installed(installed):
    packages = {p.name for p in installed.iterdir() if p.is_dir() and p.suffix != ".dist-info"}
    assert packages - {"bin", "__pycache__"} == {"glagcn_cli", "glagcn_training", "glagcn_weights"}


def test_every_module_of_the_checkout_is_in_the_wheel(installed):
    for source, package in (("glagcn_cli", "glagcn_cli"), ("training", "glagcn_training")):
        expected = {p.relative_to(CHECKOUT / source) for p in (CHECKOUT / source).rglob("*.py")}
        found = {p.relative_to(installed / package) for p in (installed / package).rglob("*.py")}
        assert found == expected


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_files_are_in_the_wheel(installed, name):
    assert (installed / "glagcn_weights" / name).read_bytes() == (
        CHECKOUT / "weights" / name
    ).read_bytes()


def test_commands_are_installed(installed):
    commands = {p.name for p in (installed / "bin").iterdir()}
    assert {"glagcn-video", "glagcn-train", "glagcn-eval"} <= commands


def test_the_installed_package_finds_its_weights(installed):
    code = """
import glagcn_cli
from glagcn_cli.lifting.checkpoints import DEFAULT_LIFTER, lifter_path, load_lifter
from glagcn_cli.detection.models import DEFAULT_DETECTOR, DEFAULT_POSE, find_files
print(glagcn_cli.__file__)
network, card = load_lifter(lifter_path(DEFAULT_LIFTER))
print(lifter_path(DEFAULT_LIFTER))
for model, kind in ((DEFAULT_DETECTOR, "detector"), (DEFAULT_POSE, "pose")):
    config, checkpoint = find_files(model, kind)
    assert config.is_file() and checkpoint.is_file()
    print(config)
    print(checkpoint)
"""
    for line in run_outside(installed, code).splitlines():
        assert line.startswith(str(installed)), line
