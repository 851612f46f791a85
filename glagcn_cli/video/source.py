"""A video as the user named it: where it is read from, and what messages and reports call it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from urllib.parse import urlsplit

from ..operating_system import is_impossible_name
from ..wording import plain_text

STANDARD_INPUT = "-"
IMAGE_SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".tga", ".ppm", ".pgm", ".jp2",
)  # fmt: skip

NUMBER = re.compile(r"%(0\d)?d")
"""Stands for the number in the name of numbered pictures."""

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")


@dataclass(frozen=True)
class Source:
    """A video, made once of what the user gave.

    Parameters
    ----------
    place
        A file, an address, `-` for standard input, or numbered pictures, as `frames/%05d.png`.
    name
        What messages and reports call it; an address stands there without the password in it.
    rate
        Pictures a second that were really filmed, whatever the file says; None for what it says.
    """

    place: Path | str
    name: str
    rate: Fraction | None = None

    @classmethod
    def of(cls, given: Path | str | Source) -> Source:
        """Make a source of what a user or a caller names a video by."""
        if isinstance(given, Source):
            return given
        as_given = str(given) == STANDARD_INPUT or is_address(given)
        return cls(str(given) if as_given else Path(given), _shown(given))

    @property
    def path(self) -> Path:
        """File that the video is read from, where `is_file` is true."""
        return Path(self.place)

    @property
    def short_name(self) -> str:
        """Name without folders, for titles and inside of files."""
        return plain_text(Path(self.name).name)

    @property
    def is_address(self) -> bool:
        """Whether it is an address, of whatever kind."""
        return is_address(self.place)

    @property
    def is_standard_input(self) -> bool:
        """Whether it is what is piped into the program."""
        return self.place == STANDARD_INPUT

    @property
    def is_image_sequence(self) -> bool:
        """Whether it stands for numbered pictures; no file is called so."""
        path = self.path
        is_pattern = len(NUMBER.findall(path.name)) == 1 and path.suffix.lower() in IMAGE_SUFFIXES
        return is_pattern and not path.exists()

    @property
    def is_file(self) -> bool:
        """Whether it names a file, which need not be there."""
        return not (self.is_address or self.is_standard_input or self.is_image_sequence)

    @property
    def plain_name(self) -> str:
        """Name for a copy of it or for its outputs: letters, digits, dots and dashes."""
        if self.is_standard_input:
            return "standard-input"
        name = urlsplit(str(self.place)).path if self.is_address else str(self.place)
        plain = re.sub(r"[^\w.-]+", "-", Path(name).stem).strip("-.")
        return "video" if not plain or is_impossible_name(plain) else plain[:60]

    def kept_in(self, copy: Path) -> Source:
        """Return the same video, read from a copy of it."""
        return replace(self, place=copy)


def is_address(given: Path | str) -> bool:
    """Whether a text is an address, of whatever kind, and no file is called so."""
    return _ADDRESS.match(str(given)) is not None and not Path(given).exists()


def _shown(given: Path | str) -> str:
    text = str(given)
    if text == STANDARD_INPUT:
        return "standard input"
    return re.sub(r"://[^/?#@]*@", "://", text, count=1) if is_address(given) else text
