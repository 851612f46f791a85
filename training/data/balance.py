"""Balances training samples over motion packs, subjects and kinds of motion; trims clips."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.errors import UsageError

from .takes import Take, TakeSet


def by_pack(text: str, setting: str, takes: TakeSet) -> dict[str, float]:
    """Parse numbers for packs from a setting's text, ``"cmu=3 uiprmd=1"``.

    Raises
    ------
    UsageError
        The text has another form, a number is negative, or no take comes from a named pack.
    """
    there = sorted({take.pack for take in takes.takes})
    numbers = {}
    for part in text.split():
        pack, equals, number = part.partition("=")
        try:
            numbers[pack] = float(number)
        except ValueError:
            equals = ""
        if not equals or not 0 <= numbers[pack] < np.inf:
            raise UsageError(f"{setting} is {text!r}: {part!r} is not like pack=3")
        if pack not in there:
            raise UsageError(f"{setting} names {pack!r}, expected one of {', '.join(there)}")
    return numbers


def trimmed(takes: TakeSet, text: str) -> TakeSet:
    """Cut frames off both ends of the clips of some packs; leave at least one frame.

    Parameters
    ----------
    takes
        Motion of all packs.
    text
        As `DataSettings.trimmed`.
    """
    frames = by_pack(text, "data.trimmed", takes)

    def trim(take: Take) -> Take:
        cut = min(int(frames.get(take.pack, 0)), (len(take) - 1) // 2)
        return replace(take, joints=take.joints[cut : len(take) - cut]) if cut else take

    return replace(takes, takes=tuple(trim(take) for take in takes.takes))


def take_shares(takes: TakeSet, text: str) -> NDArray[np.float64] | None:
    """Compute the share of samples for each take (takes,), 1 in all; None for an empty text.

    Parameters
    ----------
    takes
        Motion of all packs.
    text
        As `DataSettings.shares`.

    Raises
    ------
    UsageError
        As `by_pack`, or all shares are 0.
    """
    if not text:
        return None
    packs = by_pack(text, "data.shares", takes)
    if not sum(packs.values()):
        raise UsageError(f"data.shares is {text!r}: no take has a share; give one above 0")
    shares = np.zeros(len(takes.takes))
    for pack, of_pack in packs.items():
        own = [number for number, take in enumerate(takes.takes) if take.pack == pack]
        for subject, of_subject in _by_root(takes, own, "subject"):
            for kind, of_kind in _by_root(takes, subject, "action"):
                lengths = np.array([len(takes.takes[number]) for number in kind])
                shares[kind] = of_pack * of_subject * of_kind * lengths / lengths.sum()
    return shares / shares.sum()


def _by_root(takes: TakeSet, numbers: list[int], name: str) -> list[tuple[list[int], float]]:
    """Share between groups of takes by the square root of their lengths."""
    groups: dict[str, list[int]] = defaultdict(list)
    for number in numbers:
        groups[getattr(takes.takes[number], name)].append(number)
    roots = [np.sqrt(sum(len(takes.takes[n]) for n in group)) for group in groups.values()]
    return [(group, root / sum(roots)) for group, root in zip(groups.values(), roots, strict=True)]
