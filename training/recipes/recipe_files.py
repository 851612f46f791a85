"""Reads recipes in YAML, by name or file, applies overrides, checks and compares them."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from glagcn_cli.errors import UsageError

from .recipe import Recipe

T = TypeVar("T")


def named_recipes() -> list[str]:
    """List the names of the configurations in the package."""
    return sorted(path.stem for path in _own_folder().glob("[!_]*.yaml"))


def describe_recipes() -> dict[str, str]:
    """Return the comment at the beginning of every named recipe."""
    return {name: _own_text(name).splitlines()[0].lstrip("# ") for name in named_recipes()}


def read_recipe(name: str, overrides: Sequence[str] = ()) -> Recipe:
    """Read a configuration by name or file and apply overrides.

    Parameters
    ----------
    name
        One of `named_recipes`, or a YAML file. ``_base_`` in it names the file that it builds on:
        in the same folder, else in the package ("h36m_gt_243.yaml").
    overrides
        ``section.key=value``, the value in YAML.

    Raises
    ------
    UsageError
        The configuration or a key does not exist, or a value has another type.
    """
    path = Path(name)
    if name in named_recipes():
        path = _own_folder() / f"{name}.yaml"
    elif not path.is_file():
        raise UsageError(
            f"no configuration {name!r}: neither a file nor one of {', '.join(named_recipes())}"
        )
    tree = _read_tree(path, ())
    for override in overrides:
        _override(tree, override)
    return from_mapping(Recipe, tree, "")


def _own_folder() -> Path:
    """Return the folder of the package's configurations."""
    return Path(str(files("glagcn_training") / "configs"))


def _own_text(name: str) -> str:
    return (_own_folder() / f"{name}.yaml").read_text(encoding="utf-8")


def _read_tree(path: Path, above: tuple[Path, ...]) -> dict[str, Any]:
    """Read a file's settings over those of the file it builds on; ``above`` build on it."""
    import yaml

    if path.resolve() in above:
        raise UsageError(f"{path} builds on itself through _base_")
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UsageError(f"{path} is not a configuration: {error}") from error
    if tree is None:  # empty, or comments alone
        tree = {}
    if not isinstance(tree, dict):
        raise UsageError(f"{path} is not a configuration: expected settings, found {tree!r:.60}")
    if "_base_" not in tree:
        return tree
    base = tree.pop("_base_")
    if not isinstance(base, str):
        raise UsageError(f"{path}: _base_ is {base!r}, expected the name of one file")
    places = [folder / base for folder in (path.parent, _own_folder())]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise UsageError(
            f"{path} builds on {base}, which is neither in its folder nor one of "
            f"{', '.join(f'{name}.yaml' for name in named_recipes())}"
        )
    return _merged(_read_tree(found, (*above, path.resolve())), tree)


def _merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Merge the settings of ``own`` over those of ``base``, section by section."""
    both = {
        key: _merged(base[key], own[key])
        for key in base.keys() & own.keys()
        if isinstance(base[key], dict) and isinstance(own[key], dict)
    }
    return base | own | both


def _override(tree: dict[str, Any], override: str) -> None:
    """Change one setting, given as ``section.key=value``."""
    import yaml

    key, equals, text = override.partition("=")
    if not equals:
        raise UsageError(f"{override!r}: expected section.key=value")
    branch: Any = tree
    *sections, last = key.strip().split(".")
    for section in sections:
        branch = branch.setdefault(section, {})
        if not isinstance(branch, dict):
            raise UsageError(f"{override!r}: {section} is a value, not a section")
    try:
        branch[last] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise UsageError(f"{override!r}: the value cannot be read as YAML: {problem}") from error


def from_mapping(kind: type[T], tree: Mapping[str, Any], where: str) -> T:
    """Make a dataclass of nested dataclasses from a mapping, strict about keys and types."""
    types = get_type_hints(kind)
    known = [f.name for f in fields(kind)]  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for key, value in tree.items():
        full = f"{where}{key}"
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            hint = f"; {where}{near[0]}?" if near else f"; there are {', '.join(known)}"
            raise UsageError(f"no setting {full!r}{hint}")
        wanted = types[key]
        if is_dataclass(wanted):
            if not isinstance(value, Mapping):
                raise UsageError(f"{full} is {value!r}, expected a section")
            values[key] = from_mapping(wanted, value, f"{full}.")  # type: ignore[arg-type]
        else:
            values[key] = _checked(wanted, value, full)
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{where.rstrip('.') or 'configuration'}: {error}") from error


def _checked(wanted: Any, value: Any, where: str) -> Any:
    """Convert a YAML value to the type of its setting."""
    if get_origin(wanted) is tuple:
        kinds = get_args(wanted)
        if not isinstance(value, list | tuple) or len(value) != len(kinds):
            raise UsageError(f"{where} is {value!r}, expected a list of {len(kinds)} numbers")
        return tuple(_checked(kind, v, where) for kind, v in zip(kinds, value, strict=True))
    if wanted is float and isinstance(value, str):
        # YAML 1.1 reads 1e-5, without a point, as text.
        try:
            return float(value)
        except ValueError:
            raise UsageError(f"{where} is {value!r}, expected a number") from None
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if wanted is str and isinstance(value, int | float):
        return str(value)
    if isinstance(wanted, type) and (
        not isinstance(value, wanted) or (wanted is int and isinstance(value, bool))
    ):
        raise UsageError(f"{where} is {value!r}, expected {wanted.__name__}")
    return value


def to_mapping(recipe: Recipe) -> dict[str, Any]:
    """Convert to nested plain values, as a YAML file holds them."""
    tree: dict[str, Any] = json.loads(json.dumps(asdict(recipe)))
    return tree


def differences(old: Mapping[str, Any], new: Mapping[str, Any], where: str = "") -> list[str]:
    """List the settings in which two recipes, as mappings, differ: ``"seed: 1 -> 2"``."""
    found = []
    for key in {**old, **new}:
        before, after = old.get(key), new.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            found += differences(before, after, f"{where}{key}.")
        elif before != after:
            found.append(f"{where}{key}: {before!r} -> {after!r}")
    return found
