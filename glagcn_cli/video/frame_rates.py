"""The one exact rate at which the frames of a stream are shown."""

from __future__ import annotations

from fractions import Fraction

# Frame rates that cameras and editors produce.
STANDARD_RATES = tuple(
    sorted(
        [Fraction(k) for k in (5, 10, 12, 15, 20, 24, 25, 30, 48, 50, 60, 90, 100, 120, 240)]
        + [Fraction(k * 1000, 1001) for k in (15, 24, 30, 48, 60, 120, 240)]
    )
)


def choose_rate(
    tick_rate: Fraction, average: float | None, duration: float | None = None
) -> Fraction:
    """Choose the constant rate at which the frames of a stream are shown.

    Parameters
    ----------
    tick_rate
        The lowest rate that hits the time of every frame, as ffmpeg finds it. It is the rate of a
        constant-rate video, but may be a multiple of it for interlaced video or uneven times.
    average
        Frames divided by duration, rounded to two decimals; None when the container has none.
    duration
        Seconds, None when the container has none.

    Returns
    -------
    Fraction
        ``tick_rate``, but the average where ``tick_rate`` is twice that (two fields a frame), and
        the first standard rate that drops nothing on average where ``tick_rate`` is above 60 and
        about twice the average or more (times of any value). A standard rate is then preferred
        where that moves no frame by half its time (2997/100 is 30000/1001).
    """
    rate = tick_rate
    if average and abs(tick_rate / 2 - average) < 0.006 and tick_rate / 2 in STANDARD_RATES:
        rate = tick_rate / 2
    elif average and tick_rate > max(60, 1.9 * average):
        rate = next((known for known in STANDARD_RATES if known >= 0.98 * average), tick_rate)
    nearest = min(STANDARD_RATES, key=lambda known: abs(rate / known - 1))
    drift = abs(rate / nearest - 1)
    frames_moved = drift * rate * duration if duration else 0
    return nearest if drift < 1e-5 or (drift < 0.005 and duration and frames_moved < 0.5) else rate
