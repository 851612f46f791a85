"""Evaluation: what a lifter is measured on, in which units, and the setting told with it."""

from __future__ import annotations

import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import torch

from glagcn_cli.camera import focal_length
from glagcn_cli.errors import CheckpointError, InputError, ModelNotFoundError, UsageError
from glagcn_cli.lifting.checkpoints import LifterCard, load_lifter, save_lifter
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.normalisation import IMAGE, PERSON
from glagcn_cli.model.architecture import Architecture
from glagcn_cli.model.gla_gcn import GLAGCN, build_lifter
from glagcn_cli.poses import LiftedJoints
from glagcn_cli.skeleton import AS_GIVEN, CONVERSION
from glagcn_training.data.packs import read_packs
from glagcn_training.data.registry import read_takes
from glagcn_training.evaluation.evaluate import (
    CAMERAS_PER_TAKE,
    Observation,
    lifter_predictor,
    observe_takes,
    score,
    score_all,
)
from glagcn_training.evaluation.evaluation_noise import NOISE
from glagcn_training.evaluation.run import EvaluationSettings, run_evaluation
from glagcn_training.lifter_files.import_released import import_released
from glagcn_training.metrics.scores import METRICS, summarise
from tests.helpers.released_files import released, write
from tests.helpers.small_datasets import write_3dhp, write_h36m, write_humaneva
from tests.helpers.small_runs import small_packs, untrained_lifter
from tests.helpers.synthetic_motion import write_pack

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def packs(tmp_path_factory) -> Path:
    return small_packs(tmp_path_factory.mktemp("mocap") / "packs")


