"""Records measured ratios in a JSON file, and compares later measurements with them.

Rates differ from machine to machine. A stage's share of the machine's limit, and its ratio to a
peer, differ less between machines with the same kind of arithmetic. Each kind has its own record.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FALL = 0.25
"""Share by which a ratio may fall."""

NOT_COMPARABLE = 2
"""Exit code without a record for the measured clip or kind of arithmetic."""


def fallen(
    recorded: Mapping[str, float], measured: Mapping[str, float], fall: float = FALL
) -> list[str]:
    """Describe each recorded ratio that fell by more than a share, or is missing.

    Parameters
    ----------
    recorded, measured
        Ratios by name, higher is better.
    fall
        Share of the recorded ratio, 0 to 1.

    Returns
    -------
    list of str
        A line each; empty when nothing fell.
    """
    lines = []
    for name, before in recorded.items():
        now = measured.get(name)
        if now is None:
            lines.append(f"{name}: was {before:.3g}, is no longer measured")
        elif now < before * (1 - fall):
            lines.append(f"{name}: was {before:.3g}, is {now:.3g} ({now / before - 1:+.0%})")
    return lines


def keep(path: Path, section: str, measured: Mapping[str, Any]) -> None:
    """Write the section of a kind of arithmetic; leave the rest of the file."""
    told = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    told.setdefault(section, {})[measured["arithmetic"]] = measured
    path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def verdict(
    path: Path, section: str, measured: Mapping[str, Any], fall: float, without: str = ""
) -> int:
    """Print the fallen ratios, and return the exit code: 1 with any.

    Parameters
    ----------
    path, section
        File with the recorded measurement.
    measured
        A new one, with "clip", "arithmetic" and "ratios".
    fall
        As in `fallen`.
    without
        Ratios whose names contain this are not compared.
    """
    kept, kind = json.loads(path.read_text(encoding="utf-8"))[section], measured["arithmetic"]
    if kind not in kept:
        sys.stdout.write(f"{section} of {', '.join(kept)} are recorded, this device has {kind}\n")
        return NOT_COMPARABLE
    recorded = kept[kind]
    if recorded["clip"] != measured["clip"]:
        sys.stdout.write(f"{section} of {recorded['clip']} are recorded, not {measured['clip']}\n")
        return NOT_COMPARABLE
    ratios = recorded["ratios"]
    if without:
        ratios = {name: ratio for name, ratio in ratios.items() if without not in name}
    lines = fallen(ratios, measured["ratios"], fall)
    for line in lines or [f"no ratio of {section} fell by more than {fall:.0%}"]:
        sys.stdout.write(f"{line}\n")
    return int(bool(lines))
