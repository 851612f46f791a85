"""What is left to look at when a run has ended: curves, stills, and a report in markdown."""

from .curves import draw_curves
from .markdown import write_report
from .stills import Example, draw_stills

__all__ = ["Example", "draw_curves", "draw_stills", "write_report"]
