"""Recipes: files, overrides, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from mmengine.config import Config

from glagcn_cli.errors import UsageError
from glagcn_training.recipes import recipe_files
from glagcn_training.recipes.recipe import Recipe
from glagcn_training.recipes.recipe_files import (
    differences,
    from_mapping,
    named_recipes,
    read_recipe,
    to_mapping,
)


@pytest.mark.parametrize("name", named_recipes())
def test_every_named_recipe_is_whole(name):
    recipe = read_recipe(name)
    assert from_mapping(Recipe, to_mapping(recipe), "") == recipe
    assert not recipe.data.select_on_test and recipe.augmentation.rotate_target == 0


RELEASED = [
    "network.variant=released", "network.uncertainty=false", "network.gravity=false",
    "loss.velocity=0",
]  # fmt: skip


def test_there_is_a_recipe_for_every_data_set():
    assert {read_recipe(name).data.dataset for name in named_recipes()} == {
        "h36m", "humaneva", "mpi_inf_3dhp", "mocap"
    }  # fmt: skip


def test_the_published_numbers():
    recipe = read_recipe("h36m_cpn_243")
    assert recipe.data.keypoints == "cpn_ft_h36m_dbb" and recipe.data.normalisation == "image"
    assert (recipe.network.window, recipe.network.channels) == (243, 96)
    assert (recipe.schedule.epochs, recipe.optimizer.batch) == (80, 512)
    assert (recipe.optimizer.name, recipe.optimizer.rate) == ("ranger", 0.01)
    assert recipe.optimizer.last_rate == pytest.approx(1e-5)
    assert recipe.optimizer.batch_norm_momentum == (0.1, 0.001)
    assert (recipe.loss.sequence, recipe.loss.centre, recipe.loss.velocity) == (1, 1, 0)
    assert recipe.augmentation.mirror and recipe.augmentation.noise == 0
    assert recipe.validation.branch == "centre" and recipe.validation.flip
    short = read_recipe("humaneva_27")
    assert (short.network.window, short.optimizer.batch) == (27, 1024)
    assert short.schedule.epochs == 1000
    assert read_recipe("mpi_inf_3dhp_81").network.window == 81


def test_overrides_reach_every_section():
    recipe = read_recipe(
        "mocap_27",
        ["seed=4", "network.window=81", "optimizer.rate=1e-3", "augmentation.cameras.fov=[40, 50]"],
    )
    assert (recipe.seed, recipe.network.window) == (4, 81)
    assert recipe.optimizer.rate == pytest.approx(0.001)
    assert recipe.augmentation.cameras.fov == (40.0, 50.0)
    assert recipe.network.channels == read_recipe("mocap_27").network.channels


def test_a_file_builds_on_another(tmp_path):
    (tmp_path / "base.yaml").write_text("seed: 3\nnetwork: {window: 27, channels: 32}\n")
    (tmp_path / "mine.yaml").write_text("_base_: base.yaml\nnetwork: {channels: 16}\n")
    recipe = read_recipe(str(tmp_path / "mine.yaml"))
    assert (recipe.seed, recipe.network.window, recipe.network.channels) == (3, 27, 16)


def test_a_file_builds_on_a_named_recipe_from_anywhere(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("_base_: h36m_gt_243.yaml\nnetwork: {window: 27}\n")
    assert read_recipe(str(mine)) == read_recipe("h36m_gt_243", ["network.window=27"])
    (tmp_path / "h36m_gt_243.yaml").write_text("seed: 3\n")  # the nearer one
    assert read_recipe(str(mine)).seed == 3


@pytest.mark.parametrize("name", named_recipes())
def test_files_are_merged_as_mmengine_merges_them(name):
    path = Path(recipe_files.__file__).parents[1] / "configs" / f"{name}.yaml"
    expected = Config.fromfile(str(path)).to_dict()
    assert read_recipe(name) == from_mapping(Recipe, expected, "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("_base_: nowhere.yaml", "neither in its folder nor one of h36m_cpn_243.yaml"),
        ("_base_: mine.yaml", "builds on itself"),
        ("_base_: [a.yaml, b.yaml]", "expected the name of one file"),
        ("- seed", "expected settings"),
        ("seed: \x00", "not a configuration"),
        ("network: 27", "expected a section"),
    ],
)
def test_files_that_are_no_recipe(tmp_path, text, message):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(UsageError) as caught:
        read_recipe(str(tmp_path / "mine.yaml"))
    assert message in str(caught.value)


def test_without_a_recipe_2d_is_left_as_it_is(tmp_path):
    (tmp_path / "mine.yaml").write_text("data: {dataset: h36m}\n")
    assert read_recipe(str(tmp_path / "mine.yaml")).augmentation.noise == 0
    assert read_recipe("mocap_27").augmentation.noise == 1


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("optimizer.rat=1", "optimizer.rate?"),
        ("networks.window=27", "network?"),
        ("nonsense.x=1", "there are data, network"),
        ("optimizer.batch=many", "expected int"),
        ("optimizer.batch=true", "expected int"),
        ("optimizer.rate=fast", "expected a number"),
        ("augmentation.cameras=5", "expected a section"),
        ("augmentation.cameras.fov=5", "expected a list of 2 numbers"),
        ("optimizer.batch", "expected section.key=value"),
        ("data.dataset.x=1", "dataset is a value"),
        ("optimizer.name=sgd", "'adamw', 'ranger'"),
        ("network.window=28", "power of 3"),
        ("optimizer.batch=0", "at least 1"),
        ("data.normalisation=none", "'person', 'image'"),
        ("network.window=[1", "cannot be read as YAML"),
        ("seed=-1", "seed is -1, expected at least 0"),
        ("seed=4294967296", "seed is 4294967296"),
        ("optimizer.batch_norm_momentum=[0.1]", "a list of 2 numbers"),
        ("optimizer.batch_norm_momentum=[0.1, true]", "expected float"),
        ("optimizer.batch_norm_momentum=[0, 0]", "more than 0"),
        ("augmentation.cameras.distance=[2]", "a list of 2 numbers"),
        ("augmentation.cameras.distance=[9, 2]", "smaller number first"),
        ("augmentation.cameras.fov=[90, 180]", "less than 180"),
        ("schedule.steps=-5", "schedule.steps is -5"),
        ("network.in_channels=4", "in_channels is 4"),
        ("network.window=1", "network.window is 1"),
        ("network.dropout=1.5", "at least 0 and less than 1"),
        ("optimizer.rate=.nan", "optimizer.rate is nan"),
        ("optimizer.rate=.inf", "optimizer.rate is inf"),
        ("optimizer.warm_up=-5", "optimizer.warm_up is -5"),
        ("augmentation.exact=1.1", "augmentation.exact is 1.1"),
        ("augmentation.noise=-0.1", "augmentation.noise is -0.1"),
        ("augmentation.occlusion=2", "augmentation.occlusion is 2"),
        ("loss.centre=-1", "loss.centre is -1"),
    ],
)
def test_what_is_refused_and_how(override, message):
    with pytest.raises(UsageError) as caught:
        read_recipe("mocap_27", [override])
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["schedule.steps=0", "schedule.epochs=0"], "are both 0; set one"),
        (["loss.sequence=0", "loss.centre=0", "loss.velocity=0"], "nothing to train with"),
        ([*RELEASED, "loss.centre=0"], "loss.bone_direction must be more than 0"),
        ([*RELEASED, "loss.velocity=2"], "loss.velocity is 2"),
        (
            [f"augmentation.{name}=0" for name in ("noise", "occlusion", "missing_frames", "crop")],
            "every score would be 1",
        ),
        (
            ["loss.sequence=0"],
            "validation.branch is sequence, which loss.sequence=0 does not train",
        ),
        (["loss.centre=0", "validation.branch=centre"], "set validation.branch=sequence"),
        (["network.variant=released"], "no heads for uncertainty and gravity"),
        (["baseline=temporal-convolution", "loss.velocity=2"], "loss.velocity is 2"),
        (["baseline=temporal-convolution", "network.window=3"], "network.window is 3"),
    ],
)
def test_settings_that_contradict_each_other(overrides, message):
    with pytest.raises(UsageError) as caught:
        read_recipe("mocap_27", overrides)
    assert message in str(caught.value)


def _numbers(tree, where=""):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _numbers(value, f"{where}{key}.")
        elif isinstance(value, int | float | list) and not isinstance(value, bool):
            yield f"{where}{key}", value


def test_every_number_of_a_recipe_has_limits():
    for key, value in _numbers(to_mapping(Recipe())):
        wrong = {int: "-1000000", float: ".nan", list: "[.nan, .nan]"}[type(value)]
        with pytest.raises(UsageError, match=key.rpartition(".")[2]):
            read_recipe("mocap_27", [f"{key}={wrong}"])


@pytest.mark.parametrize(
    "overrides",
    [
        ["seed=4294967295", "augmentation.noise=0", "optimizer.warm_up=0"],
        ["loss.sequence=0", "validation.branch=centre"],
        ["loss.sequence=0", "schedule.validations=0"],
        ["loss.centre=0", "loss.bone_length=1", "validation.branch=centre"],
        [*RELEASED, "loss.centre=0", "loss.bone_length=1"],
        ["baseline=temporal-convolution", "network.window=9", "loss.velocity=0"],
        ["schedule.validations=0", "optimizer.batch_norm_momentum=[1, 1]"],
        ["augmentation.cameras.distance=[3, 3]", "augmentation.cameras.off_centre=0"],
    ],
    ids=" ".join,
)
def test_what_is_allowed(overrides):
    read_recipe("mocap_27", overrides)


def test_a_name_that_is_none_lists_those_that_are(tmp_path):
    with pytest.raises(UsageError, match="h36m_gt_243"):
        read_recipe("h36m_gt_244")
    (tmp_path / "broken.yaml").write_text("seed: [1\n")
    with pytest.raises(UsageError, match="not a configuration"):
        read_recipe(str(tmp_path / "broken.yaml"))


def test_differences_name_the_setting():
    old, new = to_mapping(read_recipe("mocap_27")), to_mapping(read_recipe("mocap_27", ["seed=2"]))
    assert differences(old, new) == ["seed: 1 -> 2"]
    assert differences(old, yaml.safe_load(yaml.safe_dump(old))) == []
