"""Whom to lift of the people of a clip."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .errors import UsageError
from .settings import EVERYBODY, Settings
from .tracking import Track


def choose_people(
    people: Sequence[Track], wanted: int | str, video: Path | str, most: int | None = None
) -> list[Track]:
    """Pick all people, or the one with a number; nobody from nobody.

    `most` are picked of all, the most important ones. `video` is its name for the message.
    """
    if wanted == EVERYBODY or not people:
        return list(people[:most])
    chosen = [person for person in people if person.person == wanted]
    if not chosen:
        found = "1 person was" if len(people) == 1 else f"{len(people)} people were"
        raise UsageError(
            f"{video}: there is no person {wanted}, {found} found; they are numbered from 1, the "
            "main person"
        )
    return chosen


def who_is_left_out(people: int, settings: Settings) -> str:
    """Say that there are more people, and how to get them."""
    if settings.people == EVERYBODY:
        lifted = settings.max_people
        return f"{people} people were found, the {lifted} most in view are lifted"
    return (
        f"{people} people were found, person {settings.people} is lifted; --people all lifts "
        "everybody"
    )
