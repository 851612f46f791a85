"""Facts of a machine that this program needs: versions, devices, models, cached files.

Everything is imported inside the functions. An import that fails becomes a "problem" in the facts,
since they are needed for broken installations.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import platform
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, TypeAlias

from .. import __version__

Facts: TypeAlias = dict[str, Any]
"""Values of JSON."""

PROBLEM = "problem"
"""Key of a problem, at any depth of the facts."""

# Names of modules by package. OpenMMLab's take seconds to import, so only the self-test does.
_IMPORTED = {"numpy": "numpy", "opencv-python": "cv2", "torch": "torch"}
_NEEDED = ("scipy", "mmdet", "mmengine", "imageio-ffmpeg")
_ON_REQUEST = "mmpose"  # for chosen models of MMPose and MMDet, not for the default
_ONE_OF = ("mmcv", "mmcv-lite")

SHIPPED, CACHED, TO_FETCH = "shipped", "in the cache", "to be downloaded"


def collect() -> Facts:
    """Collect all facts; a section that fails unexpectedly holds only its error."""
    sections: dict[str, Callable[[], Any]] = {
        "versions": versions,
        "ffmpeg": ffmpeg_facts,
        "devices": devices,
        "models": models,
        "lifters": lifters,
        "cache": cache,
    }
    facts: Facts = {"glagcn": __version__}
    for name, section in sections.items():
        try:
            facts[name] = section()
        except Exception as error:  # a broken installation can raise anything
            facts[name] = {PROBLEM: _line(error)}
    return facts


def problems(facts: Any) -> Iterator[str]:
    """Find all problems in the facts, however deep."""
    if isinstance(facts, dict):
        if facts.get(PROBLEM):
            yield str(facts[PROBLEM])
        facts = list(facts.values())
    if isinstance(facts, list):
        for item in facts:
            yield from problems(item)


def versions() -> Facts:
    """Return the versions of Python and of the packages that results depend on."""
    known: Facts = {
        "python": {"version": platform.python_version(), "file": sys.executable},
        "system": {"version": platform.platform()},
    }
    for name in (*_IMPORTED, *_NEEDED):
        known[name] = _package(name)
    known[_ON_REQUEST] = _mmpose()
    known["openvino"] = _openvino()
    present = {name: found for name in _ONE_OF if PROBLEM not in (found := _package(name))}
    return known | (present or {_ONE_OF[-1]: {PROBLEM: "not installed"}})


def _mmpose() -> Facts:
    """Return MMPose's version, or how to install it."""
    from ..detection.openmmlab.mmpose_package import how_to_install

    found = _package(_ON_REQUEST)
    if PROBLEM not in found:
        return found
    return {"note": f"not installed; models of MMPose and MMDet need it: {how_to_install()}"}


def _openvino() -> Facts:
    """Return OpenVINO's version, or why torch computes in its place."""
    from ..machine.openvino.importing import import_openvino, installed_version

    if (version := installed_version()) is None:
        return {"note": "not installed; torch runs the 2D models, which takes longer on a CPU"}
    try:
        import_openvino().Core()
    except Exception as error:  # whatever libraries raise that do not load
        reason = _line(error)
        return {"version": version, "note": f"not used, torch is: it does not load ({reason})"}
    return {"version": version, "note": "used: runs the 2D models on the CPU"}


def _package(name: str) -> Facts:
    try:
        found: Facts = {"version": metadata.version(name)}
    except metadata.PackageNotFoundError:
        return {PROBLEM: "not installed"}
    if module := _IMPORTED.get(name):
        try:
            own = str(importlib.import_module(module).__version__)
            # A CUDA build's package has version 2.13.0 where the module has 2.13.0+cu130.
            if own.partition("+")[0] == found["version"]:
                found["version"] = own
        except Exception as error:
            found[PROBLEM] = f"cannot be imported ({_line(error)})"
    return found


