"""`.glb` and `.vrm` of a character or a body: one file for each person, who moves it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import UsageError
from ...files.atomic import atomic_output
from ...poses import PoseSequence
from ..formats import ExportContext
from ..people import path_for_each, people_for_rigs
from ..rig.kinematics import fit_person
from .animated_file import animated
from .body import body_of
from .bone_names import FINGERS
from .character import Character
from .gltf_file import GltfFile
from .retarget import retarget

log = logging.getLogger(__name__)


def character_of(settings: Mapping[str, Any]) -> Character | None:
    """Read the character of ``settings["character"]``; None where none is named."""
    path, mapping = settings.get("character"), settings.get("character_bones")
    if path is None:
        return None
    return Character.read(Path(path), None if mapping is None else Path(mapping))


def check_vrm(character: Character | None) -> Character:
    """Return a VRM character; UsageError for others and for none, of which no .vrm is made."""
    extensions = {} if character is None else character.file.json.get("extensions", {})
    if character is None or not {"VRM", "VRMC_vrm"} & set(extensions):
        raise UsageError(
            "a .vrm holds a VRM character: name one with --character FILE.vrm, or write .vrma, "
            "which is the motion alone, or .glb"
        )
    return character


def shows_characters(settings: Mapping[str, Any]) -> bool:
    """Whether people are shown as a character or a body, not as sticks."""
    return settings.get("character") is not None or bool(settings.get("body"))


def write(path: Path, sequences: Sequence[PoseSequence], context: ExportContext) -> Iterator[Path]:
    """Write the character of the settings, or a body, moved by each person."""
    character = character_of(context.settings)
    if path.suffix.lower() == ".vrm":
        character = check_vrm(character)
    people = people_for_rigs(path, sequences)
    for target, sequence in path_for_each(path, people, context.overwrite):
        with atomic_output(target, context.overwrite) as temporary:
            temporary.write_bytes(moved(character, sequence).to_bytes())
        yield target


def moved(character: Character | None, person: PoseSequence) -> GltfFile:
    """Return a file with the motion of a person as its first animation: a character's, or a body.

    Parameters
    ----------
    character
        Who moves; None for a body with the person's bones.
    person
        As whom it moves.
    """
    motion = fit_person(person)
    known = None if character is None else character.body.bones.keys() & set(FINGERS)
    if character is not None and motion.rig.fingers and not known:
        log.info(
            "%s: has no finger bones that are known, so its fingers stay as they are",
            character.file.path,
        )
    moving = retarget(motion, character or body_of(motion.rig), person.fps, person.contacts)
    return animated(moving, person.fps, f"person {person.person}")
