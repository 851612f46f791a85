from __future__ import annotations

from typing import Any

import pytest

from glagcn_cli.errors import UsageError
from glagcn_cli.pipeline.settings import Settings

NAMES = {"people": "person", "boxes_every": "boxes-every", "max_frames": "max-frames",
         "bvh_skeleton": "bvh-skeleton", "least_seconds": "least-seconds",
         "keypoint_rate": "keypoint-rate"}  # fmt: skip


@pytest.mark.parametrize(
    ("choice", "value"),
    [
        ("people", 0), ("people", -1), ("people", "everyone"), ("people", 1.5),
        ("fov", 4.9), ("fov", 151.0), ("fov", float("nan")), ("up", "down"),
        ("height", 0.0), ("height", -1.0), ("height", 17.0), ("height", float("nan")),
        ("smoothing", -1.0), ("smoothing", float("nan")), ("smoothing", float("inf")),
        ("turn", float("inf")), ("turn", float("nan")), ("quality", "worst"),
        ("boxes_every", 0), ("precision", "double"), ("bvh_skeleton", "unreal"),
        ("start", -1.0), ("end", float("nan")), ("max_frames", 0), ("every", 0),
        ("least_seconds", -1.0), ("keypoint_rate", -1.0),
        ("mass", 0.0), ("mass", -70.0), ("mass", 1000.0), ("mass", float("nan")),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_by_the_name_of_its_option(choice: str, value: Any) -> None:
    with pytest.raises(UsageError, match=f"^--{NAMES.get(choice, choice)} .*: must be"):
        Settings(**{choice: value})


@pytest.mark.parametrize(
    ("choice", "value"),
    [("people", 7), ("people", "all"), ("fov", 5.0), ("fov", 150.0), ("smoothing", 0.0),
     ("height", 1.75), ("mass", 2.0), ("mass", 400.0), ("turn", -20.0), ("keypoint_rate", 0.0)],
)  # fmt: skip
def test_the_ends_of_ranges_are_allowed(choice: str, value: Any) -> None:
    assert getattr(Settings(**{choice: value}), choice) == value


@pytest.mark.parametrize(
    ("height", "meant"),
    [
        (168.0, "168 centimetres are --height 1.68"),
        (5.9, "5.9 feet are --height 1.80"),
        (17.0, "17 decimetres are --height 1.70"),
        (0.1, None),
        (1680.0, None),
    ],
)
def test_a_height_in_another_unit_is_told_in_metres(height: float, meant: str | None) -> None:
    with pytest.raises(UsageError) as refused:
        Settings(height=height)
    told = f"--height {height:g}: must be between 0.4 and 2.6 metres"
    assert str(refused.value) == (f"{told}; {meant}" if meant else told)


def test_a_mass_in_grams_is_told_in_kilograms() -> None:
    with pytest.raises(
        UsageError, match=r"between 2 and 400 kilograms; 62000 grams are --mass 62$"
    ):
        Settings(mass=62000.0)
