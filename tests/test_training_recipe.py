"""Recipes: files, overrides, what is refused."""

from __future__ import annotations

import pytest
import yaml

from glagcn_cli.errors import UsageError
from glagcn_training.recipe import Recipe
from glagcn_training.recipe_files import (
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
        ("augmentation.cameras.fov=5", "expected a list of numbers"),
        ("optimizer.batch", "expected section.key=value"),
        ("data.dataset.x=1", "dataset is a value"),
        ("optimizer.name=sgd", "'adamw', 'ranger'"),
        ("network.window=28", "power of 3"),
        ("optimizer.batch=0", "more than 0"),
        ("data.normalisation=none", "'person', 'image'"),
    ],
)
def test_what_is_refused_and_how(override, message):
    with pytest.raises(UsageError) as caught:
        read_recipe("mocap_27", [override])
    assert message in str(caught.value)


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
