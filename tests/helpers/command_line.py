"""The command line, in this process."""

from __future__ import annotations

from click.testing import CliRunner, Result

from glagcn_cli.commands.video import main


def run(*arguments: object, stdin: bytes | None = None) -> Result:
    """Call ``glagcn-video``."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)
