"""Options under headings in the help text."""

from __future__ import annotations

import re

import click

from .suggestions import SuggestingCommand

_GROUPS = {
    "Output": ("outputs", "plots", "overwrite", "save_2d", "bvh_skeleton"),
    "Many videos": ("output_dir", "formats", "jobs", "ray"),
    "Input": (
        "from_3d", "from_2d", "cache", "start", "end", "max_frames", "every", "fps", "camera",
    ),
    "Lifting": ("people", "max_people", "fov", "smoothing", "flip"),
    "Scene": ("height", "foot_lock", "up"),
    "Picture": ("turn", "quality"),
    "Models": ("detector", "pose", "lifter", "device", "precision", "boxes_every", "threads"),
    "Settings": ("config", "print_config"),
    "Messages": ("progress", "quiet", "verbose"),  # and what is named nowhere: --version, --help
}  # fmt: skip


def stated_default(parameter: click.Parameter) -> str | None:
    """Return the default value that an option's help states."""
    found = re.search(r"\[default: ([^\]]+)\]", getattr(parameter, "help", None) or "")
    return found and " ".join(found[1].split())


class GroupedCommand(SuggestingCommand):
    """A command whose help shows its options under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section for each group."""
        group_of = {name: title for title, names in _GROUPS.items() for name in names}
        rows: dict[str, list[tuple[str, str]]] = {title: [] for title in _GROUPS}
        for option in self.get_params(ctx):
            row = option.get_help_record(ctx)
            if row and isinstance(option, click.Option):
                rows[group_of.get(option.name or "", "Messages")].append(row)
        for title, group in rows.items():
            with formatter.section(title):
                formatter.write_dl(group)