@pytest.fixture(scope="module")
def h36m(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("h36m")
    write_h36m(folder, frames=12)
    return folder


@pytest.fixture(scope="module")
def mpi_inf_3dhp(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("3dhp")
    write_3dhp(folder, frames=12, invalid=4)
    return folder


@pytest.fixture(scope="module")
def humaneva(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("humaneva")
    write_humaneva(folder)
    return folder


@pytest.fixture(scope="module")
def lifter(tmp_path_factory) -> Path:
    """A lifter that has learned nothing, for films of Human3.6M's joints."""
    return saved(tmp_path_factory.mktemp("lifter") / "lifter.pth")


def saved(
    path: Path, joint_set: str = "h36m17", conversion: str = AS_GIVEN, **data: object
) -> Path:
    """`data`: what its recipe says of the data it was trained on."""
    torch.manual_seed(0)
    network = build_lifter(Architecture(window=9, channels=8, global_blocks=1, joint_set=joint_set))
    assert isinstance(network, GLAGCN)
    normalisation = IMAGE if conversion == AS_GIVEN else PERSON
    card = LifterCard(network.architecture, normalisation, 50, conversion, recipe={"data": data})
    save_lifter(path, network, card if data else replace(card, recipe={}))
    return path


def truth(seen: Observation) -> LiftedJoints:
    return LiftedJoints(seen.joints)


def test_the_truth_has_no_error_in_any_data_set(packs, h36m, mpi_inf_3dhp) -> None:
    for dataset, folder in (("mocap", packs), ("h36m", h36m), ("mpi_inf_3dhp", mpi_inf_3dhp)):
        seen = observe_takes(read_takes(dataset, folder, "val"))
        figures = summarise(score_all(truth, seen))
        assert figures["mpjpe"] == figures["mpjve"] == figures["acceleration"] == 0
        assert figures["p_mpjpe"] == pytest.approx(0, abs=1e-6)
        assert figures["pck150"] == 100


def test_errors_are_millimetres(packs) -> None:
    seen = observe_takes(read_packs(packs, "val"))
    aside = np.array([0.0, 0.01, 0.0])
    figures = summarise(score_all(lambda seen: LiftedJoints(seen.joints + aside), seen))
    assert figures["mpjpe"] == pytest.approx(10)
    assert figures["p_mpjpe"] == pytest.approx(0, abs=1e-6)
    assert figures["mpjve"] == pytest.approx(0, abs=1e-9)


def test_frames_that_are_not_valid_do_not_count(mpi_inf_3dhp) -> None:
    seen = observe_takes(read_takes("mpi_inf_3dhp", mpi_inf_3dhp, "test"))[0]
    wrong = seen.joints.copy()
    wrong[~seen.valid] += 1
    row = score(lambda _: LiftedJoints(wrong), seen)
    assert row.frames == 8 and row.figures["mpjpe"] == 0
    wrong[0] += 1
    assert score(lambda _: LiftedJoints(wrong), seen).figures["mpjpe"] == pytest.approx(
        1732 / 8, abs=0.1
    )


def test_pck_of_mpi_inf_3dhp_leaves_out_pelvis_spine_and_head(mpi_inf_3dhp, h36m) -> None:
    for dataset, folder, expected in (
        ("mpi_inf_3dhp", mpi_inf_3dhp, 100), ("h36m", h36m, 100 * 14 / 17)
    ):  # fmt: skip
        for split in ("val", "test"):
            seen = observe_takes(read_takes(dataset, folder, split))[0]
            wrong = seen.joints.copy()
            wrong[:, 14:] += 1
            figures = score(lambda _, wrong=wrong: LiftedJoints(wrong), seen).figures
            assert figures["pck150"] == pytest.approx(expected)
            assert figures["mpjpe"] == pytest.approx(1732 * 3 / 17, abs=0.1)


def test_a_bar_is_for_terminals(packs, monkeypatch) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    seen = observe_takes(read_packs(packs, "train"))
    for stream, shown in ((Terminal(), True), (StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        assert len(score_all(truth, seen)) == 4
        assert ("evaluating" in stream.getvalue()) == shown


@pytest.mark.parametrize("noise", NOISE)
def test_what_is_seen_repeats(packs, h36m, noise) -> None:
    for dataset, folder in (("mocap", packs), ("h36m", h36m)):
        takes = read_takes(dataset, folder, "val")
        once, again = observe_takes(takes, noise), observe_takes(takes, noise)
        for one, other in zip(once, again, strict=True):
            np.testing.assert_array_equal(one.keypoints, other.keypoints)
            np.testing.assert_array_equal(one.joints, other.joints)
            np.testing.assert_array_equal(one.scores, other.scores)
            assert (one.name, one.fov, one.image_size) == (other.name, other.fov, other.image_size)


def test_every_clip_has_cameras_of_its_own(packs) -> None:
    seen = observe_takes(read_packs(packs, "train"))
    assert len(seen) == 2 * CAMERAS_PER_TAKE
    assert len({one.fov for one in seen}) == len({one.name for one in seen}) == len(seen)


def test_a_choice_of_takes_is_spread_evenly_and_seen_as_all_are(tmp_path) -> None:
    write_pack(tmp_path / "walk.npz", ("val",) * 9, frames=5)
    takes = read_packs(tmp_path, "val")
    every = {one.name: one for one in observe_takes(takes)}
    few = observe_takes(takes, at_most=3)
    chosen = [f"walk clip {number} virtual {i}" for number in (0, 4, 8) for i in (1, 2)]
    assert [one.name for one in few] == chosen
    for one in few:
        np.testing.assert_array_equal(one.keypoints, every[one.name].keypoints)
    assert len(observe_takes(takes, at_most=100)) == len(observe_takes(takes)) == 18


@pytest.mark.parametrize("noise", NOISE[1:])
def test_noise_changes_the_2d_and_not_the_truth(packs, h36m, noise) -> None:
    for dataset, folder in (("mocap", packs), ("h36m", h36m)):
        takes = read_takes(dataset, folder, "val")
        exact, noisy = observe_takes(takes, "exact")[0], observe_takes(takes, noise)[0]
        np.testing.assert_array_equal(exact.joints, noisy.joints)
        off = np.linalg.norm(exact.keypoints - noisy.keypoints, axis=-1)
        size = np.ptp(exact.keypoints[..., 1])
        assert 0.5 < off.max() < size / 2 and np.median(off) < 0.05 * size


@pytest.mark.parametrize(
    "dataset, centre", [("mocap", (639.5, 359.5)), ("mpi_inf_3dhp", (1024, 1024))]
)
def test_keypoints_joints_and_field_of_view_belong_together(request, dataset, centre) -> None:
    """Some position of the root explains all 2D of a frame: found by least squares."""
    folder = request.getfixturevalue({"mocap": "packs"}.get(dataset, dataset))
    takes = read_takes(dataset, folder, "val")
    for seen in observe_takes(takes, conversion=AS_GIVEN)[::5]:
        focal = focal_length(seen.image_size, seen.fov)
        u = (seen.keypoints - np.array(centre)) / focal
        for pixels, joints in zip(u, seen.joints, strict=True):
            # u (z + tz) = x + tx for both axes of the picture
            rows = np.zeros((len(joints), 2, 3))
            rows[:, 0, 0] = rows[:, 1, 1] = 1
            rows[..., 2] = -pixels
            right = pixels * joints[:, 2:] - joints[:, :2]
            root = np.linalg.lstsq(rows.reshape(-1, 3), right.reshape(-1), rcond=None)[0]
            placed = joints + root
            off = focal * np.abs(placed[:, :2] / placed[:, 2:] - pixels)
            assert placed[:, 2].min() > 0.5 and off.max() < 2e-3


def test_the_lifter_is_told_the_picture_the_lens_the_rate_and_the_scores() -> None:
    told = {}

    class Spy(Lifter):
        def __init__(self) -> None:
            pass

        def lift_keypoints(self, keypoints, scores, image_size, fps, **options):
            told.update(options, image_size=image_size, fps=fps, scores=scores)
            return LiftedJoints(keypoints)

    scores = np.ones((3, 17))
    seen = Observation(
        np.zeros((3, 17, 2)), np.zeros((3, 17, 3)), (1920, 1080), 41.0, scores=scores, fps=60
    )
    lifter_predictor(Spy(), flip=True, branch="centre")(seen)
    assert told.pop("scores") is scores
    assert told == {
        "image_size": (1920, 1080), "fov": 41.0, "flip": True, "branch": "centre", "fps": 60
    }  # fmt: skip


def test_observations_tell_rate_and_gravity(packs, h36m, humaneva) -> None:
    """A person who walks upright: up lies along the body, from the ankles to the head."""
    for seen in observe_takes(read_packs(packs, "train")):
        body = seen.joints[:, 10] - seen.joints[:, [3, 6]].mean(axis=1)
        body /= np.linalg.norm(body, axis=1, keepdims=True)
        assert seen.fps == 50 and np.linalg.norm(seen.up) == pytest.approx(1)
        assert (body @ seen.up).min() > np.cos(np.radians(8))
    assert {one.fps for one in observe_takes(read_takes("h36m", h36m, "val"))} == {50}
    filmed = observe_takes(read_takes("humaneva", humaneva, "val"))
    assert {one.fps for one in filmed} == {60} and all(one.up is None for one in filmed)


def test_whoever_watches_sees_what_was_lifted_of_every_take(packs) -> None:
    told = []

    class Watcher:
        def watch(self, seen: Observation, lifted: LiftedJoints) -> None:
            told.append((seen.name, lifted.joints is seen.joints))

    seen = observe_takes(read_packs(packs, "train"))
    score_all(truth, seen, (Watcher(), Watcher()))
    assert told == [(one.name, True) for one in seen for _ in range(2)]


def evaluated(dataset: str, folder: Path, **changes) -> dict:
    return run_evaluation(EvaluationSettings(dataset, folder, **changes))[0]


def test_the_result_tells_its_setting(h36m, lifter) -> None:
    result = evaluated(
        "h36m", h36m, keypoints="cpn_ft_h36m_dbb", split="test", weights=str(lifter),
        noise="detector", flip=True, branch="sequence",
    )  # fmt: skip
    assert result["setting"] == {
        "dataset": "h36m", "split": "test", "holdout": "default", "keypoints": "cpn_ft_h36m_dbb",
        "noise": "detector", "weights": str(lifter), "branch": "sequence", "flip": True,
        "network_alone": False,
        "mean_over": "actions", "frames": 2 * 3 * 4 * 12, "takes": 24,
    }  # fmt: skip
    assert set(METRICS) < set(result)


@pytest.mark.parametrize(
    "change",
    [{"branch": "sequence"}, {"flip": True}, {"noise": "detector"}, {"split": "test"},
     {"keypoints": "cpn_ft_h36m_dbb"}, {"holdout": "S5"}],
    ids=str,
)  # fmt: skip
def test_each_setting_matters(h36m, lifter, change) -> None:
    plain = evaluated("h36m", h36m, weights=str(lifter))
    assert evaluated("h36m", h36m, weights=str(lifter), **change)["mpjpe"] != plain["mpjpe"]


def test_held_out_subjects_are_those_asked_for(h36m, lifter) -> None:
    takes = {
        (split, holdout): evaluated(
            "h36m", h36m, split=split, holdout=holdout, weights=str(lifter)
        )["setting"]["takes"]
        for split, holdout in (("train", "default"), ("train", "none"), ("val", "S1"))
    }
    assert list(takes.values()) == [4 * 12, 5 * 12, 12]
    with pytest.raises(UsageError, match="no split 'val'"):
        evaluated("h36m", h36m, holdout="none", weights=str(lifter))
    with pytest.raises(UsageError, match=r"S9.*S1, S5, S6, S7, S8"):
        evaluated("h36m", h36m, holdout="S9", weights=str(lifter))


def test_the_branch_that_lifts_videos_is_measured(h36m, tmp_path) -> None:
    """A lifter whose local module was not trained lifts with its sequence branch."""
    path = saved(tmp_path / "lifter.pth")
    network, card = load_lifter(path)
    save_lifter(path, network, replace(card, recipe={"loss": {"centre": 0.0}}))
    found = {
        branch: evaluated("h36m", h36m, weights=str(path), branch=branch)
        for branch in (None, "centre", "sequence")
    }
    assert found[None]["setting"]["branch"] == "sequence"
    assert found[None]["mpjpe"] == found["sequence"]["mpjpe"] != found["centre"]["mpjpe"]


def setting(folder: Path, lifter: Path, dataset: str = "h36m", **changes) -> tuple:
    found = evaluated(dataset, folder, weights=str(lifter), **changes)["setting"]
    return found["keypoints"], found["holdout"], found["takes"]


def test_a_lifter_is_measured_as_it_was_trained_unless_told(h36m, tmp_path) -> None:
    own = {"dataset": "h36m", "keypoints": "cpn_ft_h36m_dbb", "holdout": "S1"}
    lifter = saved(tmp_path / "a.pth", **own)
    assert setting(h36m, lifter) == ("cpn_ft_h36m_dbb", "S1", 12)
    assert setting(h36m, lifter, keypoints="gt", holdout="S5") == ("gt", "S5", 12)
    elsewhere = saved(tmp_path / "b.pth", **own | {"dataset": "mocap"})
    assert setting(h36m, elsewhere) == ("gt", "default", 12)
    everybody = saved(tmp_path / "c.pth", **own | {"holdout": "none"})
    assert setting(h36m, everybody, split="train") == ("cpn_ft_h36m_dbb", "none", 5 * 12)
    assert setting(h36m, everybody) == ("cpn_ft_h36m_dbb", "default", 12)
    by_test = saved(tmp_path / "d.pth", **own | {"select_on_test": True})
    assert setting(h36m, by_test, split="train") == ("cpn_ft_h36m_dbb", "none", 5 * 12)


def test_subjects_that_the_lifter_was_trained_on_are_told(h36m, packs, tmp_path, caplog) -> None:
    own = {"dataset": "h36m", "keypoints": "gt", "holdout": "S1"}
    lifter = saved(tmp_path / "a.pth", **own)
    setting(h36m, lifter)
    setting(h36m, lifter, split="test")
    setting(h36m, saved(tmp_path / "b.pth", **own | {"dataset": "mocap"}), holdout="S5")
    motion = {"dataset": "mocap", "keypoints": "", "holdout": "default"}
    setting(packs, saved(tmp_path / "c.pth", **motion), "mocap", split="train")
    assert "was trained on" not in caplog.text
    setting(h36m, lifter, holdout="S5")
    assert "a.pth was trained on S5, so its errors on split 'val'" in caplog.text
    caplog.clear()
    setting(h36m, lifter, split="train")
    assert "was trained on S5, S6, S7, S8, so" in caplog.text
    caplog.clear()
    setting(h36m, saved(tmp_path / "d.pth", **own | {"holdout": "none"}))
    assert "was trained on S8, so" in caplog.text


def test_the_data_set_is_read_once_with_the_constant_pose(h36m, lifter, monkeypatch) -> None:
    opened, load = [], np.load
    monkeypatch.setattr(np, "load", lambda path, **kw: opened.append(path.name) or load(path, **kw))
    for split in ("val", "train"):
        opened.clear()
        assert "constant_pose" in evaluated("h36m", h36m, weights=str(lifter), split=split,
                                            constant=True)  # fmt: skip
        assert sorted(opened) == ["data_2d_h36m_gt.npz", "data_3d_h36m.npz"]


def test_an_imported_released_lifter_is_measured(h36m, tmp_path) -> None:
    """Its one branch is the centre, whatever is asked for; it is the network that was imported."""
    import_released(write(tmp_path / "theirs.bin", released(3, 8)), tmp_path / "ours.pth")
    weights = str(tmp_path / "ours.pth")
    figures = evaluated("h36m", h36m, split="test", weights=weights, flip=True)
    assert figures["setting"]["branch"] == "centre" and np.isfinite(figures["mpjpe"])
    asked = evaluated("h36m", h36m, split="test", weights=weights, flip=True, branch="sequence")
    assert asked["setting"]["branch"] == "centre" and asked["mpjpe"] == figures["mpjpe"]


def test_a_lifter_of_other_joints_is_refused(h36m, mpi_inf_3dhp, tmp_path) -> None:
    weights = str(saved(tmp_path / "humaneva.pth", "humaneva15"))
    with pytest.raises(CheckpointError, match=r"humaneva\.pth.*humaneva15.*h36m17"):
        evaluated("h36m", h36m, weights=weights)
    # As many joints, but others.
    with pytest.raises(CheckpointError, match=r"h36m17.*mpi_inf_3dhp17"):
        evaluated("mpi_inf_3dhp", mpi_inf_3dhp, weights=str(saved(tmp_path / "other.pth")))


def test_a_lifter_of_videos_on_film_is_told(h36m, packs, tmp_path) -> None:
    weights = str(saved(tmp_path / "lifter.pth", conversion=CONVERSION))
    _, text = run_evaluation(EvaluationSettings("h36m", h36m, weights=weights))
    assert "detector's joints" in text
    _, text = run_evaluation(EvaluationSettings("mocap", packs, weights=weights))
    assert "detector's joints" not in text


def test_the_shipped_lifter_is_the_default(packs) -> None:
    result = evaluated("mocap", packs)
    assert result["setting"]["weights"] == "lifter-27"
    assert result["setting"]["branch"] == "centre"
    assert result["p_mpjpe"] < 60  # it has learned to walk


def test_what_cannot_be_measured_is_null(tmp_path, lifter) -> None:
    write_pack(tmp_path / "short.npz", ("train", "val"), frames=1)
    result = evaluated("mocap", tmp_path, weights=str(lifter), constant=True)
    assert result["mpjve"] is None and result["constant_pose"]["acceleration"] is None
    assert result["mpjpe"] > 0


@pytest.fixture(scope="module")
def knowing(tmp_path_factory) -> Path:
    """A lifter that has learned nothing, and says how sure it is of that and which way is up."""
    return untrained_lifter(tmp_path_factory.mktemp("knowing") / "lifter.pth")


@pytest.mark.parametrize("noise", NOISE)
def test_all_that_a_lifter_says_is_measured(packs, knowing, tmp_path, noise) -> None:
    """What it says of its errors at first is 50 mm, of every joint."""
    picture = tmp_path / "calibration.png"
    settings = EvaluationSettings(
        "mocap", packs, weights=str(knowing), noise=noise, calibration=picture
    )
    result, text = run_evaluation(settings)
    figures = result["calibration"]
    assert figures["error"] == pytest.approx(result["mpjpe"] * 17 / 16 - 50, rel=1e-3)
    assert {"clip", "frame", "standing"} < set(result["gravity"])
    assert result["depth_reversals"]["per_1000_frames"] >= 0
    for line in ("Depth reversals:", "Gravity, degrees", "Uncertainty: expected calibration"):
        assert text.count(line) == 1
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_what_a_lifter_does_not_say_is_not_told(h36m, lifter, tmp_path) -> None:
    result, text = run_evaluation(EvaluationSettings("h36m", h36m, weights=str(lifter)))
    assert "calibration" not in result and "gravity" not in result
    assert "Uncertainty" not in text and "Gravity" not in text
    picture = tmp_path / "calibration.png"
    with pytest.raises(UsageError, match=r"lifter\.pth estimates no uncertainty"):
        evaluated("h36m", h36m, weights=str(lifter), calibration=picture)
    assert not picture.exists()


def test_takes_can_be_chosen_and_depth_be_copied(packs, lifter) -> None:
    result, text = run_evaluation(
        EvaluationSettings("mocap", packs, split="train", takes=1, weights=str(lifter),
                           held_depth=True)
    )  # fmt: skip
    assert result["setting"]["takes"] == CAMERAS_PER_TAKE
    assert 1 < result["held_depth"]["mpjpe"] < 200
    assert f"MPJPE {result['held_depth']['mpjpe']:.1f} mm" in text.split("first frame's given")[1]


def test_a_lifter_of_half_the_rate_is_measured_at_the_takes(packs, knowing) -> None:
    """Every frame counts, and 2D of every other frame would not give the same."""
    result = evaluated("mocap", packs, weights=str(knowing))
    assert result["setting"]["frames"] == 60 * CAMERAS_PER_TAKE
    network, card = load_lifter(knowing)
    seen = observe_takes(read_packs(packs, "val"))[0]
    slow, fast = (
        lifter_predictor(Lifter(network, replace(card, fps=fps)))(seen) for fps in (25, 50)
    )
    assert slow.joints.shape == fast.joints.shape == seen.joints.shape
    assert np.abs(slow.joints - fast.joints).max() > 1e-4


def test_missing_weights_and_splits_are_errors(packs, lifter) -> None:
    with pytest.raises(ModelNotFoundError, match=r"nowhere\.pth"):
        evaluated("mocap", packs, weights="nowhere.pth")
    with pytest.raises(InputError, match=r"no clip of the split 'test'.*train, val"):
        evaluated("mocap", packs, split="test", weights=str(lifter))


def test_settings_are_checked_before_the_lifter_runs(packs, lifter) -> None:
    settings = EvaluationSettings("mocap", packs, weights=str(lifter))
    with pytest.raises(UsageError, match="no 2D keypoints 'gt'"):
        run_evaluation(replace(settings, keypoints="gt"))
