"""Recognition of motion from 2D, lifted and true 3D."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from scipy.spatial.transform import Rotation

from benchmarks.downstream import classifiers, downstream, inputs, lifters, recognition, tasks
from benchmarks.downstream.classifiers import CLASSIFIERS
from benchmarks.downstream.recognition import Answers, accuracy, gain
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.windows import network_input
from glagcn_cli.skeleton import H36M17
from glagcn_training.data.packs import read_packs
from glagcn_training.data.takes import Take
from glagcn_training.recipes.recipe_files import read_recipe
from tests.helpers.small_runs import untrained_lifter
from tests.helpers.synthetic_motion import walking

pytest.importorskip("sklearn", reason="the extra benchmark is not installed")
torch.set_num_threads(1)

FOLDS = {tasks.UIPRMD: (("7",), ("8",)), tasks.CMU: (("39",), ("16",))}


def moving(kind: int, frames: int = 100) -> np.ndarray:
    """Walks, or jumps on the spot: (frames, 17, 3) metres at 50 frames/s."""
    joints = walking(frames, 1.0 + 0.2 * kind)
    if kind:
        arms = H36M17.indices(["left_wrist", "right_wrist"])
        joints[:, arms, 2] += 0.7 * np.sin(np.arange(frames) / 5)[:, None] ** 2
    return joints


def write_pack(path: Path, clips: list[tuple[str, str, int]]) -> None:
    """Write a pack of clips: subject, description and kind of motion."""
    motion = np.concatenate([moving(kind) for _, _, kind in clips])
    np.savez(
        path, rel=np.round((motion[:, 1:] - motion[:, :1]) / 1e-4).astype(np.int16),
        rel_unit=np.float32(1e-4), root=motion[:, 0], offsets=np.arange(len(clips) + 1) * 100,
        split=np.array(["val" if subject == "8" else "train" for subject, _, _ in clips]),
        fps=np.int16(50), joints=np.array(H36M17.joints),
        subject=np.array([int(subject) for subject, _, _ in clips]),
        description=np.array([description for _, description, _ in clips]),
    )  # fmt: skip


@pytest.fixture(scope="module")
def packs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("packs")
    forms = ("squat", "squat (incorrect form)", "lunge", "lunge (incorrect form)")
    write_pack(folder / "uiprmd_h36m17.npz",
               [(s, form, k // 2) for s in "178" for k, form in enumerate(forms)])  # fmt: skip
    kinds = (("walk", 0), ("forward jump", 1), ("basketball - signals", 0))
    write_pack(folder / "cmu_h36m17.npz",
               [(s, text, kind) for s in ("39", "16", "5") for text, kind in kinds])  # fmt: skip
    return folder


@pytest.fixture
def clips(packs, monkeypatch) -> tuple[tasks.Clips, tasks.Clips]:
    monkeypatch.setattr(tasks, "FOLDS", FOLDS)
    return tasks.read_clips(packs)


# What is asked


@pytest.mark.parametrize(
    ("description", "kind"),
    [
        ("walk, 90-degree left turn", "on foot"), ("run/jog, sudden stop", "on foot"),
        ("playground - climb, go under, jump down", "climb"), ("Start Hop Stop", "jump"),
        ("Mawashigeri", "fight"), ("basketball - crossover dribble, shoot", ""),
        ("jumping jacks, jog, squats, side twists, stretches", ""), ("mop floor", ""), ("", ""),
    ],
)  # fmt: skip
def test_kinds_of_motion_by_description(description, kind) -> None:
    assert tasks.kind_of(description) == kind


def test_no_subject_that_a_small_lifter_learned_from_is_tested() -> None:
    for pack, folds in tasks.FOLDS.items():
        tested = [subject for fold in folds for subject in fold]
        assert len(tested) == len(set(tested))
        assert not set(tested) & set(tasks.LIFTER_SUBJECTS[pack])
        assert set(tasks.UNSEEN[pack]) <= set(tested)


def test_exercise_and_form_are_two_questions_about_the_same_clips(clips) -> None:
    of_exercises, _ = clips
    which, form = of_exercises.tasks
    assert which.classes == ("lunge", "squat") and form.classes == ("right", "wrong")
    assert which.labels.tolist() == [1, 1, 0, 0] * 3 and form.labels.tolist() == [0, 1] * 6
    assert form.given[:, 1:].argmax(axis=1).tolist() == which.labels.tolist()
    lengths = [[len(take) / tasks.FPS] for take in of_exercises.takes.takes]
    np.testing.assert_allclose(which.given, lengths)


def test_lifters_subjects_and_clips_without_a_kind_are_left_out(clips) -> None:
    _, of_kinds = clips
    assert set(of_kinds.subjects) == {"39", "16"} and len(of_kinds.takes.takes) == 4
    assert of_kinds.tasks[0].given.shape == (4, 0)


def test_long_clips_are_cut_into_pieces_and_short_rests_are_dropped() -> None:
    take = Take("1", "walk", "", walking(25 * 62))
    cut = list(tasks.pieces(take))
    assert len(cut) == tasks.PIECES and {len(piece) for piece in cut} == {50}
    rest = list(tasks.pieces(replace(take, joints=take.joints[:74])))
    assert [len(piece) for piece in rest] == [50]
    assert not list(tasks.pieces(replace(take, joints=take.joints[:24])))


# Inputs


@pytest.mark.parametrize("seed", range(3))
def test_body_axes_do_not_depend_on_camera_place_or_size(seed) -> None:
    turn = Rotation.random(rng=np.random.default_rng(seed)).as_matrix()
    joints = moving(1).astype(np.float64)
    moved = 1.3 * joints @ turn.T + [1.0, 2.0, 5.0]
    np.testing.assert_allclose(inputs.in_body_axes(moved), inputs.in_body_axes(joints), atol=1e-9)


def test_clips_of_any_length_keep_their_ends() -> None:
    for frames in (1, 2, 47, 90):
        values = np.random.default_rng(0).normal(size=(frames, 17, 3))
        found = inputs.to_frames(values)
        assert found.shape == (inputs.FRAMES, 51)
        np.testing.assert_allclose(found[[0, -1]], values[[0, -1]].reshape(2, 51), rtol=1e-6)


def test_a_share_of_the_error_is_that_share(clips, tmp_path) -> None:
    seen = inputs.see(clips[1])
    poses = inputs.lift_all(seen, Lifter.load(str(untrained_lifter(tmp_path / "a.pth"))))
    whole, half = (
        inputs.of_poses(seen, inputs.nearer(seen, poses, share)).errors for share in (1.0, 0.5)
    )
    np.testing.assert_allclose(half[:, 0], whole[:, 0] / 2)
    assert inputs.of_poses(seen, inputs.nearer(seen, poses, 0.0)).errors.max() < 1e-6


def test_features_are_those_of_the_global_module(clips, tmp_path) -> None:
    lifter = Lifter.load(str(untrained_lifter(tmp_path / "a.pth")))
    pooled = inputs.PooledFeatures(lifter.network)
    one = inputs.see(clips[1]).views[0]
    frames = np.concatenate([one.keypoints, one.scores[..., None]], axis=-1)[None, :9]
    window = torch.from_numpy(network_input(lifter.card, frames, one.image_size))
    with torch.inference_mode():
        features = lifter.network.global_features(window)  # (1, C, V, T)
        found = pooled.sequence(window).sequence[0, :, 0]
    torch.testing.assert_close(found[:, :8], features[0].mean(dim=1).T)
    torch.testing.assert_close(found[:, 8:], features[0].amax(dim=1).T)


# Lifters


def test_small_lifters_learn_from_their_subjects_alone(packs, tmp_path) -> None:
    written = lifters.write_packs(packs, tmp_path / "packs")
    takes = read_packs(written, "train").takes
    assert {(take.pack, take.subject) for take in takes} == {
        (tasks.UIPRMD, "1"), (tasks.CMU, "5"),
    }  # fmt: skip


@pytest.mark.parametrize("row", lifters.SMALL.variants)
def test_recipes_of_the_small_lifters_are_sound(row) -> None:
    read_recipe("mocap_27", [*lifters.SMALL.common, *lifters.SMALL.variants[row].overrides])


# Answers


def answers(right: list[list[int]], labels: list[int]) -> Answers:
    count = len(labels)
    people = np.array(["1"] * (count // 2) + ["2"] * (count - count // 2))
    return Answers(np.array(right, bool), np.array(labels), np.arange(count), people)


def test_classes_count_equally_however_many_clips_they_have() -> None:
    found = answers([[1, 1, 1, 0], [1, 1, 1, 1], [1, 1, 1, 0]], [0, 0, 0, 1])
    np.testing.assert_allclose(found.by_seed, [50, 100, 50])
    estimate = accuracy(found)
    # Student's t of two degrees of freedom at 97.5 %: 4.303.
    half = 4.303 * np.std([50, 100, 50], ddof=1) / 3**0.5
    assert estimate.value == pytest.approx(200 / 3)
    assert estimate.high - estimate.value == pytest.approx(half, rel=1e-3)
    assert found.of(("1",)).by_seed.tolist() == [100, 100, 100]


def test_a_gain_is_the_difference_and_has_an_interval_about_it() -> None:
    labels = [0, 1] * 50
    rng = np.random.default_rng(1)
    better, worse = (answers(rng.random((3, 100)) < share, labels) for share in (0.9, 0.5))
    found = gain(better, worse)
    difference = better.by_seed.mean() - worse.by_seed.mean()
    assert found.value == pytest.approx(difference)
    assert 0 < found.low < found.value < found.high
    same = gain(better, better)
    assert (same.value, same.low, same.high) == (0, 0, 0)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classifiers_tell_a_slow_from_a_quick_movement(name) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 120)
    time = np.linspace(0, 2 * np.pi, inputs.FRAMES)
    motion = np.sin((1 + 2 * labels[:, None]) * time + rng.uniform(0, 6, (120, 1)))[..., None]
    motion = (motion + rng.normal(0, 0.1, (*motion.shape[:2], 4))).astype(np.float32)
    nothing = np.zeros((120, 0), np.float32)
    found = CLASSIFIERS[name](
        motion[:80], labels[:80], motion[80:], (nothing[:80], nothing[80:]), 2, 0
    )
    assert (found == labels[80:]).mean() > 0.9


def test_nobody_is_tested_who_was_learned_from(clips, monkeypatch) -> None:
    seen = inputs.see(clips[0])
    people = seen.of_views(clips[0].subjects)
    motion = np.array([int(subject) for subject in people], np.float32)[:, None, None]

    def classify(known, labels, asked, constants, classes, seed):
        assert not set(known.ravel()) & set(asked.ravel())
        assert len(known) + len(asked) == len(people) and len(constants[1]) == len(asked)
        return np.zeros(len(asked), int)

    monkeypatch.setattr(recognition, "CLASSIFIERS", {"all the same": classify})
    found = recognition.answer(clips[0].tasks[0], seen, motion, "all the same")
    assert found.by_seed.tolist() == [50, 50, 50]
    assert set(found.subjects) == {"7", "8"}


def test_the_command_prints_tables_and_does_nothing_twice(packs, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tasks, "FOLDS", FOLDS)
    monkeypatch.setattr(tasks, "UNSEEN", {tasks.UIPRMD: ("8",), tasks.CMU: ("39",)})
    monkeypatch.setattr(downstream, "SMALL", replace(lifters.SMALL, variants={}))
    monkeypatch.setattr(classifiers, "TREES", 5)
    monkeypatch.setattr(classifiers, "EPOCHS", 1)
    small = Lifter.load(str(untrained_lifter(tmp_path / "a.pth")))
    monkeypatch.setattr(downstream, "lifter_of", lambda *_: small)
    plot = tmp_path / "plot.svg"
    command = ["--data-dir", str(packs), "-o", str(tmp_path / "out"), "--plot", str(plot)]
    first = CliRunner().invoke(downstream.main, command, catch_exceptions=False)
    assert first.exit_code == 0 and plot.read_text(encoding="utf-8").startswith("<?xml")

    def fail(*_: object) -> None:
        raise AssertionError("asked again")

    monkeypatch.setattr(downstream, "answer", fail)
    again = CliRunner().invoke(downstream.main, command, catch_exceptions=False)
    assert again.stdout == first.stdout
    for task in (tasks.EXERCISE, tasks.FORM, tasks.KIND):
        assert f"{task}\n\n| input |" in first.stdout
