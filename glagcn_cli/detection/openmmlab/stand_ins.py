"""Stand-ins for what OpenMMLab's code imports and newer Pythons no longer have or install.

- ``xtcocotools``: MMPose's data sets and metrics import it, and it has no wheel beyond Python 3.11.
  Nothing here reads such a data set. ``pycocotools``, which MMDet needs anyway, takes its place.
- ``pkgutil.find_loader``: MMEngine and MMCV call it, and Python 3.14 no longer has it.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
import types
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from typing import Any

_COCO = "xtcocotools"
_COCO_MODULES = ("coco", "cocoeval", "mask")


def put_in_place() -> None:
    """Put every stand-in where the real thing is missing. Calling it again does nothing."""
    if _COCO not in sys.modules and importlib.util.find_spec(_COCO) is None:
        _stand_in_for_xtcocotools()
    if not hasattr(pkgutil, "find_loader"):
        vars(pkgutil)["find_loader"] = find_loader


def find_loader(name: str) -> Loader | None:
    """Find the loader of a module, as ``pkgutil.find_loader`` did up to Python 3.13.

    Parameters
    ----------
    name
        Full name of the module.

    Returns
    -------
    loader
        None where there is no such module, or where it has no loader.
    """
    spec = importlib.util.find_spec(name)
    return None if spec is None else spec.loader


def _stand_in_for_xtcocotools() -> None:
    """Register ``xtcocotools`` and its modules; their names come from ``pycocotools``."""
    package = types.ModuleType(_COCO)
    package.__spec__ = ModuleSpec(_COCO, loader=None, is_package=True)
    package.__path__ = []
    sys.modules[_COCO] = package
    for name in _COCO_MODULES:
        module = _FromPycocotools(name)
        setattr(package, name, module)
        sys.modules[f"{_COCO}.{name}"] = module


class _FromPycocotools(types.ModuleType):
    """A module whose names are those of the module of ``pycocotools`` with the same name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{_COCO}.{name}")
        self.__spec__ = ModuleSpec(self.__name__, loader=None)
        self._real = f"pycocotools.{name}"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(importlib.import_module(self._real), name)
