"""Pages that the HTML writer made, taken apart by a parser that is not a browser."""

from __future__ import annotations

import base64
import html.parser
import json
from fractions import Fraction
from pathlib import Path

import numpy as np

from glagcn_cli.export.formats import ExportContext, writer_for
from tests.helpers.clips import counting, encode
from tests.helpers.moving_figure import sequence, walking

_TYPES = {"uint8": "<u1", "uint16": "<u2", "int16": "<i2", "int32": "<i4"}
_VOID = ("meta", "input")


class Page(html.parser.HTMLParser):
    """Elements of a page in the order of their start: (tag, attributes, text inside)."""

    def __init__(self, path):
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.elements = []
        self.open = []
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), []))
        if tag not in _VOID:
            self.open.append(self.elements[-1])

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), []))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if self.open:
            self.open[-1][2].append(data)

    def all(self, tag):
        return [
            (attributes, "".join(text)) for name, attributes, text in self.elements if name == tag
        ]

    def text(self, tag, identity=None):
        return next(text for found, text in self.all(tag) if found.get("id") == identity)

    @property
    def clip(self):
        return json.loads(self.text("script", "clip"))

    @property
    def video(self):
        return base64.b64decode(self.text("script", "video-data"), validate=True)

    def numbers(self, person, name, kind, *shape):
        raw = base64.b64decode(self.clip["people"][person][name], validate=True)
        return np.frombuffer(raw, _TYPES[kind]).reshape(shape)

    def joints(self, person=0):
        clip, who = self.clip, self.clip["people"][person]
        shape = (clip["frames"], len(clip["joints"]), 3)
        steps = self.numbers(person, "joints", who["joints_type"], *shape)
        return np.array(who["origin"]) + clip["step"] * steps


def written(path: Path, sequences, **context) -> Page:
    """Write a page and read it; the context's fields are given by name."""
    (result,) = writer_for(path)(path, sequences, ExportContext(**context))
    assert result == path
    return Page(path)


def figure(count=20, person=1, valid=None, fps=Fraction(30)):
    """Poses of somebody who walks."""
    return sequence(walking(count).joints, valid, fps, person)


def filmed(folder: Path, count=20, fps=Fraction(30), size=(64, 48), *arguments) -> Path:
    """A video whose grey tells the number of each frame: 40 + 2 k."""
    return encode(folder / "walk.mp4", counting(count, *size), fps, *arguments)
