"""What the ablations compare, what lifters are shown for it, and what is printed."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from benchmarks.ablations import ablations, rows
from benchmarks.ablations import conditions as shown
from benchmarks.measuring.hard_input import LEGS_BELOW_THE_HIPS, UPPER_BODY
from glagcn_cli.lifting.normalisation import FILLED_SCORE
from glagcn_cli.poses import LiftedJoints
from glagcn_cli.skeleton import H36M17
from glagcn_training.data.packs import read_packs
from glagcn_training.evaluation.evaluate import Observation, observe_takes
from glagcn_training.recipes.recipe import Recipe
from glagcn_training.recipes.recipe_files import read_recipe, to_mapping
from glagcn_training.samples.augment import Augmentation, mirror_sides
from tests.helpers.small_runs import SMALL, small_packs, trained

torch.set_num_threads(1)


CONVERSION = "coco17-h36m17-v1"
# How often there is noise; what is wrong on purpose; and what `mocap_27` has switched off.
NO_PIECES = (
    "exact", "rotate_target", "mixed", "flicks", "quick", "quickest", "children", "definitions",
    "lost_extremities",
)  # fmt: skip


def recipe(family: rows.Family, name: str, *more: str) -> Recipe:
    return read_recipe("mocap_27", [*family.common, *family.variants[name].overrides, *more])


def settings(tree: dict, prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in tree.items():
        name = prefix + key
        flat |= settings(value, f"{name}.") if isinstance(value, dict) else {name: value}
    return flat


@pytest.fixture(scope="module")
def packs(tmp_path_factory) -> Path:
    return small_packs(tmp_path_factory.mktemp("mocap") / "packs")


@pytest.fixture(scope="module")
def conditions(packs) -> dict[str, shown.Condition]:
    return shown.conditions(read_packs(packs, "val"), CONVERSION)


@pytest.fixture(scope="module")
def seen(packs) -> Observation:
    return observe_takes(read_packs(packs, "val"))[0]


# Rows


@pytest.mark.parametrize("family", rows.FAMILIES.values(), ids=rows.FAMILIES)
def test_a_row_differs_in_what_it_names_and_in_nothing_else(family: rows.Family) -> None:
    first, *others = family.variants
    base = settings(to_mapping(recipe(family, first)))
    for name in others:
        own = settings(to_mapping(recipe(family, name)))
        changed = {key for key in base if base[key] != own[key]}
        named = {override.partition("=")[0] for override in family.variants[name].overrides}
        assert changed and changed <= named, name


def test_every_piece_of_the_augmentation_is_taken_away_alone_and_with_all_others() -> None:
    """A piece that joins the recipe needs a row too."""
    family = rows.AUGMENTATION
    whole = recipe(family, "whole recipe").augmentation
    assert whole == read_recipe("mocap_27").augmentation
    changes = []
    for name in family.variants:
        other = recipe(family, name).augmentation
        pieces = {field.name for field in fields(Augmentation)}
        changes.append({p for p in pieces if getattr(other, p) != getattr(whole, p)})
    pieces -= set(NO_PIECES)
    assert all({piece} in changes for piece in pieces)
    assert pieces in changes


def test_runs_of_different_rows_lie_in_different_folders() -> None:
    names = [rows.folder_name(name) for f in rows.FAMILIES.values() for name in f.variants]
    assert len(set(names)) == len(names)
    assert not any(set(name) & set(" /,") for name in names)


def test_purposes_are_conditions_and_seeds_have_none() -> None:
    for name, variant in rows.AUGMENTATION.variants.items():
        assert variant.purpose in shown.CONDITIONS or name.startswith("whole recipe")


@pytest.mark.parametrize("name", ["released variant", "temporal convolution"])
def test_networks_of_single_frames_train_on_the_plain_recipe(name, packs, tmp_path) -> None:
    small = recipe(rows.NETWORK, name, *SMALL, "schedule.steps=1", "schedule.validations=0")
    run = trained(small, packs, tmp_path / "run")
    assert run.runner.iter == 1


# Conditions


def test_every_lifter_is_shown_the_same(conditions, packs) -> None:
    again = shown.conditions(read_packs(packs, "val"), CONVERSION)
    assert tuple(conditions) == shown.CONDITIONS
    for name, condition in conditions.items():
        assert len(condition.seen) == 2, name
        for one, other in zip(condition.seen, again[name].seen, strict=True):
            np.testing.assert_array_equal(one.keypoints, other.keypoints)
            np.testing.assert_array_equal(one.joints, other.joints)


def test_conditions_differ_from_exact_2d(conditions) -> None:
    exact = conditions[shown.EXACT_2D].seen
    for name, condition in conditions.items():
        if name != shown.EXACT_2D:
            for one, own in zip(condition.seen, exact, strict=True):
                same = one.keypoints.shape == own.keypoints.shape
                assert not (same and np.array_equal(one.keypoints, own.keypoints)), name


def test_fast_motion_goes_further_from_frame_to_frame(conditions) -> None:
    def speed(name: str) -> float:
        joints = conditions[name].seen[0].joints
        return float(np.linalg.norm(np.diff(joints, axis=0), axis=-1).mean())

    # The clip ends a little earlier, so the mean is of slightly other frames.
    assert speed(shown.FAST) == pytest.approx(1.4 * speed(shown.EXACT_2D), rel=0.03)


def bone_lengths(joints: np.ndarray) -> np.ndarray:
    return np.stack(
        [np.linalg.norm(joints[:, c] - joints[:, p], axis=-1) for p, c in H36M17.bone_indices], 1
    )


def test_postures_and_cameras_keep_bodies_and_other_bodies_are_symmetrical(conditions) -> None:
    exact = bone_lengths(conditions[shown.EXACT_2D].seen[0].joints)
    for name in (shown.POSTURED, shown.CAMERAS):
        found = bone_lengths(conditions[name].seen[0].joints)
        np.testing.assert_allclose(found, exact, atol=1e-5)
    other = bone_lengths(conditions[shown.BODIES].seen[0].joints)
    ratio = other / exact
    assert np.abs(ratio - 1).max() > 0.05
    children = [H36M17.joints[child] for _, child in H36M17.bone_indices]
    for number, child in enumerate(children):
        if child.startswith("left_"):
            twin = children.index(child.replace("left_", "right_"))
            np.testing.assert_allclose(ratio[:, number], ratio[:, twin], atol=1e-4)


def test_lost_frames_are_lines_that_know_nothing_of_what_was_there(seen) -> None:
    dropped = shown.drop(seen, np.random.default_rng(3))
    lost = dropped.counts
    assert 3 <= lost.sum() < len(lost) - 2 and not lost[[0, -1]].any()
    moved = seen.keypoints.copy()
    moved[lost] += 500
    again = shown.drop(Observation(moved, seen.joints, fps=seen.fps), np.random.default_rng(3))
    np.testing.assert_array_equal(again.keypoints, dropped.keypoints)
    np.testing.assert_array_equal(dropped.keypoints[~lost], seen.keypoints[~lost])
    assert (dropped.scores[lost] == FILLED_SCORE).all() and (dropped.scores[~lost] == 1).all()
    within = lost[:-2] & lost[1:-1] & lost[2:]
    bend = np.diff(dropped.keypoints, n=2, axis=0)[within]
    np.testing.assert_allclose(bend, 0, atol=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_sides_are_swapped_in_the_frames_that_count_and_only_there(seen, seed) -> None:
    swapped = shown.swap(seen, np.random.default_rng(seed))
    where = swapped.counts
    np.testing.assert_array_equal(swapped.keypoints[~where], seen.keypoints[~where])
    changed = (swapped.keypoints != seen.keypoints).any(axis=-1)
    assert changed[where].any(axis=1).all()
    # Where a joint is changed it is where its twin was; mirror_sides without a mirror knows twins.
    points = torch.from_numpy(seen.keypoints[None].copy())
    points[..., 0].neg_()
    twins = mirror_sides(points, torch.tensor([True]), H36M17)[0].numpy()
    np.testing.assert_array_equal(swapped.keypoints[changed], twins[changed])
    for joint in ("hip", "spine", "thorax", "neck", "head"):
        assert not changed[:, H36M17.index(joint)].any()


def test_bursts_are_short_and_apart() -> None:
    chosen = shown.bursts(np.random.default_rng(0), 5000, 50)
    edges = np.flatnonzero(np.diff(chosen)).reshape(-1, 2)
    lengths, gaps = edges[:, 1] - edges[:, 0], edges[1:, 0] - edges[:-1, 1]
    assert lengths.min() >= 5 and lengths.max() <= 20 and gaps.min() >= 15 and gaps.max() <= 35
    assert not shown.bursts(np.random.default_rng(0), 4, 50).any()


def test_legs_are_missing_and_the_rest_is_as_it_was(conditions) -> None:
    legless, exact = (conditions[name].seen[0] for name in (shown.LEGLESS, shown.EXACT_2D))
    legs = H36M17.indices(LEGS_BELOW_THE_HIPS)
    others = [joint for joint in range(len(H36M17)) if joint not in legs]
    assert (legless.scores[:, legs] == 0).all() and (legless.scores[:, others] == 1).all()
    np.testing.assert_allclose(legless.keypoints[:, others], exact.keypoints[:, others], rtol=1e-6)


# Figures


def test_errors_are_of_the_joints_and_frames_that_count(conditions, monkeypatch) -> None:
    legs, hip = H36M17.indices(LEGS_BELOW_THE_HIPS), H36M17.index("hip")
    offset = 0.0

    def predict(seen: Observation) -> LiftedJoints:
        joints = seen.joints.copy()
        joints[:, legs] += offset
        joints[:, hip] += offset
        joints[~seen.counts] += offset
        return LiftedJoints(joints)

    monkeypatch.setattr(shown, "lifter_predictor", lambda lifter, branch: predict)
    for condition in conditions.values():
        assert shown.measure(None, condition)["mpjpe"] == 0
    offset = 1.0
    for name, condition in conditions.items():
        error = shown.measure(None, condition)["mpjpe"]
        ignored = condition.joints == UPPER_BODY
        assert error == pytest.approx(0 if ignored else 1000 * 3**0.5 * 5 / 17, abs=1e-6), name


def test_missing_runs_are_trained_and_measured_once(packs, tmp_path, monkeypatch) -> None:
    done = []

    def train(run: Path, family: rows.Family, variant: rows.Variant, data: Path, _: int) -> None:
        done.append(run.name)
        small = [*SMALL, "schedule.steps=1", "schedule.validations=0", "network.window=9"]
        trained(read_recipe("mocap_27", [*family.common, *variant.overrides, *small]), data, run)

    monkeypatch.setattr(ablations, "train", train)
    command = ["--data-dir", str(packs), "-o", str(tmp_path), "--family", "augmentation"]
    command += ["--only", "whole recipe", "--only", "2 input channels"]
    outputs = []
    for _ in range(2):
        result = CliRunner().invoke(ablations.main, command, catch_exceptions=False)
        assert result.exit_code == 0
        outputs.append(result.stdout)
    assert done == ["whole-recipe", "2-input-channels"] and outputs[0] == outputs[1]
    table, purposes = outputs[0].strip().split("\n\n")
    assert [line.count("|") for line in table.split("\n")] == [len(shown.CONDITIONS) + 3] * 4
    assert len(purposes.split("\n")) == 3


def test_a_piece_is_compared_with_the_whole_recipe_of_its_own_seed() -> None:
    def row(value: float) -> dict[str, float]:
        other = dict.fromkeys(shown.CONDITIONS, 0.0) | {shown.MEASURED_2D: value}
        return {f"{c} {f}": other[c] / (1 + (f == "p_mpjpe")) for c in other for f in shown.FIGURES}

    measured = {
        "whole recipe": row(100.0), "whole recipe, seed 2": row(110.0), "no noise": row(125.0),
        "no noise, seed 2": row(120.0), "no swaps": row(1.0),
    }  # fmt: skip
    *_, noise, swaps = ablations.purpose_table(measured).split("\n")
    assert noise == (
        "| no noise | measured noise | 100.0, 110.0 | 125.0, 120.0 | +25.0, +10.0 | +12.5, +5.0 |"
    )
    assert swaps == "| no swaps | swapped frames | 0.0 | 0.0 | +0.0 | +0.0 |"
    del measured["whole recipe, seed 2"]
    *_, noise, _ = ablations.purpose_table(measured).split("\n")
    assert noise == "| no noise | measured noise | 100.0 | 125.0 | +25.0 | +12.5 |"


def test_the_network_table_has_a_dash_for_a_branch_that_is_not_there(tmp_path) -> None:
    figures = {
        f"{noise} centre {figure}": 90.0
        for noise in ("exact", "detector")
        for figure in shown.FIGURES
    }
    (tmp_path / "released-variant").mkdir()
    (tmp_path / "released-variant" / "figures.json").write_text(json.dumps(figures))
    *_, line = ablations.tables(rows.NETWORK, tmp_path).split("\n")
    assert line == "| released variant | 90.0 / 90.0 | - | 90.0 / 90.0 | - | 90.0 |"


def test_a_row_of_the_other_family_is_refused(packs, tmp_path) -> None:
    command = ["--data-dir", str(packs), "-o", str(tmp_path), "--only", "no swaps"]
    result = CliRunner().invoke(ablations.main, command)
    assert result.exit_code == 2 and "no swaps: no row of network" in result.output
