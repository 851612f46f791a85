"""The ffmpeg binary that comes with imageio-ffmpeg: start it, stop it, read its complaints."""

from __future__ import annotations

import contextlib
import re
import subprocess
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import IO, cast

import imageio_ffmpeg

from ..machine.signals import signals_held
from ..operating_system import apart_from_terminal, widen_pipe

# A damaged file makes ffmpeg write a line for each damaged block: only the last ones are kept.
MESSAGES_KEPT = 200

# The lines that say that something failed but not what.
_SAYS_NOTHING = re.compile(
    r"Error opening (input|output) files?\b|Error while|Error parsing options|Conversion failed"
    r"|To ignore this|Last message repeated|Terminating thread|Task finished|Exiting"
    r"|Error (submitting|sending|muxing|closing|writing trailer)|Nothing was written"
    r"|Format \S+ detected only with low score"
)
_UNREAD = ("Decoding error", "Error submitting packet")
_SPEAKER = re.compile(r"^(\[[^\]]*\] )*(Error opening input: )?")


@lru_cache(maxsize=1)
def version() -> str:
    """Return the version of the ffmpeg in use, as it prints it; it is asked once."""
    return imageio_ffmpeg.get_ffmpeg_version()


def is_release(least: int) -> bool:
    """Tell whether the ffmpeg in use is of this release or later, or built from its sources."""
    release = re.match(r"n?(\d+)\.", version())
    return release is None or int(release[1]) >= least


@cache
def has_decoder(name: str) -> bool:
    """Tell whether the ffmpeg in use was built with a decoder."""
    return f"Decoder {name} " in run(["-h", f"decoder={name}"]).output


def file_url(path: Path) -> str:
    """Name a file so that no part of its name is taken for an option or a protocol."""
    return f"file:{path}"


def telling_line(messages: Sequence[str]) -> str:
    """Pick from ffmpeg's messages what went wrong, without the lines that only say that it did."""
    told = [line for line in (_SPEAKER.sub("", raw.strip()) for raw in messages) if line]
    useful = [line for line in told if not _SAYS_NOTHING.match(line)]
    chosen = useful or told
    return "; ".join(dict.fromkeys(chosen[-2:])) if chosen else "ffmpeg gave no reason"


def left_out_pictures(messages: Sequence[str]) -> bool:
    """Tell whether ffmpeg says of pictures that it could not decode them."""
    return any(mark in line for line in messages for mark in _UNREAD)


@dataclass(frozen=True)
class Report:
    """What a finished ffmpeg left: exit status, standard output, messages."""

    status: int
    output: str
    messages: tuple[str, ...]


def run(arguments: Sequence[str], stdin: IO[bytes] | None = None) -> Report:
    """Run ffmpeg to its end with little output; never raises for a failure of ffmpeg itself."""
    with contextlib.ExitStack() as stack:
        with signals_held():
            process = stack.enter_context(
                subprocess.Popen(
                    _command(arguments),
                    stdin=subprocess.DEVNULL if stdin is None else stdin,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                )
            )
            stack.callback(process.kill)  # stops it where this is stopped; it has ended otherwise
        output, messages = (raw.decode(errors="replace") for raw in process.communicate())
    return Report(process.returncode, output, tuple(messages.splitlines()))


class FfmpegProcess:
    """A running ffmpeg with a pipe for frames; its messages are drained so that it never blocks.

    Made where signals are held (`held_signals`), until it is known to whoever kills it.

    Parameters
    ----------
    arguments
        Everything after the name of the program.
    feed
        True: frames are written to ``pipe`` (its standard input); False: they are read from it.
    """

    def __init__(self, arguments: Sequence[str], feed: bool) -> None:
        # Ctrl-C in a terminal reaches Python alone, which decides what is kept.
        self._process = subprocess.Popen(
            _command(arguments),
            stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if feed else subprocess.PIPE,
            stderr=subprocess.PIPE,
            **apart_from_terminal(),
        )
        self.pipe = cast("IO[bytes]", self._process.stdin if feed else self._process.stdout)
        widen_pipe(self.pipe)
        self._messages: deque[str] = deque(maxlen=MESSAGES_KEPT)
        self._drain = threading.Thread(target=self._keep_messages, daemon=True)
        self._drain.start()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def messages(self) -> tuple[str, ...]:
        """The last lines ffmpeg wrote; complete once ``finish`` has returned."""
        return tuple(self._messages)

    def finish(self) -> int:
        """Close the pipe, wait for ffmpeg's own end and return its exit status."""
        # When it died with frames still in our buffer, its status and messages say why.
        with contextlib.suppress(OSError):
            self.pipe.close()
        status = self._process.wait()
        self._drain.join()
        return status

    def kill(self) -> None:
        """End it at once, whatever it is doing, and leave no zombie."""
        self._process.kill()
        self.finish()

    def _keep_messages(self) -> None:
        with cast("IO[bytes]", self._process.stderr) as stream:
            for line in stream:
                self._messages.append(line.decode(errors="replace").rstrip())


def _command(arguments: Sequence[str]) -> list[str]:
    program = imageio_ffmpeg.get_ffmpeg_exe()
    return [program, "-hide_banner", "-nostdin", "-nostats", *arguments]
