"""Draw curves and stills of a finished run, and write its report."""

from typing import TYPE_CHECKING

from glagcn_cli.faces import late

if TYPE_CHECKING:
    from .curves import draw_curves
    from .markdown import write_report
    from .stills import Example, draw_stills
else:
    __getattr__, __dir__ = late(
        __name__,
        {
            "Example": "stills",
            "draw_curves": "curves",
            "draw_stills": "stills",
            "write_report": "markdown",
        },
    )

__all__ = [
    "Example",
    "draw_curves",
    "draw_stills",
    "write_report",
]
