"""Command line of ``glagcn-info``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from ..machine.process import let_any_name_be_printed
from .suggestions import SuggestingCommand


@click.command(
    cls=SuggestingCommand,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--self-test/--no-self-test",
    default=True,
    help="Send five drawn frames through every stage, from decoding to encoding.  [default: "
    "self-test]",
)
@click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="auto|cpu|cuda[:N]",
    help="Where the models of the self-test run.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
def main(self_test: bool, device: str, as_json: bool) -> None:
    """Show what is here of all that glagcn needs, and try it.

    Versions, devices, models with their licences, the cache folder and how to empty it, and a
    self-test. This belongs into every report of a fault.

    Exit code: 0 all is well, 1 something is missing or a step of the self-test failed.
    """
    let_any_name_be_printed()
    from ..diagnostics.facts import collect, problems
    from ..diagnostics.self_test import self_test as steps_of
    from ..diagnostics.text import describe, step_line

    facts = collect()
    if not as_json:
        for line in describe(facts):
            click.echo(line)
    steps = []
    if self_test:
        if not as_json:
            click.echo("\nSelf-test")
        for step in steps_of(device):
            steps.append(step)
            if not as_json:
                click.echo(step_line(step))
    fine = not any(problems(facts)) and all(step.problem is None for step in steps)
    if as_json:
        told = facts | ({"self_test": [asdict(step) for step in steps]} if self_test else {})
        click.echo(json.dumps(told | {"ok": fine}, indent=2))
    else:
        click.echo(f"\n{_verdict(fine, self_test)}")
    sys.exit(0 if fine else 1)


def _verdict(fine: bool, tried: bool) -> str:
    """Say in a line how things stand."""
    if not fine:
        return "Not everything is well: see what says PROBLEM or FAILED above."
    if not tried:
        return "Everything is here; without --no-self-test it is tried, too."
    return "All is well: everything is here, and a drawn person went through every stage."


if __name__ == "__main__":
    main()
