"""What a call of ``glagcn-video --camera`` does: check, load the models, show until it ends."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import click

from .completion import Items

log = logging.getLogger(__name__)


def _offer_files(_: click.Context, __: click.Parameter, incomplete: str) -> Items:
    return [click.shell_completion.CompletionItem(incomplete, type="file")]


CAMERA_OPTION = click.option(
    "--camera",
    metavar="N|FILE|ADDRESS",
    shell_complete=_offer_files,
    help="Show a camera live, with the 3D of the person nearest to it beside it, in a window; 0 is "
    "the first camera. A file is played at its own speed. Nothing is written; q, Esc or Ctrl-C "
    "ends it, and then its delay is told.",
)


def run_camera(camera: str, given: Mapping[str, Any], threads: int | None, progress: str) -> None:
    """Show a camera until somebody ends it.

    Parameters
    ----------
    camera
        As `live.capture.open_source` takes it.
    given
        Settings that were chosen, by name.
    threads
        CPU threads of the models; None for all.
    progress
        How progress is shown.

    Raises
    ------
    DisplayError
        There is no screen.
    InputError
        Nothing comes from the camera.
    """
    from ..machine.system_libraries import check_opencv
    from ..pipeline.preflight import check_models
    from ..pipeline.settings import Settings
    from ..video.source import Source

    settings, name = Settings(**given), Source.of(camera).name
    check_models(settings)
    check_opencv()
    from ..live.capture import open_source
    from ..live.run import LiveReport, run_live
    from ..live.window import Window
    from ..machine.process import limit_threads
    from ..pipeline.video_lifter import VideoLifter
    from ..progress.stages import Stages

    if threads:
        limit_threads(threads)
    report = LiveReport()
    with Window() as window:
        source = open_source(camera)
        try:
            stages = Stages.shown_as(progress, name)
            with stages.stage("loading"):
                models = VideoLifter(settings)
                models.load()
                _ = models.detector
            run_live(models, source, window, report)
        except KeyboardInterrupt:
            pass  # the usual end of something that has none of its own
        finally:
            source.close()
            log.info("%s: %s", name, report)
