"""``--progress``: how a call tells of itself, and what it says before and after its work."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from .. import __version__
from ..progress.events import BAR, EVENTS, JSON, NONE, PROGRESS, SCHEMA
from .config_file import PRINT, ConfiguredCommand

PROGRESS_OPTION = click.option(
    "--progress",
    type=click.Choice(PROGRESS),
    metavar="|".join(PROGRESS),
    help="How to show on standard error how far the work is: bars, JSON objects for programs that "
    "call this one (one a line, docs/guide/command_line.md), or not at all.  [default: bar on a "
    "terminal]",
)


class EventCommand(ConfiguredCommand):
    """A command with `PROGRESS_OPTION`; its function is given how progress is shown for certain."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; with ``--progress json`` everything that it says becomes events."""
        chosen, quiet = ctx.params.get("progress"), ctx.params.get("quiet", False)
        with _as_events(ctx, chosen == JSON):
            if quiet and chosen in (BAR, JSON):
                raise click.UsageError(f"--quiet and --progress {chosen} contradict each other")
            if not ctx.meta.get(PRINT):
                ctx.params["progress"] = chosen or (
                    BAR if sys.stderr.isatty() and not quiet else NONE
                )
            return super().invoke(ctx)


@contextmanager
def _as_events(context: click.Context, wanted: bool) -> Iterator[None]:
    if not wanted:
        yield
        return
    started, code = time.perf_counter(), 1
    EVENTS.emit("start", schema=SCHEMA, program=context.info_name, version=__version__)
    try:
        yield
        code = 0
    except click.ClickException as error:
        EVENTS.emit("message", level="error", text=error.format_message())
        code = error.exit_code
        raise SystemExit(code) from error
    except click.exceptions.Exit as stop:
        code = stop.exit_code
        raise
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
        raise
    finally:
        EVENTS.emit("exit", code=code, seconds=round(time.perf_counter() - started, 3))
