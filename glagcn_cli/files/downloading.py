"""Downloads weights on first use: into a cache, with their checksum, never half a file."""

from __future__ import annotations

import hashlib
import os
import re
import urllib.request
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO

from tqdm import tqdm

from ..errors import CheckpointError, ModelNotFoundError
from ..operating_system import is_mac, is_windows, patiently
from .atomic import remove_temporary

CACHE_VARIABLE = "GLAGCN_CACHE"
_PIECE = 1 << 20  # bytes read at a time
_TIMEOUT = 30  # seconds without an answer
# OpenMMLab ends a file's name with the first 8 digits of its SHA-256, and often a date.
_HASH = re.compile(r"-([0-9a-f]{8})(?:_\d{8})?\.pth$")


def cache_folder() -> Path:
    """Return the cache folder: ``$GLAGCN_CACHE``, else the platform's."""
    if chosen := os.environ.get(CACHE_VARIABLE):
        return Path(chosen)
    if is_mac():
        return Path.home() / "Library" / "Caches" / "glagcn"
    if is_windows():
        local = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        return Path(local) / "glagcn" / "Cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "glagcn"


def hash_in_name(name: str) -> str:
    """Return the first 8 digits of the SHA-256 in an OpenMMLab file name."""
    match = _HASH.search(name)
    if match is None:
        raise ValueError(f"{name} does not state a hash")
    return match.group(1)


def fetch(url: str, instead: str) -> Path:
    """Return the cached file of a URL; download it if needed.

    Parameters
    ----------
    url
        Address that ends with a file name with the file's hash.
    instead
        Advice for users without a network, for the message.

    Raises
    ------
    ModelNotFoundError
        The download failed.
    CheckpointError
        The downloaded file does not have the name's hash.
    """
    name = url.rsplit("/", 1)[-1]
    target = cache_folder() / name
    if target.is_file():
        return target
    unfinished = target.with_name(f"{name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(url, timeout=_TIMEOUT) as source, unfinished.open("wb") as sink:
            digest = _copy(source, sink, int(source.headers.get("Content-Length") or 0), name)
        expected = hash_in_name(name)
        if not digest.startswith(expected):
            raise CheckpointError(
                f"the download of {url} is damaged: its SHA-256 starts with {digest[:8]} and not "
                f"with {expected}. Try again, or {instead}"
            )
        patiently(partial(unfinished.replace, target))
    except (OSError, HTTPException) as error:  # no network, time-out, disk full, no permission
        raise ModelNotFoundError(
            f"{url} cannot be downloaded ({error}). Download it elsewhere and put it at {target}, "
            f"or {instead}"
        ) from error
    finally:
        remove_temporary(unfinished)
    return target


def _copy(source: BinaryIO, sink: BinaryIO, size: int, name: str) -> str:
    """Copy a stream and return its SHA-256; raise ``OSError`` when it ends early."""
    digest = hashlib.sha256()
    done = 0
    with tqdm(
        total=size or None, unit="B", unit_scale=True, desc=name, disable=None, leave=False
    ) as bar:
        while piece := source.read(_PIECE):
            sink.write(piece)
            digest.update(piece)
            done += len(piece)
            bar.update(len(piece))
    if size and done < size:
        raise OSError(f"the connection ended after {done} of {size} bytes")
    return digest.hexdigest()
