"""Agreement of two methods: limits of Bland and Altman, intraclass correlation, centred errors."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Limits(NamedTuple):
    """Mean difference, and the limits within which 95 % of differences lie if they are normal."""

    bias: float
    low: float
    high: float


def bland_altman(measured: Floats, true: Floats) -> Limits:
    """Return the limits of agreement (Bland & Altman 1986, Lancet 327:307) of pairs (n,)."""
    off = measured - true
    bias, spread = float(off.mean()), float(off.std(ddof=1))
    return Limits(bias, bias - 1.96 * spread, bias + 1.96 * spread)


def icc(measured: Floats, true: Floats) -> float:
    """Return ICC(2,1), absolute agreement of single measurements, of pairs (n,).

    Shrout & Fleiss 1979, Psychol Bull 86:420: two-way, both methods random. 1 for equal values; a
    method that is off by a constant has less.
    """
    both = np.stack([measured, true], axis=1)
    n, k = both.shape
    whole, rows, columns = both.mean(), both.mean(axis=1), both.mean(axis=0)
    between_rows = k * ((rows - whole) ** 2).sum() / (n - 1)
    between_columns = n * ((columns - whole) ** 2).sum() / (k - 1)
    rest = both - rows[:, None] - columns[None] + whole
    error = (rest**2).sum() / ((n - 1) * (k - 1))
    total = between_rows + (k - 1) * error + k * (between_columns - error) / n
    return float((between_rows - error) / total) if total else float("nan")


def centred_rms(off: Floats) -> float:
    """Return the root mean square of differences (n,) with their mean taken out."""
    return float(off.std())
