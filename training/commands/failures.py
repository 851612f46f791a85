"""Turns every failure a user can meet into a message and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from glagcn_cli.errors import GlagcnError, UsageError


class _Stopped(click.ClickException):
    """Ctrl-C; the exit code is that of a program that an interrupt ended."""

    exit_code = 130


def _out_of_memory(error: RuntimeError) -> bool:
    """Tell whether torch ran out of a device's memory; False where torch was not imported."""
    torch = sys.modules.get("torch")
    return isinstance(error, getattr(torch, "OutOfMemoryError", ()))


@contextmanager
def failures_as_messages() -> Iterator[None]:
    """Exit with a message: code 2 for wrong options, else 1."""
    try:
        yield
    except UsageError as error:
        raise click.UsageError(str(error)) from error
    except GlagcnError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:  # a full disk, or a folder without permission
        where = f"{error.filename}: " if error.filename else ""
        raise click.ClickException(f"{where}{error.strerror or error}") from error
    except RuntimeError as error:
        if not _out_of_memory(error):
            raise
        raise click.ClickException(
            f"the device is out of memory ({str(error).partition(chr(10))[0]}); end other "
            "programs on it, or choose another --device"
        ) from error
    except KeyboardInterrupt as interrupt:
        raise _Stopped(str(interrupt) or "stopped") from None
