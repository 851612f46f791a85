"""The card of an ONNX lifter: a file beside it that says what the network itself cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path

import yaml

from ..errors import CheckpointError
from ..files.atomic import atomic_output
from ..model.architecture import CENTRE, SEQUENCE
from ..skeleton import AS_GIVEN, CONVERSIONS, JOINT_SETS, JointSet
from .normalisation import NORMALISATIONS

ONNX_SUFFIX = ".onnx"
CARD_SUFFIXES = (".yaml", ".yml", ".json")
GUIDE = "docs/guide/other_lifters.md"

LAYOUTS = ("NTVC", "NCTV", "NTF", "NFT")
"""Orders of the axes of a network's input: N windows, T frames, V joints, C numbers of a joint
(x, y and perhaps a score), F all numbers of a frame, joint by joint."""

BODY = "body"
UNITS: Mapping[str, float | None] = {"m": 1.0, "cm": 0.01, "mm": 0.001, BODY: None}
"""Metres in a network's unit. `BODY` is none: the size of its bodies means nothing, as where a
network answers in parts of the picture."""

_LONGEST = 1 << 16  # bytes of a card
_LONGEST_WINDOW = 4096  # frames
_FASTEST = 1000  # frames a second


@dataclass(frozen=True)
class OnnxCard:
    """What has to be known of a network to lift with it.

    Parameters
    ----------
    joints
        Name of a joint set, or the names of all its joints in the network's own order.
    window
        Frames of its input.
    output
        `SEQUENCE`: it lifts all frames of a window; `CENTRE`: the middle one.
    normalisation
        One of `glagcn_cli.lifting.normalisation.NORMALISATIONS`.
    unit
        One of `UNITS`; its axes are the camera's: x right, y down, z away from it.
    fps
        Frames a second that it was trained at.
    input
        One of `LAYOUTS`.
    channels
        Numbers of a joint: 2 (x, y) or 3 (and a score in 0..1).
    points
        Where its 2D joints came from: `AS_GIVEN`, as a data set marks them, or a detector's, by the
        name of the conversion (`glagcn_cli.skeleton.CONVERSIONS`).
    data, licence
        Training data and terms of use.
    """

    joints: str | tuple[str, ...]
    window: int
    output: str
    normalisation: str
    unit: str
    fps: int
    input: str = LAYOUTS[0]
    channels: int = 2
    points: str = AS_GIVEN
    data: str = ""
    licence: str = ""

    def __post_init__(self) -> None:
        _one_of("output", self.output, (CENTRE, SEQUENCE))
        _one_of("normalisation", self.normalisation, NORMALISATIONS)
        _one_of("unit", self.unit, tuple(UNITS))
        _one_of("input", self.input, LAYOUTS)
        _one_of("points", self.points, CONVERSIONS)
        _one_of("channels", self.channels, (2, 3))
        _whole("window", self.window, _LONGEST_WINDOW)
        _whole("fps", self.fps, _FASTEST)
        _ = self.joint_set

    @property
    def joint_set(self) -> JointSet:
        """The joint set of its joints, in whatever order the network has them."""
        if isinstance(self.joints, str):
            _one_of("joints", self.joints, tuple(JOINT_SETS))
            return JOINT_SETS[self.joints]
        for known in JOINT_SETS.values():
            if sorted(known.joints) == sorted(self.joints):
                return known
        raise ValueError(
            f"joints are {', '.join(self.joints)}, expected the name of a joint set "
            f"({', '.join(JOINT_SETS)}) or the names of all joints of one"
        )

    @property
    def order(self) -> list[int]:
        """Places of the network's joints in the joint set."""
        known = self.joint_set
        return known.indices(known.joints if isinstance(self.joints, str) else self.joints)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of a window as the network reads it."""
        frames, joints = self.window, len(self.joint_set)
        return {
            "NTVC": (frames, joints, self.channels),
            "NCTV": (self.channels, frames, joints),
            "NTF": (frames, joints * self.channels),
            "NFT": (joints * self.channels, frames),
        }[self.input]


def _one_of(name: str, value: object, allowed: tuple[object, ...]) -> None:
    if value not in allowed:
        words = ", ".join(map(str, allowed))
        raise ValueError(f"{name} is {value!r}, expected one of {words}")


def _whole(name: str, value: object, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise ValueError(f"{name} is {value!r}, expected a whole number from 1 to {most}")


def card_file(network: Path) -> Path:
    """Return the card beside a network; raise ``CheckpointError`` where there is none."""
    found = [network.with_suffix(suffix) for suffix in CARD_SUFFIXES]
    for path in found:
        if path.is_file():
            return path
    raise CheckpointError(
        f"{network} has no card: write {found[0].name} beside it, which says its joints, window, "
        f"output, normalisation, unit and rate ({GUIDE})"
    )


def read_card(network: Path) -> OnnxCard:
    """Read the card beside a network.

    Raises
    ------
    CheckpointError
        There is none, or it says something that no network is; the message says what.
    """
    path = card_file(network)
    try:
        if path.stat().st_size > _LONGEST:
            raise ValueError(f"it is longer than {_LONGEST} bytes")
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
        if not isinstance(content, dict):
            raise ValueError("it is no list of `name: value`")
        known = {f.name: f.default is MISSING for f in fields(OnnxCard)}
        if strange := [str(name) for name in content if name not in known]:
            raise ValueError(f"{strange[0]!r} is unknown, expected {', '.join(known)}")
        if missing := [name for name, needed in known.items() if needed and name not in content]:
            raise ValueError(f"{', '.join(missing)} is missing")
        if isinstance(content["joints"], list):
            content["joints"] = tuple(map(str, content["joints"]))
        return OnnxCard(**content)
    except (ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
        raise CheckpointError(f"{path} is no card of a lifter: {error} ({GUIDE})") from error
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error.strerror or error})") from error


def write_card(network: Path, card: OnnxCard, overwrite: bool) -> Path:
    """Write the card of a network beside it; return its file."""
    path = network.with_suffix(CARD_SUFFIXES[0])
    content = asdict(card)
    if not isinstance(card.joints, str):
        content["joints"] = list(card.joints)
    with atomic_output(path, overwrite) as temporary:
        text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
        temporary.write_text(text, encoding="utf-8")
    return path
