"""Options under headings in the help text."""

from __future__ import annotations

import re

import click

from ..pipeline.setting import settings_of
from ..pipeline.settings import Settings
from .suggestions import SuggestingCommand

_GROUPS = {
    "Output": ("outputs", "plots", "pages", "overwrite", "save_2d"),
    "Many videos": ("output_dir", "formats", "jobs", "ray"),
    "Input": ("from_3d", "from_2d", "cache", "fps", "camera"),
    "Lifting": (),
    "Scene": (),
    "Picture": (),
    "Models": ("threads",),
    "Settings": ("config", "print_config"),
    "Messages": ("progress", "quiet", "verbose"),  # and what is named nowhere: --version, --help
}
"""Options under each heading, beside those of the settings, which name their headings."""


def stated_default(parameter: click.Parameter) -> str | None:
    """Return the default value that an option's help states."""
    found = re.search(r"\[default: ([^\]]+)\]", getattr(parameter, "help", None) or "")
    return found and " ".join(found[1].split())


class GroupedCommand(SuggestingCommand):
    """A command whose help shows its options under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section for each group."""
        group_of = {name: title for title, names in _GROUPS.items() for name in names}
        group_of |= {name: of.group for name, (_, of) in settings_of(Settings).items()}
        rows: dict[str, list[tuple[str, str]]] = {title: [] for title in _GROUPS}
        for option in self.get_params(ctx):
            row = option.get_help_record(ctx)
            if row and isinstance(option, click.Option):
                rows[group_of.get(option.name or "", "Messages")].append(row)
        for title, group in rows.items():
            with formatter.section(title):
                formatter.write_dl(group)
