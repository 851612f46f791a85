from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glagcn_cli.errors import UsageError
from glagcn_cli.video.clip_times import ClipRange, format_time, parse_time

RATES = st.sampled_from(
    [Fraction(25), Fraction(30), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(240)]
) | st.fractions(1, 300)
TIMES = st.floats(0, 20_000) | st.integers(0, 20_000_000).map(lambda ms: ms / 1000)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("83.5", 83.5),
        (".5", 0.5),
        ("5.", 5.0),
        (" 12 ", 12.0),
        ("1:23.5", 83.5),
        ("01:02:03", 3723.0),
        ("1:2:3.25", 3723.25),
        ("100:00:00", 360_000.0),
        ("90", 90.0),
    ],
)
def test_times_as_people_write_them(text: str, seconds: float) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "-1",
        "+1",
        "1:60",
        "60:00",
        "1:60:00",
        "1:2:3:4",
        ":5",
        "5:",
        "1e3",
        "nan",
        "inf",
        "1,5",
        "0x10",
        "1_0",
        "1.5:00",
        "1:00.5:00",
        "\u0661\u0662",
        "1s",
        "--end",
        "9" * 400,
    ],
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        parse_time(text)


@given(st.text() | st.from_regex(r"[0-9:. ]{0,12}", fullmatch=True))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    try:
        seconds = parse_time(text)
    except ValueError as error:
        assert "is no time" in str(error)
    else:
        assert math.isfinite(seconds)
        assert seconds >= 0


@given(st.integers(0, 10**9))
def test_a_time_that_is_written_is_read_back(milliseconds: int) -> None:
    assert parse_time(format_time(milliseconds / 1000)) == pytest.approx(milliseconds / 1000)


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_a_clock_counts_as_clocks_do(hours: int, minutes: int, seconds: int, ms: int) -> None:
    expected = 3600 * hours + 60 * minutes + seconds + ms / 1000
    assert parse_time(f"{hours}:{minutes:02d}:{seconds:02d}.{ms:03d}") == pytest.approx(expected)


# Parts --------------------------------------------------------------------------------------------


@given(TIMES, RATES)
def test_the_frame_of_a_time_is_the_first_not_half_a_frame_before_it(
    time: float, fps: Fraction
) -> None:
    first = ClipRange(start=time).first(fps)
    exact = Fraction(round(time * 1_000_000), 1_000_000)
    assert first / fps >= exact - 1 / (2 * fps)
    assert first == 0 or (first - 1) / fps < exact - 1 / (2 * fps)


@given(TIMES, RATES, st.integers(0, 5_000_000))
def test_frames_find_themselves(_: float, fps: Fraction, number: int) -> None:
    assert ClipRange(start=float(number / fps)).first(fps) == number


@given(TIMES, TIMES, RATES, st.integers(1, 100_000))
def test_parts_that_meet_share_no_frame_and_leave_none_out(
    one: float, other: float, fps: Fraction, frames: int
) -> None:
    early, late = sorted((one, other))
    if late - early < 2 / fps or early < 1 / fps:
        return
    parts = [ClipRange(end=early), ClipRange(early, late), ClipRange(late)]
    counts = [part.count(fps, frames) for part in parts]
    assert sum(count or 0 for count in counts) == frames
    assert parts[0].stop(fps) == parts[1].first(fps)
    assert parts[1].stop(fps) == parts[2].first(fps)


@given(
    st.integers(0, 50), st.none() | st.integers(1, 60), st.none() | st.integers(1, 60),
    st.integers(1, 9), st.integers(0, 60),
)  # fmt: skip
def test_frames_are_counted_as_slices_count(
    first: int, length: int | None, most: int | None, every: int, frames: int
) -> None:
    end = None if length is None else first + length
    part = ClipRange(first / 25, None if end is None else end / 25, most, every)
    assert part.count(Fraction(25), frames) == len(range(frames)[first:end:every][:most])


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"start": 5.0, "end": 5.0}, "--end 5: must be after --start 5"),
        ({"start": 65.0, "end": 3.0}, "--end 3: must be after --start 1:05"),
        ({"end": 0.0}, "must be after"),
        ({"start": -1.0}, "--start -1: must be a time"),
        ({"start": math.nan}, "--start nan: must"),
        ({"end": math.inf}, "--end inf: must"),
        ({"max_frames": 0}, "--max-frames 0: must be a whole number from 1"),
        ({"every": -2}, "--every -2: must be a whole"),
        ({"every": 1.5}, "--every 1.5: must be a whole"),
    ],
)
def test_what_is_no_part(choices: dict[str, float], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        ClipRange(**choices)  # type: ignore[arg-type]


def test_a_part_between_two_frames() -> None:
    with pytest.raises(UsageError, match=r"no frame lies between.*25 frames a second.*0\.04 s"):
        ClipRange(1.001, 1.002).stop(Fraction(25))


def test_settings_of_a_file_are_taken_as_far_as_they_are_numbers() -> None:
    settings = {"start": 1.5, "every": 2, "end": "x", "max_frames": None, "fov": 60.0}
    assert ClipRange.from_settings(settings) == ClipRange(1.5, every=2)
