"""Modules that other packages import and hardly ever use: put off until something is used."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any


@contextmanager
def put_off(names: Sequence[str]) -> Iterator[None]:
    """Have imports give stand-ins, for as long as it lasts, of modules that are not there yet.

    A stand-in imports the real module when something of it is called or looked into. Afterwards
    imports find the real modules again.

    Parameters
    ----------
    names
        Modules, and the packages that they are in.
    """
    stand_ins: dict[str, types.ModuleType] = {}
    for name in names:
        if name not in sys.modules:
            stand_ins[name] = sys.modules[name] = _LateModule(name, stand_ins)
    try:
        yield
    finally:
        _make_way(stand_ins)


def _make_way(stand_ins: Mapping[str, types.ModuleType]) -> None:
    """Let imports find the real modules."""
    for name, stand_in in stand_ins.items():
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]


class _LateModule(types.ModuleType):
    """Stands in for a module: what is taken from it while others are imported comes late too."""

    def __init__(self, name: str, together: Mapping[str, types.ModuleType]) -> None:
        super().__init__(name)
        self._together = together

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            return _LateName(self, name)
        return self.real(name)

    def real(self, name: str) -> Any:
        """Something of the real module, which may be a module itself."""
        _make_way(self._together)  # a package's stand-in would hide its modules
        module = importlib.import_module(self.__name__)
        if not hasattr(module, name):
            return importlib.import_module(f"{self.__name__}.{name}")
        return getattr(module, name)


class _LateName:
    """Stands in for a class, a function or a module of a module."""

    def __init__(self, module: _LateModule, name: str) -> None:
        self._late = module, name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        module, own = self._late
        return getattr(module.real(own), name)

    def __call__(self, *args: Any, **options: Any) -> Any:
        module, own = self._late
        return module.real(own)(*args, **options)
