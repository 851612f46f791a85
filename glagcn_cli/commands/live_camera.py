"""What a call of ``glagcn-video --camera`` does: check, load the models, show until it ends."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import click
from click.core import ParameterSource

from ..errors import UsageError
from .completion import Items

log = logging.getLogger(__name__)

_OF_FRAMES = {"detector", "pose", "lifter", "device", "precision", "fov", "up", "flip", "turn"}
"""Settings that mean something of a single frame; others are of clips, or of files."""

_OF_CALLS = {"camera", "threads", "progress", "quiet", "verbose"}


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


def run_camera(
    camera: str, context: click.Context, threads: int | None, given: Mapping[str, Any]
) -> None:
    """Show a camera until somebody ends it.

    Parameters
    ----------
    camera
        As `live.capture.open_source` takes it.
    context
        Of the command, whose other options must mean something here.
    threads
        CPU threads of the models; None for all.
    given
        Settings that were chosen, and perhaps others, by name.

    Raises
    ------
    UsageError
        An option was given that has no effect.
    DisplayError
        There is no screen.
    InputError
        Nothing comes from the camera.
    """
    from ..machine.system_libraries import check_opencv
    from ..pipeline.preflight import check_models
    from ..pipeline.settings import Settings
    from ..video.sources import shown

    _refuse_others(context, _OF_FRAMES | _OF_CALLS)
    settings = Settings(**{name: value for name, value in given.items() if name in _OF_FRAMES})
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
            stages = Stages.shown_as(context.params["progress"], shown(camera))
            with stages.stage("loading"):
                models = VideoLifter(settings)
                _ = models.detector
            run_live(models, source, window, report)
        except KeyboardInterrupt:
            pass  # the usual end of something that has none of its own
        finally:
            source.close()
            log.info("%s: %s", shown(camera), report)


def _refuse_others(context: click.Context, meant: set[str]) -> None:
    """Refuse options that were given another value than their own, and mean nothing here."""
    for parameter in context.command.get_params(context):
        name, value = parameter.name or "", context.params.get(parameter.name or "")
        chosen = context.get_parameter_source(name) in (
            ParameterSource.COMMANDLINE,
            ParameterSource.DEFAULT_MAP,
        )
        if not chosen or name in meant or not parameter.expose_value:
            continue
        own = parameter.process_value(context, parameter.get_default(context))
        if value in (None, ()) or value == own:
            continue
        if isinstance(parameter, click.Argument):
            raise UsageError("--camera shows a camera; leave out INPUT, or --camera")
        option = max(parameter.opts, key=len)
        raise UsageError(f"{option} has no effect with --camera; leave one of them out")
