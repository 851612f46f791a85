"""Names that a package offers its users, imported on first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def late(
    package: str, offered: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Make ``__getattr__``, ``__dir__`` (PEP 562) and ``__all__`` of a package.

    Parameters
    ----------
    package
        Its name.
    offered
        For each module inside it the names that it defines for users, separated by spaces.
    """
    homes = {name: module for module, names in offered.items() for name in names.split()}

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f".{homes[name]}", package), name)

    return get, lambda: sorted(homes), sorted(homes)