def ffmpeg_facts() -> Facts:
    """Return ffmpeg's path, version and origin."""
    import imageio_ffmpeg

    program = Path(imageio_ffmpeg.get_ffmpeg_exe())
    found = {"version": imageio_ffmpeg.get_ffmpeg_version(), "file": str(program)}
    inside = Path(imageio_ffmpeg.__file__).parent in program.parents
    if os.environ.get("IMAGEIO_FFMPEG_EXE"):
        return found | {"from": "IMAGEIO_FFMPEG_EXE"}
    return found | {"from": "the package imageio-ffmpeg" if inside else "the system"}


def devices() -> list[Facts]:
    """Describe the CPU and every GPU; memory in bytes."""
    from ..machine.devices import usable_cores, why_no_gpu

    found: list[Facts] = [
        {"device": "cpu", "name": _cpu_name(), "cores": usable_cores(), "memory": _memory()}
    ]
    import torch

    for number in range(torch.cuda.device_count()):
        about = torch.cuda.get_device_properties(number)
        found.append(
            {"device": f"cuda:{number}", "name": about.name, "memory": int(about.total_memory)}
        )
    if len(found) == 1:
        found.append({"device": "cuda", "note": f"no GPU: {why_no_gpu()}"})
    return found


def models() -> list[Facts]:
    """Describe the named models of the 2D stage."""
    from ..detection.models import DEFAULT_DETECTOR, DEFAULT_POSE, MODELS, shipped_weights
    from ..files.downloading import cache_folder

    found = []
    for name, model in MODELS.items():
        file = cache_folder() / model.checkpoint.rsplit("/", 1)[-1]
        state = CACHED if file.is_file() else TO_FETCH
        if model.is_shipped:
            file, state = shipped_weights(model.checkpoint), SHIPPED
        there = file.is_file()
        row: Facts = {
            "name": name,
            "kind": model.kind,
            "default": name in (DEFAULT_DETECTOR, DEFAULT_POSE),
            "state": state,
            "bytes": file.stat().st_size if there else None,
            "licence": model.licence,
            "from": None if model.is_shipped else model.checkpoint,
        }
        if model.is_shipped and not there:
            row[PROBLEM] = f"{file} is missing; install the program again"
        found.append(row)
    return found


def lifters() -> list[Facts]:
    """Describe the shipped lifters and their training data."""
    from ..files.checksums import sha256
    from ..lifting.checkpoints import DEFAULT_LIFTER, SHIPPED_LIFTERS, lifter_path, load_lifter

    found = []
    for name, checksum in SHIPPED_LIFTERS.items():
        row: Facts = {"name": name, "default": name == DEFAULT_LIFTER, "state": SHIPPED}
        found.append(row)
        try:
            file = lifter_path(name)
            row["bytes"] = file.stat().st_size
            card = load_lifter(file)[1]
            row |= {"licence": LIFTER_LICENCE, "data": card.data, "data_licence": card.licence}
            row["credits"] = str(file.with_name("NOTICE"))
            if sha256(file) != checksum:
                row[PROBLEM] = f"{file} is not the file that was shipped; install again"
        except Exception as error:
            row[PROBLEM] = _line(error)
    return found


LIFTER_LICENCE = "Apache-2.0"
"""Credits of the shipped lifters, as in weights/NOTICE."""


def cache() -> Facts:
    """Describe the contents of the user's cache folder."""
    from ..files.downloading import CACHE_VARIABLE, cache_folder

    folder = cache_folder()
    sizes: dict[str, list[int]] = {"2D of videos": [], "weights": [], "graphs of networks": []}
    kinds = {folder: "weights", folder / "graphs": "graphs of networks"}
    for parent, _, names in os.walk(folder):
        kind = kinds.get(Path(parent), "2D of videos")
        sizes[kind] += [_size(Path(parent, name)) for name in names]
    return {
        "folder": str(folder),
        "chosen_by": CACHE_VARIABLE if os.environ.get(CACHE_VARIABLE) else "default",
        "bytes": sum(map(sum, sizes.values())),
        "holds": {kind: sum(found) for kind, found in sizes.items()},
    }


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:  # removed meanwhile
        return 0


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        return None


def _line(error: BaseException) -> str:
    from .self_test import one_line

    return one_line(error)
