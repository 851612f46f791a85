"""An export's context whose video is named by its path."""

from __future__ import annotations

from typing import Any

from glagcn_cli.export.formats import ExportContext
from glagcn_cli.video.source import Source


def export_context(**context: Any) -> ExportContext:
    """Make a context; `source` may be a path."""
    if context.get("source") is not None:
        context["source"] = Source.of(context["source"])
    return ExportContext(**context)
