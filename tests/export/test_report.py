from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from glagcn_cli.errors import NobodyFoundError, OutputError, UsageError
from glagcn_cli.export.formats import REPORT_SUFFIXES, ExportContext
from glagcn_cli.export.measured import measure
from glagcn_cli.export.report.content import EXERCISE, GAIT, NEITHER, page_of
from glagcn_cli.export.report.table import UNKNOWN, with_bar
from glagcn_cli.export.report.writing import write_pages
from glagcn_cli.poses import PoseSequence
from tests.helpers.gait_walk import CADENCE, STEP, pendulum_walk
from tests.helpers.moving_figure import Figure, sequence


def unsure(joints, person: int = 1) -> PoseSequence:
    found = sequence(joints, person=person)
    return replace(found, uncertainty=np.full((len(found), 17), 0.02, np.float32))


def walker(heading: float = 90.0, person: int = 1) -> PoseSequence:
    return unsure(pendulum_walk(heading=heading), person)


def squatter() -> PoseSequence:
    depth = 1 - np.cos(np.linspace(0, 2 * np.pi * 5, 500))
    path = np.stack([0 * depth, 0.9 - 0.2 * depth, 0 * depth], axis=1)
    figure = Figure(500, hip=40 * depth, knee=60 * depth, alternate=False, path=path)
    return unsure(figure.joints)


def row(page, name: str):
    return next(each for each in page.rows if each.name == name)


def test_a_walk_has_cycles_of_both_feet_and_its_figures():
    page = page_of(measure(walker()), height_known=True)
    assert page.kind == GAIT and len(page.panels) == 9
    hip = page.panels[0]
    assert hip.title == "Hip flexion" and [c.side for c in hip.curves] == ["left", "right"]
    for curve in hip.curves:
        assert curve.degrees[0] > 15 > curve.degrees[55]  # forwards at the strike, behind later
        assert np.isfinite(curve.deviation).all() and np.isfinite(curve.spread).all()
    assert float(row(page, "Cadence").both.split(" ")[0]) == pytest.approx(CADENCE, abs=2)
    assert float(row(page, "Stride length").left.split(" ")[0]) == pytest.approx(2 * STEP, abs=0.03)
    assert " ± " in row(page, "Speed").both
    assert page.toe_offs == pytest.approx((62, 62), abs=3)
    assert not page.notes


def test_lengths_of_unknown_people_are_said_to_be_the_lifters():
    notes = page_of(measure(walker()), height_known=False).notes
    assert any("--height" in note for note in notes)


def test_a_treadmill_gives_no_lengths():
    walk = pendulum_walk(heading=90)
    page = page_of(measure(unsure(walk - walk[:, :1] * [1, 0, 1])), height_known=True)
    assert row(page, "Speed").both == UNKNOWN
    assert row(page, "Stride length").left == row(page, "Step length").right == UNKNOWN
    assert any("treadmill" in note for note in page.notes)
    assert float(row(page, "Cadence").both.split(" ")[0]) == pytest.approx(CADENCE, abs=2)


def test_squats_are_cycles_of_repetitions():
    page = page_of(measure(squatter()), height_known=True)
    assert page.kind == EXERCISE and "5 repetitions" in page.facts
    knee = next(panel for panel in page.panels if panel.title == "Knee flexion")
    assert knee.curves[0].degrees.max() == pytest.approx(120, abs=3)
    assert any("No gait was found" in note for note in page.notes)


def test_somebody_who_stands_has_no_figures_of_gait():
    page = page_of(measure(unsure(Figure(150).joints)), height_known=True)
    assert page.kind == NEITHER and page.along == "seconds"
    assert not any(each.name in ("Cadence", "Stance") for each in page.rows)
    assert any("stand" in note for note in page.notes)
    assert any("no cycles" in note for note in page.notes)


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [(1.234, 0.05, "1.23 ± 0.05"), (1.234, np.nan, "1.23"), (np.nan, 0.1, UNKNOWN)],
)
def test_values_have_their_bars(value, error, text):
    assert with_bar(value, error, 2) == text


def test_the_page_is_one_file_with_a_section_for_each_person(out):
    (path,) = write_pages(
        out / "walk.html", [walker(), walker(person=3)], ExportContext(source="a<b$x_{$.mp4")
    )
    text = path.read_text(encoding="utf-8")
    assert text.count("<section>") == text.count("<svg") == 2
    assert "Person 1" in text and "Person 3" in text and "a&lt;b$x_{$.mp4" in text
    loads = re.findall(r'(?:src|href)="(?!#)[^"]*"|@import|url\((?!#)', text)
    assert not loads  # nothing from elsewhere
    names = re.findall(r'\bid="([^"]+)"', text)
    assert len(names) == len(set(names))


def test_the_pdf_has_a_page_for_each_person_and_no_date(out):
    people = [walker(), squatter(), unsure(Figure(60).joints, 3)]
    (path,) = write_pages(out / "walk.PDF", people, ExportContext(source="a$x_{$.mp4"))
    content = path.read_bytes()
    assert len(re.findall(rb"/Type /Page\b", content)) == 3
    assert b"CreationDate" not in content


def test_what_cannot_be_written_is_refused(out):
    with pytest.raises(UsageError, match=r"\.html, \.pdf"):
        list(write_pages(out / "a.png", [walker()], ExportContext()))
    nobody = sequence(Figure(5).joints, valid=np.zeros(5, bool))
    with pytest.raises(NobodyFoundError):
        list(write_pages(out / "a.pdf", [nobody], ExportContext()))
    (out / "a.pdf").write_text("mine")
    with pytest.raises(OutputError):
        list(write_pages(out / "a.pdf", [walker()], ExportContext()))
    assert REPORT_SUFFIXES == (".html", ".pdf")
