"""Sphinx settings of the site that `make docs` builds.

The source folder is the root of the repository, so that pages may link to README.md and to files of
the source as they do on the page of the repository.
"""

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
]
exclude_patterns = [".*", "build", "runs", "tests", "**/__pycache__"]
root_doc = "docs/index"

# Anchors of headings as the page of the repository makes them.
myst_heading_anchors = 3

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
html_copy_source = False
html_show_sphinx = False
