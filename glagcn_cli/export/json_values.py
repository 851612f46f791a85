"""Turn values into what strict JSON can hold."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from ..wording import plain_text


def json_safe(value: Any) -> Any:
    """Turn a value into what strict JSON can say.

    Fractions become "30000/1001", paths strings, numpy scalars and arrays numbers and lists, data
    classes mappings, NaN and infinity null, and bytes of names that are no text U+FFFD.

    Raises
    ------
    TypeError
        For anything else: a report that says `<object at 0x7f..>` says nothing.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, (np.generic, np.ndarray)):
        return json_safe(value.tolist())
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, (Fraction, Path)):
        return plain_text(str(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: json_safe(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {plain_text(str(key)): json_safe(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(json_safe(item) for item in value)
    if isinstance(value, Iterable):
        return [json_safe(item) for item in value]
    raise TypeError(f"cannot write {type(value).__name__} {value!r} as JSON")
