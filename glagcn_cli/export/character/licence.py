"""Says where a VRM character's licence forbids changes; its metadata stay in the file."""

from __future__ import annotations

import logging
from typing import Any

from .gltf_file import GltfFile

log = logging.getLogger(__name__)

_NO_CHANGES = {"modification": ("prohibited",), "licenseName": ("CC_BY_ND", "CC_BY_NC_ND")}
"""Fields of VRM 1.0 and VRM 0.x with the values that forbid changes."""


def metadata(file: GltfFile) -> dict[str, Any]:
    """Return what a VRM file says of itself; empty for others."""
    extensions = file.json.get("extensions", {})
    for name in ("VRMC_vrm", "VRM"):
        if found := extensions.get(name, {}).get("meta"):
            return dict(found)
    return {}


def warn_of_licence(file: GltfFile) -> None:
    """Warn where a character may not be changed."""
    meta = metadata(file)
    if any(meta.get(key) in values for key, values in _NO_CHANGES.items()):
        by = ", ".join(meta.get("authors", [])) or meta.get("author") or "its author"
        log.warning(
            "%s: its licence forbids changes; ask %s before you use what is written (its metadata "
            "stay in the file)",
            file.path,
            by,
        )
