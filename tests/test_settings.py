from __future__ import annotations

from typing import Any

import pytest

from glagcn_cli.errors import UsageError
from glagcn_cli.settings import Settings


@pytest.mark.parametrize(
    ("choice", "value"),
    [
        ("people", 0), ("people", -1), ("people", "everyone"), ("people", 1.5),
        ("fov", 4.9), ("fov", 151.0), ("fov", float("nan")), ("up", "down"),
        ("height", 0.0), ("height", -1.0), ("height", 17.0), ("height", float("nan")),
        ("smoothing", -1.0), ("smoothing", float("nan")), ("smoothing", float("inf")),
        ("turn", float("inf")), ("turn", float("nan")), ("quality", "worst"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_by_name(choice: str, value: Any) -> None:
    with pytest.raises(UsageError, match=f"{choice} is .*expected"):
        Settings(**{choice: value})


@pytest.mark.parametrize(
    ("choice", "value"),
    [("people", 7), ("people", "all"), ("fov", 5.0), ("fov", 150.0), ("smoothing", 0.0),
     ("height", 1.75), ("turn", -20.0)],
)  # fmt: skip
def test_the_ends_of_ranges_are_allowed(choice: str, value: Any) -> None:
    assert getattr(Settings(**{choice: value}), choice) == value
