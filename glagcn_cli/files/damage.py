"""Errors of damaged files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import GlagcnError, InputError


@contextmanager
def damage_named(path: Path, contents: str) -> Iterator[None]:
    """Raise ``InputError`` with the file's name for any error while it is read.

    Parameters
    ----------
    path
        The file.
    contents
        Expected contents, for the message: "2D keypoints".
    """
    try:
        yield
    except GlagcnError:
        raise
    except MemoryError as error:
        raise InputError(f"{path}: does not fit into memory, or is damaged") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not text, as {path.suffix} files are") from error
    except KeyError as error:
        raise InputError(f"{path}: holds no {contents} that can be read: no {error}") from error
    except Exception as error:
        # For damaged bytes, libraries raise errors of any type.
        raise InputError(f"{path}: holds no {contents} that can be read: {error}") from error
