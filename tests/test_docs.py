"""The pages: their links lead somewhere, and the options that they name exist."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from glagcn_cli.commands import demo, info, video
from glagcn_training.commands import data, train_eval

ROOT = Path(__file__).parents[1]

COMMANDS = {
    "glagcn-video": video.main,
    "glagcn-info": info.main,
    "glagcn-demo": demo.main,
    "glagcn-train": train_eval.train,
    "glagcn-eval": train_eval.evaluate,
    "glagcn-data": data.main,
    "glagcn_training": train_eval.train,  # python -m, as torchrun starts it
}

# Options of other programs, and those that the changelog says are answered with the right one.
OF_OTHERS = {"--gpu", "--out", "--no-deps", "--index-url", "--prefix", "--background"}

FENCE = re.compile(r"^(```+).*?^\1\s*$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
INDENTED = re.compile(r"^ {4}.*\S.*$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
CALL = re.compile(
    r"\s*(?:\S*python3? )?(?:torchrun .*)?(?:-m )?(?:\S*/)?"
    r"(glagcn[-_]\w+|benchmarks[\w./]+|weights/\w+\.py)\s(.*)"
)
OPTION = re.compile(r"(?<![\w-])--?[a-zA-Z][\w-]*")


def tracked_pages() -> list[Path]:
    """Markdown files that git knows or would add."""
    listing = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run([*listing, "*.md"], capture_output=True, text=True, check=False)
    return [path for name in done.stdout.splitlines() if (path := ROOT / name).exists()]


PAGES = tracked_pages()
of_pages = pytest.mark.parametrize("page", PAGES, ids=[str(p.relative_to(ROOT)) for p in PAGES])


@cache
def modules() -> tuple[str, ...]:
    """Every Python file of the project, with slashes."""
    folders = [path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")]
    found = [*ROOT.glob("*.py"), *(path for folder in folders for path in folder.rglob("*.py"))]
    return tuple(path.as_posix() for path in found)


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub and MyST make them."""
    found: dict[str, int] = {}
    names = set()
    for heading in re.findall(
        r"^#{1,6} (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE
    ):
        plain = LINK.sub("", heading.replace("[", "")).strip().lower()
        name = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        names.add(f"{name}-{found[name]}" if name in found else name)
        found[name] = found.get(name, 0) + 1
    return names


def links(page: Path) -> Iterator[str]:
    """Relative links and pictures of a page."""
    prose = INLINE.sub("", FENCE.sub("", page.read_text(encoding="utf-8")))
    for target in LINK.findall(prose):
        if not re.match(r"[a-z]+:", target):
            yield target


def code(page: Path) -> Iterator[str]:
    """Blocks and spans of code of a page; a command over several lines is one line."""
    text = page.read_text(encoding="utf-8")
    rest = FENCE.sub("", text)
    blocks = [*(m.group() for m in FENCE.finditer(text)), "\n".join(INDENTED.findall(rest))]
    for block in blocks:
        yield from re.sub(r"\\\n\s*", " ", block).splitlines()
    yield from (" ".join(span.split()) for span in INLINE.findall(INDENTED.sub("", rest)))


def options_of(command: click.Command) -> set[str]:
    """Every spelling of every option of a command and of its sub-commands."""
    names = {"--help", "-h"}
    for parameter in command.params:
        names.update(parameter.opts + parameter.secondary_opts)
    for other in getattr(command, "commands", {}).values():
        names |= options_of(other)
    return names


@cache
def script_options(module: str) -> frozenset[str]:
    """Options that the source of a script spells out."""
    path = ROOT / (module.replace(".", "/") + ".py" if "/" not in module else module)
    spelt = re.findall(r"[\"']((?:/?--?[a-z][\w-]*)+)[\"']", path.read_text(encoding="utf-8"))
    return frozenset(name for names in spelt for name in names.split("/"))


@cache
def all_options() -> frozenset[str]:
    """Options of all commands and scripts of the project."""
    known = {name for command in COMMANDS.values() for name in options_of(command)}
    for folder in ("benchmarks", "weights", "examples"):
        for path in (ROOT / folder).rglob("*.py"):
            known |= script_options(path.relative_to(ROOT).as_posix())
    return frozenset(known | OF_OTHERS)


def unknown_options(line: str) -> set[str]:
    """Find options in a line of code that its command does not have."""
    asked = set(OPTION.findall(line.split(" #")[0]))
    if line.lstrip().startswith("-"):  # an option by itself: of any command
        return {name for name in asked if name.startswith("--")} - all_options()
    call = CALL.match(line.split(" #")[0])
    if not call:
        return set()
    program, words = call[1], re.split(r"\s[|>;&]", call[2])[0]
    known = options_of(COMMANDS[program]) if program in COMMANDS else script_options(program)
    return set(OPTION.findall(words)) - known - {"--help"}


def test_there_are_pages():
    if not PAGES:
        pytest.skip("no git here, or not a checkout")
    assert ROOT / "README.md" in PAGES and ROOT / "docs" / "index.md" in PAGES


@of_pages
def test_links_lead_to_files_and_headings(page):
    for target in links(page):
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists(), f"{target}: no such file"
        assert path.is_relative_to(ROOT), f"{target}: outside the project"
        if anchor:
            assert anchor in anchors(path), f"{target}: no such heading"


@of_pages
def test_options_in_pages_exist(page):
    unknown = {line: found for line in code(page) if (found := unknown_options(line))}
    assert not unknown


@of_pages
def test_modules_that_pages_name_exist(page):
    for name in re.findall(r"`((?:\w+/)*\w+\.py)`", page.read_text(encoding="utf-8")):
        assert any(module.endswith(f"/{name}") for module in modules()), f"{name}: no such file"


def test_an_option_that_is_not_there_is_found():
    assert unknown_options("glagcn-video a.mp4 -o b.mp4 --no-such") == {"--no-such"}
    assert unknown_options("glagcn-video a.mp4 -o b.mp4 --no-flip  # --no-such") == set()
    assert unknown_options("glagcn-data prune a.pth --shares 0.5") == {"--shares"}
    assert unknown_options("python -m benchmarks.speed.pipeline CLIP --nothing") == {"--nothing"}
    assert unknown_options("--no-such") == {"--no-such"}
    torchrun = "torchrun --nproc-per-node 4 -m glagcn_training --dataset h36m --no-such"
    assert unknown_options(torchrun) == {"--no-such"}


def test_anchors_are_those_of_the_page(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A `b.c`: d\n## Twice\n## Twice\n```\n# code\n```\n", encoding="utf-8")
    assert anchors(page) == {"a-bc-d", "twice", "twice-1"}


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path):
    pytest.importorskip("sphinx_click", reason="the extra docs is not installed")
    folders = [str(ROOT), str(tmp_path / "site")]
    command = ["-m", "sphinx", "-W", "--keep-going", "--quiet", "-c", str(ROOT / "docs")]
    done = subprocess.run(
        [sys.executable, *command, "-d", str(tmp_path / "doctrees"), *folders],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "site" / "docs" / "reference" / "commands.html").read_text(encoding="utf-8")
    assert "--bvh-skeleton" in page
