"""`--report FILE`: figures of gait or of an exercise, one page a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ...biomechanics.joint_angles import require_joints
from ...errors import UsageError
from ...files.atomic import atomic_output
from ...poses import PoseSequence
from ..formats import REPORT_SUFFIXES, ExportContext
from ..measured import measure
from ..people import people_with_poses
from .content import page_of
from .html_page import write_html
from .pdf_pages import write_pdf


def write_pages(
    path: Path, sequences: Sequence[PoseSequence], context: ExportContext
) -> Iterator[Path]:
    """Write one file with a page for each person.

    Parameters
    ----------
    path
        `.html` or `.pdf`.
    sequences
        Poses in the scene frame.
    context
        What is known of the run.

    Yields
    ------
    Path
        The file, when it is whole.

    Raises
    ------
    UsageError
        The suffix is none of these, or the joint set lacks joints.
    NobodyFoundError
        Nobody has a pose in any frame.
    OutputError
        The file exists already or cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in REPORT_SUFFIXES:
        raise UsageError(f"{path}: a report is written as one of {', '.join(REPORT_SUFFIXES)}")
    people = people_with_poses(path, sequences)
    for person in people:
        require_joints(person.joint_set)
    height_known = context.settings.get("height") is not None
    pages = [page_of(measure(person), height_known) for person in people]
    heading = "" if context.video is None else context.video.short_name
    write = write_html if suffix == ".html" else write_pdf
    with atomic_output(path, context.overwrite) as temporary:
        write(temporary, heading, pages)
    yield path
