"""Run a command on a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios

import pytest


def on_a_terminal(command: list[str], columns: int = 100) -> tuple[str, str, int]:
    """Run with standard error on a pseudo-terminal; standard output, error and exit status."""
    try:
        ours, theirs = pty.openpty()
    except OSError as error:  # a container without /dev/pts
        pytest.skip(f"this machine has no pseudo-terminals: {error}")
    fcntl.ioctl(
        theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30 if columns else 0, columns, 0, 0)
    )
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # Linux's word for the end of a pseudo-terminal
            break
        if not piece:
            break
        shown += piece
    out = process.communicate()[0]
    os.close(ours)
    return out.decode(), shown.decode(), process.returncode
