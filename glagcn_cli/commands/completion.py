"""What a shell offers for a half-typed value. Nothing here imports torch: it must come at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import click
from click.shell_completion import CompletionItem

Items = list[CompletionItem]


def listed(_: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Offer the words that an option's help shows in place of its value: `auto|camera`."""
    words = re.findall(r"(?:^|\|)([a-z]\w*)", parameter.metavar or "", re.ASCII)
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]


def output_suffixes(_: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Offer the formats after a name and its dot, the shell's own files and folders before that."""
    stem, dot, started = incomplete.rpartition(".")
    if not (dot and Path(stem).name) or Path(started).name != started:
        return [CompletionItem(incomplete, type="file")]
    from ..export.formats import BY_SUFFIX, PLOT_SUFFIXES, REPORT_SUFFIXES

    own = {"plots": PLOT_SUFFIXES, "pages": REPORT_SUFFIXES}
    suffixes = own.get(parameter.name or "", tuple(BY_SUFFIX))
    return [CompletionItem(stem + suffix) for suffix in suffixes if suffix[1:].startswith(started)]


class ModelName(click.ParamType):
    """A model: a name, or files.

    Parameters
    ----------
    kind
        Which models have names. Files are ``CONFIG,CHECKPOINT``, of a lifter the checkpoint alone.
    """

    name = "text"

    def __init__(self, kind: Literal["detector", "pose", "lifter"]) -> None:
        self.kind = kind

    def anchored(self, text: str, folder: Path) -> str:
        """Let files start at a folder; names stay."""
        parts = text.rsplit(",", 1)
        is_name = len(parts) == 1 and not (
            self.kind == "lifter"
            and (Path(text).name != text or Path(text).suffix or (folder / text).is_file())
        )
        if is_name:
            return text
        return ",".join(str(folder / Path(part.strip()).expanduser()) for part in parts)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
        """Offer names, and files where no name begins so."""
        if self.kind == "lifter":
            from ..lifting.checkpoints import SHIPPED_LIFTERS

            names = [*SHIPPED_LIFTERS]
        else:
            from ..detection.models import names as names_of

            names = names_of(self.kind)
        fitting = [CompletionItem(name) for name in names if name.startswith(incomplete)]
        return fitting or [CompletionItem(incomplete, type="file")]
