"""Sphinx settings of the site that `make docs` builds.

The source folder is the root of the repository, so that pages may link to README.md and to files of
the source as they do on the page of the repository.
"""

import re
from typing import Any

from docutils import nodes

from glagcn_cli import __version__

project = "glagcn"
release = __version__
project_copyright = "the glagcn developers, Apache-2.0"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click"]
include_patterns = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs/**",
    "weights/lifter-27.md",
    "weights/lifter-27-feet.md",
]
exclude_patterns = [".*", "build", "runs", "tests", "**/__pycache__"]
root_doc = "docs/index"

# Anchors of headings as the page of the repository makes them.
myst_heading_anchors = 3

# Blocks of code name no language where they are command lines, whose dashes stay dashes.
highlight_language = "text"
smartquotes = False

# Names in single backticks in docstrings are code.
default_role = "code"
napoleon_google_docstring = False
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True

html_theme = "furo"
html_title = f"glagcn {release}"
html_extra_path = ["site"]
html_static_path = ["static"]
html_css_files = ["wide.css"]
html_copy_source = False
html_show_sphinx = False

_ARRAY = re.compile(
    r"(?:numpy\.)?ndarray\[tuple\[Any, \.\.\.\], (?:numpy\.)?dtype\[(?:numpy\.)?(\w+)\]\]"
)
_JOINT_SET = re.compile(r"JointSet\(name='(\w+)'.*?\)\)\)")


def _name_joint_sets(*arguments: Any) -> tuple[str | None, str | None]:
    """Write a joint set in a signature by its name."""
    *_, signature, returned = arguments
    return signature and _JOINT_SET.sub(lambda found: found[1].upper(), signature), returned


def _examples_as_code(_: object, __: object, lines: list[str]) -> None:
    """Make blocks of code of the lines that a command's help does not wrap."""
    made: list[str] = []
    for line in lines:
        if line.startswith("| "):
            made += [] if made and made[-1].startswith("   ") else ["::", ""]
            made.append(f"   {line[2:]}")
        else:
            made.append(line)
    lines[:] = made


def _plain_types(_: object, document: nodes.document) -> None:
    """Write arrays in lists of parameters as the source does, and a dash behind each type."""
    for body in document.findall(nodes.field_body):
        for line in body.findall(nodes.paragraph):
            words = [child.astext() for child in line]
            if " -- " not in words or "(" not in "".join(words[:2]):
                continue
            dash = words.index(" -- ")
            kind = "".join(words[2:dash]).removesuffix(")")
            if _ARRAY.search(kind):
                short = nodes.emphasis(text=_ARRAY.sub(r"NDArray[\1]", kind))
                line[2:dash] = [short, nodes.Text(")")]
            line.replace(line[line.index(nodes.Text(" -- "))], nodes.Text(" \N{EN DASH} "))


def setup(app: Any) -> None:
    """Connect to Sphinx."""
    app.connect("autodoc-process-signature", _name_joint_sets)
    app.connect("sphinx-click-process-description", _examples_as_code)
    app.connect("doctree-read", _plain_types)
