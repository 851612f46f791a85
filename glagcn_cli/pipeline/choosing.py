"""Whom to lift of the people of a clip."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from ..camera_path.carried import CarriedPlaces
from ..errors import UsageError
from ..keypoints.clip import ClipDetections
from ..shots.shots import Shot
from ..tracking.tracks import Track, find_people
from ..video.clip_times import format_time
from ..wording import counted
from .settings import EVERYBODY, Settings

_MOST_TOLD = 8  # people that a message names


def everybody(clip: ClipDetections, shots: Sequence[Shot]) -> list[Track]:
    """Find the people of a clip, expected before the same background where the camera moves."""
    cuts = [shot.start for shot in shots]
    background = CarriedPlaces.of_clip(clip.clip, len(clip), float(clip.fps), cuts)
    return find_people(clip.frames, clip.fps, cuts, background)


def choose_people(
    people: Sequence[Track],
    wanted: int | str,
    video: Path | str,
    fps: Fraction,
    most: int | None = None,
    least: float = 0,
) -> list[Track]:
    """Pick all people, or the one with a number; nobody from nobody.

    Parameters
    ----------
    people
        Everybody who was found.
    wanted
        A person's number, or `EVERYBODY`.
    video
        Its name for the message.
    fps
        Frames per second of the video.
    most
        How many are picked of all, the most important ones; None for no limit.
    least
        Frames in which somebody must be seen to be picked with all; the main person always is.

    Raises
    ------
    UsageError
        Nobody has the number; the message says who there is.
    """
    if wanted == EVERYBODY or not people:
        stay = [person for person in people if person.person == 1 or len(person.frames) >= least]
        return stay[:most]
    chosen = [person for person in people if person.person == wanted]
    if not chosen:
        found = counted(len(people), "person was", "people were")
        told = ", ".join(_in_view(person, fps) for person in people[:_MOST_TOLD])
        more = ", ..." if len(people) > _MOST_TOLD else ""
        raise UsageError(
            f"{video}: there is no person {wanted}; {found} found: {told}{more}; person 1 is the "
            "main person"
        )
    return chosen


def what_numbers_mean(wanted: int | str) -> str | None:
    """Say before the work what a person's number depends on; nothing for the main person."""
    if wanted in (1, EVERYBODY):
        return None
    return (
        f"--person {wanted}: who that is, and whether there are so many, shows when people have "
        "been looked for in the whole video; 1 is the largest and longest in view"
    )


def _in_view(person: Track, fps: Fraction) -> str:
    """Name a person with the seconds in view: `person 2 (1.2 to 6.6 s)`."""
    first, end = (
        round(float(frame / fps), 1) for frame in (person.frames[0], person.frames[-1] + 1)
    )
    unit = " s" if end < 60 else ""
    return f"person {person.person} ({format_time(first)} to {format_time(end)}{unit})"


def least_frames(settings: Settings, fps: Fraction, frames: int) -> float:
    """Return in how many frames of a clip somebody must be seen to be lifted with all."""
    return min(settings.least_seconds * float(fps), frames / 2)


def who_is_left_out(people: int, lifted: int, settings: Settings) -> str:
    """Say that there are more people, and how to get them."""
    if settings.people == EVERYBODY:
        told = f"{people} people were found, the {lifted} most in view are lifted"
        if lifted == settings.max_people:
            return told
        return f"{told}; --least-seconds 0 lifts those too who are seen for a moment"
    return (
        f"{people} people were found, person {settings.people} is lifted; --people all lifts "
        "everybody"
    )
