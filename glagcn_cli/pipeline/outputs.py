"""Files out of poses: every output that was asked for, and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import GlagcnError, NobodyFoundError, OutputError
from ..export.formats import PLOT_SUFFIXES, ExportContext, format_of, writer_for
from ..export.mp4 import Clip, render_video
from ..progress.stages import Stages
from .run_report import report_paths, write_report

PLOT_CONTENTS = {
    ".csv": "joint angles over time as rows, degrees, with the events of gait",
    **dict.fromkeys(PLOT_SUFFIXES, "joint angles of one person over time, with the events of gait"),
}

PAGE_CONTENTS = "report of gait or exercise: cycles, figures with error bars, one page a person"


@dataclass
class Ledger:
    """What became of each output.

    Parameters
    ----------
    on_written
        Told each file as soon as it is whole.
    written
        What each file holds, in the order in which they were written.
    errors
        Why an output is not there, by its name.
    failures
        Those of the reasons that something went wrong; that nobody was found is none.
    """

    on_written: Callable[[Path], object]
    written: dict[Path, str] = field(default_factory=dict)
    errors: dict[Path, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def add(self, path: Path, holds: str) -> None:
        """Note a file that is whole."""
        self.written[path] = holds
        self.on_written(path)

    @contextmanager
    def attempt(self, output: Path) -> Iterator[None]:
        """Note an error that a user can act on and go on; note any other and stop."""
        try:
            yield
        except NobodyFoundError as error:
            self.errors[output] = str(error)
        except GlagcnError as error:
            self.errors[output] = str(error)
            self.failures.append(str(error))
        except BaseException as error:
            stopped = isinstance(error, (KeyboardInterrupt, SystemExit))
            self.errors[output] = "interrupted" if stopped else repr(error)
            raise


def write_outputs(
    clip: Clip,
    outputs: Sequence[Path],
    plots: Sequence[Path],
    pages: Sequence[Path],
    context: ExportContext,
    stages: Stages,
    ledger: Ledger,
) -> None:
    """Write every output; one that fails does not keep the others from being written."""
    for output in outputs:
        with ledger.attempt(output):
            known = format_of(output)
            if known.rendered:
                render_video(clip, output, context, stages)
                ledger.add(output, known.holds)
                continue
            _require_somebody(clip)
            with stages.stage("export"):
                for file in writer_for(output)(output, clip.sequences, context):
                    ledger.add(file, known.beside.get(file.suffix.lower(), known.holds))
    for plot in plots:
        with ledger.attempt(plot):
            _require_somebody(clip)
            from ..export.angles_plot import write_plot

            with stages.stage("plotting"):
                for file in write_plot(plot, clip.sequences, context):
                    ledger.add(file, PLOT_CONTENTS[file.suffix.lower()])
    for page in pages:
        with ledger.attempt(page):
            _require_somebody(clip)
            from ..export.report.writing import write_pages

            with stages.stage("report"):
                for file in write_pages(page, clip.sequences, context):
                    ledger.add(file, PAGE_CONTENTS)


def _require_somebody(clip: Clip) -> None:
    if not clip.shows_somebody:
        raise NobodyFoundError("nobody was found in the video")


@contextmanager
def reported(
    wanted: Sequence[Path], ledger: Ledger, report: Callable[[], dict[str, Any]]
) -> Iterator[None]:
    """Write reports beside what was written inside, also when that was stopped by an error."""
    try:
        yield
    except BaseException:
        # What stands already keeps a true report, or an old one would speak for it.
        with suppress(OutputError):
            write_reports(wanted, ledger, report())
        raise
    write_reports(wanted, ledger, report())


def write_reports(outputs: Sequence[Path], ledger: Ledger, report: dict[str, Any]) -> None:
    """Write a report beside every output that was written."""
    results = {
        "outputs": [{"path": path, "holds": holds} for path, holds in ledger.written.items()],
        "not_written": [
            {"path": output, "why": ledger.errors.get(output, "not reached")}
            for output in outputs
            if output not in ledger.written
        ],
    }
    for path in report_paths(output for output in outputs if output in ledger.written):
        write_report(path, results | report)
        ledger.add(path, "settings, versions, models and timings of the run")
