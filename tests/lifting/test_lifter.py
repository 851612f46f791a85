from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from glagcn_cli.camera import focal_length, pixel_rays, ray_rotations
from glagcn_cli.lifting import windows as window_lifting
from glagcn_cli.lifting.checkpoints import DEFAULT_LIFTER, LifterCard, save_lifter
from glagcn_cli.lifting.lifter import MAX_GAP, MIN_SCORE, Lifter
from glagcn_cli.lifting.normalisation import IMAGE, PERSON, normalise_windows
from glagcn_cli.lifting.windows import CENTRE, HOPS_PER_WINDOW, SEQUENCE
from glagcn_cli.model.architecture import Architecture
from glagcn_cli.model.gla_gcn import build_lifter
from glagcn_cli.poses import Keypoints2D
from glagcn_cli.skeleton import AS_GIVEN, COCO17, CONVERSION, H36M17, MPI_INF_3DHP17
from tests.helpers.moving_figure import walking

torch.set_num_threads(1)

SIZE = (1280, 720)
WINDOW = 27
MIRROR = list(H36M17.mirror)


def in_camera(frames: int, fps: Fraction | float = 50) -> NDArray[np.float64]:
    """A walk past a camera 5 m away: (frames, 17, 3) metres, camera frame."""
    joints = walking(frames, float(fps)).joints @ np.array([[0, 0, -1], [0, 1, 0], [1, 0, 0.0]])
    return joints * [1, -1, -1] + [joints[frames // 2, 0, 0] * -1, 1.0, 5.0]


def clip(frames: int, fps: Fraction | float = 50) -> NDArray[np.float64]:
    """The walk in the picture: (frames, 17, 2) pixels, lifter joints."""
    joints = in_camera(frames, fps)
    return joints[..., :2] / joints[..., 2:] * 900 + [639.5, 359.5]


def person(points: NDArray, fps: Fraction | float = 50, **fields) -> Keypoints2D:
    frames = len(points)
    seen = Keypoints2D(
        points.astype(np.float32),
        np.ones((frames, 17), np.float32),
        np.ones(frames, bool),
        Fraction(fps),
        SIZE,
        H36M17,
    )
    return replace(seen, **fields)


def lifter(normalisation: str = PERSON, variant: str = "paper", window: int = WINDOW) -> Lifter:
    """An untrained network whose every part counts and whose output is of a body's size."""
    torch.manual_seed(3)
    architecture = Architecture(variant, window=window, channels=8, global_blocks=2, dropout=0)
    network = build_lifter(architecture)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
            module.momentum = None  # the mean over all it has seen
    walk = clip(6 * window)
    windows = np.stack([walk[i * window : (i + 1) * window] for i in range(6)])
    network.train()
    with torch.no_grad():
        network(torch.from_numpy(normalise_windows(windows, normalisation, SIZE)))
    return Lifter(network.eval(), LifterCard(architecture, normalisation))


@lru_cache
def trained(normalisation: str) -> Lifter:
    """A small network that learnt to lift walking in a second or two; millimetres do not matter."""
    torch.manual_seed(4)
    architecture = Architecture(window=WINDOW, channels=16, global_blocks=2, dropout=0)
    network = build_lifter(architecture).train()
    points, joints = clip(400, 53.9), in_camera(400, 53.9)
    targets = joints - joints[:, :1]
    if normalisation == PERSON:
        targets = np.einsum("tij,tvj->tvi", ray_rotations(joints[:, 0]), targets)
    starts = np.random.default_rng(5).integers(0, 400 - WINDOW, (120, 16))
    optimiser = torch.optim.Adam(network.parameters(), 0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, len(starts))
    for batch in starts:
        index = batch[:, None] + np.arange(WINDOW)
        x = torch.from_numpy(normalise_windows(points[index], normalisation, SIZE))
        y = torch.from_numpy(targets[index].astype(np.float32))
        said = network(x)
        loss = (said.sequence - y).norm(dim=-1).mean() / 2
        loss = loss + (said.centre - y[:, WINDOW // 2]).norm(dim=-1).mean() / 2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    assert loss < 0.1
    return Lifter(network.eval(), LifterCard(architecture, normalisation))


LIFTER = lifter()


def mirrored_2d(points: NDArray, width: float) -> NDArray:
    return points[:, MIRROR] * [-1, 1] + [width, 0]


def mirrored_3d(joints: NDArray) -> NDArray:
    return joints[:, MIRROR] * [-1, 1, 1]


@pytest.mark.parametrize("frames", [1, 2, 13, 26, 27, 28, 500])
@pytest.mark.parametrize(
    "normalisation, variant", [(PERSON, "paper"), (IMAGE, "paper"), (PERSON, "released")]
)
def test_a_clip_of_any_length_has_a_pose_for_every_frame(frames, normalisation, variant) -> None:
    poses = lifter(normalisation, variant, window=9 if variant == "released" else 27).lift(
        person(clip(frames))
    )
    assert poses.joints.shape == (frames, 17, 3) and poses.valid.all()
    assert not poses.joints[:, 0].any(), "relative to the root"
    assert poses.joints[:, 1:].std() > 0.01
    assert (poses.frame, poses.joint_set, poses.joints.dtype) == ("camera", H36M17, np.float32)


@pytest.mark.parametrize("fps", [Fraction(24000, 1001), 25, 30, 50, Fraction(60000, 1001), 120])
@pytest.mark.parametrize("frames", [1, 2, 47, 200])
def test_every_rate_has_one_pose_a_frame(fps, frames: int) -> None:
    poses = LIFTER.lift(person(clip(frames, fps), fps))
    assert len(poses) == frames and poses.fps == Fraction(fps) and poses.valid.all()


def test_at_the_lifters_own_rate_nothing_is_resampled() -> None:
    steady = LIFTER.lift_steady(clip(90).astype(np.float32), SIZE, branch=CENTRE).joints
    np.testing.assert_allclose(LIFTER.lift(person(clip(90))).joints, steady, atol=1e-5)


@pytest.mark.parametrize("fps", [25, 50, 120])
@pytest.mark.parametrize("normalisation", [PERSON, IMAGE])
def test_a_trained_lifter_gives_the_walk_back(normalisation: str, fps: int) -> None:
    """In the camera frame, whatever the axes the network was trained in."""
    fov = float(np.degrees(2 * np.arctan(640 / 900)))
    joints = in_camera(3 * fps, fps)
    lifted = trained(normalisation).lift(person(clip(3 * fps, fps), fps), fov=fov).joints
    errors = np.linalg.norm(lifted - (joints - joints[:, :1]), axis=-1)
    assert errors.mean() < 0.08
    backwards = np.linalg.norm(lifted[::-1] - (joints - joints[:, :1]), axis=-1)
    assert errors.mean() < 0.6 * backwards.mean()


@pytest.mark.parametrize("fps, step", [(25, 2), (10, 5)])
def test_the_same_motion_at_another_rate_gives_the_same_poses(fps: int, step: int) -> None:
    """Frame i is at i / fps seconds on both sides; a lag of a frame would show."""
    whole = LIFTER.lift(person(clip(301))).joints
    sparse = LIFTER.lift(person(clip(301)[::step], fps)).joints
    error = np.abs(sparse - whole[::step]).mean()
    lagging = np.abs(sparse[1:] - whole[:-1:step]).mean()
    assert error < 0.25 * lagging


def test_frames_of_120_a_second_are_in_time_too() -> None:
    fast = LIFTER.lift(person(clip(601, 120), 120)).joints[::12]
    slow = LIFTER.lift(person(clip(251, 50), 50)).joints[::5]
    moved = np.abs(np.diff(slow, axis=0)).mean() / 5  # in a frame of 50 a second
    assert np.abs(fast - slow).mean() < 0.3 * moved


def unevenness(joints: NDArray, period: int) -> float:
    """Mean acceleration at the worst place within a period, against the usual place."""
    acceleration = np.linalg.norm(np.diff(joints, n=2, axis=0), axis=-1).mean(axis=1)
    inside = acceleration[2 * WINDOW : -2 * WINDOW]
    whole = inside[: len(inside) // period * period].reshape(-1, period).mean(axis=0)
    return float(whole.max() / np.median(whole))


@pytest.mark.parametrize("normalisation", [PERSON, IMAGE])
def test_no_seams_where_windows_begin_and_end(normalisation: str) -> None:
    lifting = trained(normalisation)
    points = clip(1000, 47.3)  # no step of the walk is a multiple of a window
    blended = lifting.lift_steady(points, SIZE).joints
    hop = WINDOW // HOPS_PER_WINDOW
    assert unevenness(blended, hop) < 1.25
    assert unevenness(blended, WINDOW) < 1.25

    # The same network, window after window: the seams are plain to see.
    windows = points[: 1000 // WINDOW * WINDOW].reshape(-1, WINDOW, 17, 2)
    inputs = torch.from_numpy(normalise_windows(windows, normalisation, SIZE))
    with torch.no_grad():
        pieces = lifting.network.sequence(inputs).sequence.reshape(-1, 17, 3).double().numpy()
    assert unevenness(pieces - pieces[:, :1], WINDOW) > 3


def test_a_still_person_is_lifted_to_a_still_pose() -> None:
    still = np.repeat(clip(1), 100, axis=0)
    joints = trained(PERSON).lift_steady(still, SIZE).joints
    np.testing.assert_allclose(joints, np.broadcast_to(joints[:1], joints.shape), atol=0.01)


def test_a_window_is_weighed_by_its_middle() -> None:
    """The blend by hand: every window that holds a frame, by a sine to the fourth."""
    points = clip(40)
    padded = np.pad(points, ((13, 13), (0, 0), (0, 0)), mode="reflect")
    total, weights = np.zeros((66, 17, 3)), np.zeros(66)
    bump = np.sin(np.pi * (np.arange(27) + 0.5) / 27) ** 4
    for start in [0, 6, 12, 18, 24, 30, 36, 39]:
        inputs = normalise_windows(padded[None, start : start + 27], IMAGE, SIZE)
        with torch.no_grad():
            output = lifter(IMAGE).network.sequence(torch.from_numpy(inputs)).sequence[0].numpy()
        total[start : start + 27] += bump[:, None, None] * output
        weights[start : start + 27] += bump
    blend = (total / weights[:, None, None])[13:-13]
    expected = blend - blend[:, :1]
    np.testing.assert_allclose(lifter(IMAGE).lift_steady(points, SIZE).joints, expected, atol=1e-5)


def test_the_released_variant_gives_each_frame_its_own_window() -> None:
    released = lifter(IMAGE, "released", window=9)
    points = clip(30)
    windows = np.stack([points[i - 4 : i + 5] for i in range(4, 26)])
    with torch.no_grad():
        expected = released.network(
            torch.from_numpy(normalise_windows(windows, IMAGE, SIZE))
        ).centre
    expected = (expected - expected[:, :1]).numpy()
    np.testing.assert_allclose(released.lift_steady(points, SIZE).joints[4:26], expected, atol=1e-5)


def test_the_centre_branch_is_the_local_module_over_a_window_for_every_frame() -> None:
    both = lifter(IMAGE, window=9)
    points = clip(30)
    held = np.concatenate([[points[0]] * 4, points, [points[-1]] * 4])  # at the ends
    windows = np.stack([held[i : i + 9] for i in range(30)])
    with torch.no_grad():
        centre = both.network(torch.from_numpy(normalise_windows(windows, IMAGE, SIZE))).centre
    expected = (centre - centre[:, :1]).numpy()
    found = both.lift_steady(points, SIZE, branch=CENTRE).joints
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.abs(found - both.lift_steady(points, SIZE).joints).max() > 0.01


@pytest.mark.parametrize("weight, branch", [(0.0, SEQUENCE), (0.5, CENTRE), (None, CENTRE)])
def test_videos_are_lifted_by_a_branch_that_was_trained(weight, branch: str) -> None:
    one = lifter()
    one.card = replace(one.card, recipe={} if weight is None else {"loss": {"centre": weight}})
    walk = person(clip(40))
    np.testing.assert_array_equal(one.lift(walk).joints, one.lift(walk, branch=branch).joints)
    other = CENTRE if branch == SEQUENCE else SEQUENCE
    assert np.abs(one.lift(walk).joints - one.lift(walk, branch=other).joints).max() > 1e-3


def test_other_joint_sets_are_relative_to_their_own_root() -> None:
    architecture = Architecture(
        window=9, channels=8, global_blocks=1, joint_set=MPI_INF_3DHP17.name
    )
    network = build_lifter(architecture).eval()
    joints = Lifter(network, LifterCard(architecture, IMAGE)).lift_steady(clip(20), SIZE).joints
    assert (joints[:, MPI_INF_3DHP17.root] == 0).all() and MPI_INF_3DHP17.root != 0
    assert np.abs(joints[:, 0]).max() > 0


def test_person_normalisation_is_about_the_joint_sets_own_root(monkeypatch) -> None:
    architecture = Architecture(
        window=9, channels=8, global_blocks=1, joint_set=MPI_INF_3DHP17.name
    )
    person_lifter = Lifter(build_lifter(architecture), LifterCard(architecture, PERSON))
    given = []
    run = window_lifting.predict_windows

    def watched(network, x, **rest):
        given.append(x)
        return run(network, x, **rest)

    monkeypatch.setattr(window_lifting, "predict_windows", watched)
    person_lifter.lift_steady(clip(9), SIZE)
    middle = normalise_windows(clip(9)[None], PERSON, SIZE, MPI_INF_3DHP17.root)[0]
    assert any(np.allclose(window, middle, atol=1e-6) for window in given[0])


def test_a_lifter_of_a_data_sets_own_2d_is_taken_with_a_warning(tmp_path, caplog) -> None:
    for conversion, warned in ((CONVERSION, False), (AS_GIVEN, True)):
        caplog.clear()
        path = tmp_path / f"{conversion}.pth"
        save_lifter(path, LIFTER.network, replace(LIFTER.card, conversion=conversion))
        Lifter.load(str(path))
        assert ("its data set's own 2D joints" in caplog.text) == warned


def test_more_windows_than_a_batch_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = LIFTER.lift_steady(clip(200), SIZE).joints
    monkeypatch.setattr("glagcn_cli.lifting.windows.FRAMES_AT_ONCE", 3 * 27)
    np.testing.assert_allclose(LIFTER.lift_steady(clip(200), SIZE).joints, whole, atol=1e-5)


@pytest.mark.parametrize("variant", ["paper", "released"])
@pytest.mark.parametrize("normalisation, width", [(PERSON, 1279), (IMAGE, 1280)])
def test_flip_averaging_by_hand_and_mirror_images(normalisation, width, variant) -> None:
    """`IMAGE` mirrors about the picture's middle, `PERSON` about the middle pixel centre."""
    lifting = lifter(normalisation, variant, window=9)
    points = clip(50)
    plain = lifting.lift_steady(points, SIZE).joints
    other = lifting.lift_steady(mirrored_2d(points, width), SIZE).joints
    flipped = lifting.lift_steady(points, SIZE, flip=True).joints
    np.testing.assert_allclose(flipped, (plain + mirrored_3d(other)) / 2, atol=1e-5)
    of_mirror = lifting.lift_steady(mirrored_2d(points, width), SIZE, flip=True).joints
    np.testing.assert_allclose(of_mirror, mirrored_3d(flipped), atol=1e-5)
    assert np.abs(plain - mirrored_3d(other)).max() > 0.01, "the network itself is not symmetric"


def in_ray_frame(joints: NDArray, points: NDArray, fov: float = 60.0) -> NDArray:
    rays = pixel_rays(points[:, 0], SIZE, focal_length(SIZE, fov))
    return np.einsum("tij,tvj->tvi", ray_rotations(rays), joints)


def test_place_and_size_in_the_picture_change_nothing_but_the_view() -> None:
    points = clip(60)
    moved = (points - points.mean(axis=(0, 1))) * 1.7 + [300, 200]
    here, there = LIFTER.lift_steady(points, SIZE).joints, LIFTER.lift_steady(moved, SIZE).joints
    np.testing.assert_allclose(in_ray_frame(there, moved), in_ray_frame(here, points), atol=1e-4)
    assert np.abs(here - there).max() > 0.01


def test_the_field_of_view_turns_poses_about_the_root_and_changes_no_angle() -> None:
    points = clip(60)
    narrow, wide = (LIFTER.lift_steady(points, SIZE, fov=fov).joints for fov in (30, 90))
    np.testing.assert_allclose(
        np.linalg.norm(narrow, axis=-1), np.linalg.norm(wide, axis=-1), atol=1e-5
    )
    np.testing.assert_allclose(
        in_ray_frame(narrow, points, 30), in_ray_frame(wide, points, 90), atol=1e-5
    )


def test_with_image_normalisation_the_field_of_view_does_not_matter() -> None:
    lifting = lifter(IMAGE)
    np.testing.assert_array_equal(
        lifting.lift_steady(clip(30), SIZE, fov=30).joints,
        lifting.lift_steady(clip(30), SIZE, fov=90).joints,
    )


def with_gap(points: NDArray, gap: slice) -> Keypoints2D:
    valid = np.ones(len(points), bool)
    valid[gap] = False
    return person(
        np.where(valid[:, None, None], points, 0),
        valid=valid,
        scores=np.repeat(valid[:, None], 17, axis=1).astype(np.float32),
    )


def test_a_short_gap_is_lifted_from_interpolated_joints() -> None:
    points = clip(120)
    length = int(MAX_GAP * 50)
    straight = points.copy()
    ends = points[[49, 50 + length]]
    share = np.arange(1, length + 1)[:, None, None] / (length + 1)
    straight[50 : 50 + length] = ends[0] + share * (ends[1] - ends[0])
    poses = LIFTER.lift(with_gap(points, slice(50, 50 + length)))
    assert poses.valid.all()
    np.testing.assert_allclose(poses.keypoints, straight, atol=1e-3)
    np.testing.assert_allclose(poses.joints, LIFTER.lift(person(straight)).joints, atol=1e-4)
    assert not poses.scores[50 : 50 + length].any() and poses.scores[49].all()


def test_a_long_gap_has_no_poses() -> None:
    gap = slice(50, 51 + int(MAX_GAP * 50))
    poses = LIFTER.lift(with_gap(clip(120), gap))
    assert not poses.valid[gap].any() and poses.valid.sum() == 120 - (gap.stop - gap.start)


@pytest.mark.parametrize("max_gap, bridged", [(0.0, False), (0.19, False), (0.2, True)])
def test_the_longest_gap_is_a_choice_in_seconds(max_gap: float, bridged: bool) -> None:
    poses = LIFTER.lift(with_gap(clip(80), slice(30, 40)), max_gap=max_gap)
    assert poses.valid[30:40].all() == poses.valid[30:40].any() == bridged


@pytest.mark.parametrize("absent", [slice(0, 10), slice(70, 80)])
def test_before_and_after_a_person_is_seen_there_is_no_pose(absent: slice) -> None:
    poses = LIFTER.lift(with_gap(clip(80), absent), max_gap=10.0)
    assert not poses.valid[absent].any() and poses.valid.sum() == 70
    assert np.isfinite(poses.joints).all()


def test_one_valid_frame_among_many() -> None:
    seen = with_gap(clip(80), slice(0, 80))
    seen.valid[33] = True
    seen.keypoints[33], seen.scores[33] = clip(80)[33], 1
    poses = trained(PERSON).lift(seen)
    alone = trained(PERSON).lift(person(clip(80)[33:34]))
    assert poses.valid.sum() == 1 and poses.valid[33]
    np.testing.assert_allclose(poses.joints[33], alone.joints[0], atol=0.01)


def test_a_person_who_is_nowhere_valid_has_no_pose_and_no_numbers_that_are_none() -> None:
    poses = LIFTER.lift(with_gap(clip(40), slice(0, 40)))
    assert not poses.valid.any() and np.isfinite(poses.joints).all()


def test_a_joint_that_is_doubtful_for_a_moment_is_interpolated() -> None:
    points = clip(100)
    wrist = H36M17.index("left_wrist")
    seen = person(points)
    seen.keypoints[40:46, wrist] = [5, 5]
    seen.scores[40:46, wrist] = MIN_SCORE / 2
    lifted = LIFTER.lift(seen)
    expected = points[[39, 46], wrist][:, None]
    share = np.arange(1, 7)[:, None] / 7
    np.testing.assert_allclose(
        lifted.keypoints[40:46, wrist], expected[0] + share * (expected[1] - expected[0]), atol=1e-3
    )
    np.testing.assert_allclose(lifted.scores[40:46, wrist], MIN_SCORE / 2)
    others = [joint for joint in range(17) if joint != wrist]
    np.testing.assert_allclose(lifted.keypoints[:, others], points[:, others], atol=1e-3)


def test_a_detectors_joints_are_converted() -> None:
    """COCO's hips 40 pixels apart: the lifter's root is their middle, and its score the lower."""
    coco = np.random.default_rng(1).uniform(100, 600, (12, 17, 2))
    scores = np.linspace(0.4, 0.9, 17, dtype=np.float32) * np.ones((12, 1), np.float32)
    poses = LIFTER.lift(person(coco, joint_set=COCO17, scores=scores))
    left, right = COCO17.indices(["left_hip", "right_hip"])
    np.testing.assert_allclose(poses.keypoints[:, 0], coco[:, [left, right]].mean(1), atol=1e-3)
    np.testing.assert_allclose(poses.scores[:, 0], scores[:, left])


def test_who_it_is_and_the_rate_are_carried_along() -> None:
    poses = LIFTER.lift(person(clip(5, Fraction(30000, 1001)), Fraction(30000, 1001), person=4))
    assert poses.person == 4 and poses.fps == Fraction(30000, 1001)


@lru_cache
def all_told(fps: int = 25) -> Lifter:
    """An untrained network that reads scores and says all that networks can say."""
    torch.manual_seed(6)
    architecture = Architecture(
        window=WINDOW, channels=8, global_blocks=2, dropout=0, in_channels=3,
        uncertainty=True, gravity=True,
    )  # fmt: skip
    network = build_lifter(architecture)
    for name, parameter in network.named_parameters():
        if name.endswith(".bn.weight") or name.startswith(("error", "gravity")):
            nn.init.normal_(parameter)
    return Lifter(network, LifterCard(architecture, PERSON, fps=fps))


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("frames, fps", [(1, 30), (2, 50), (90, Fraction(30000, 1001)), (80, 10)])
def test_uncertainty_and_gravity_come_for_every_frame(frames: int, fps, flip: bool) -> None:
    poses = all_told().lift(person(clip(frames, fps), fps), flip=flip)
    assert poses.uncertainty.shape == (frames, 17) and (poses.uncertainty > 0).all()
    assert poses.up.shape == (frames, 3)
    np.testing.assert_allclose(np.linalg.norm(poses.up, axis=-1), 1, atol=1e-5)


def test_a_lifter_without_such_heads_says_nothing_of_them() -> None:
    poses = LIFTER.lift(person(clip(9)))
    assert poses.uncertainty is None and poses.up is None


def test_flip_mirrors_uncertainty_and_gravity_too() -> None:
    width = SIZE[0] - 1
    here = all_told(50).lift_steady(clip(40), SIZE, flip=True)
    there = all_told(50).lift_steady(mirrored_2d(clip(40), width), SIZE, flip=True)
    np.testing.assert_allclose(there.uncertainty[:, MIRROR], here.uncertainty, atol=1e-5)
    np.testing.assert_allclose(there.up * [-1, 1, 1], here.up, atol=1e-5)


def test_gravity_is_turned_from_the_ray_to_the_camera() -> None:
    """A picture moved aside shows the same to the network, from which the ray then differs."""
    points = np.repeat(clip(40)[:1], 40, axis=0)
    here = all_told(50).lift_steady(points, SIZE)
    moved = points + np.array([200.0, 50.0])
    aside = all_told(50).lift_steady(moved, SIZE)
    focal = focal_length(SIZE, 60.0)
    turn = [ray_rotations(pixel_rays(p[0, 0], SIZE, focal)) for p in (points, moved)]
    np.testing.assert_allclose(turn[0] @ here.up[0], turn[1] @ aside.up[0], atol=1e-5)
    assert np.abs(here.up[0] - aside.up[0]).max() > 0.01


def test_where_a_missing_joint_lies_changes_nothing() -> None:
    points, scores = clip(60), np.ones((60, 17), np.float32)
    scores[:, 6] = 0
    elsewhere = points.copy()
    elsewhere[:, 6] = 0
    here = all_told().lift(person(points, scores=scores))
    there = all_told().lift(person(elsewhere, scores=scores))
    np.testing.assert_allclose(here.joints, there.joints, atol=1e-6)
    assert np.abs(here.joints - all_told().lift(person(points)).joints).max() > 1e-3


def test_scores_reach_a_lifter_that_reads_them() -> None:
    doubtful = np.full((60, 17), 0.4, np.float32)
    sure, unsure = (all_told().lift(person(clip(60), scores=s)) for s in (doubtful * 2, doubtful))
    assert np.abs(sure.joints - unsure.joints).max() > 1e-3
    one, two = (LIFTER.lift(person(clip(60), scores=s)) for s in (doubtful * 2, doubtful))
    np.testing.assert_array_equal(one.joints, two.joints)


@pytest.mark.parametrize("fps", [10, 24, 25, Fraction(30000, 1001), 120, 240])
def test_a_clip_at_any_rate_gives_the_motion_of_its_50_frames_a_second(fps) -> None:
    """Within 10 mm, of a walk that takes two steps a second."""
    by_time = [
        (shipped().lift(person(clip(int(4 * rate), rate), rate)).joints, float(rate))
        for rate in (fps, 50)
    ]
    times = np.arange(0.5, 3.4, 0.1)
    at = [np.stack([joints[round(time * rate)] for time in times]) for joints, rate in by_time]
    whole = [np.abs(times * rate - np.round(times * rate)).max() for _, rate in by_time]
    assert np.linalg.norm(at[0] - at[1], axis=-1).mean() < 0.010 + 0.02 * max(whole)


@lru_cache
def shipped() -> Lifter:
    return Lifter.load(DEFAULT_LIFTER)


def test_in_half_precision_joints_hardly_move() -> None:
    walker = person(clip(60, 30), 30)
    half = Lifter.load(DEFAULT_LIFTER, precision=torch.bfloat16).lift(walker, flip=True)
    single = shipped().lift(walker, flip=True)
    off = np.linalg.norm(half.joints - single.joints, axis=-1)
    assert 0 < off.mean() < 0.003, "metres"
    assert half.joints.dtype == half.uncertainty.dtype == np.float32
    np.testing.assert_allclose(half.up, single.up, atol=0.02)


@pytest.mark.parametrize("frames", [1, 2, 3, 30, 31])
def test_a_window_for_every_second_frame_moves_the_others_by_the_sequence_branch(frames) -> None:
    every = lifter(IMAGE, window=9)
    videos = Lifter(every.network, replace(every.card, fps=25), per_second=12.5)
    points = clip(frames)
    exact = every.lift_steady(points, SIZE, branch=CENTRE).joints
    found = videos.lift_steady(points, SIZE, branch=CENTRE).joints
    with_windows = [*range(0, frames - 1, 2), frames - 1]
    np.testing.assert_allclose(found[with_windows], exact[with_windows], atol=1e-5)
    if frames < 5:
        return
    held = np.concatenate([[points[0]] * 4, points, [points[-1]] * 4])
    windows = np.stack([held[i : i + 9] for i in (2, 4)])
    with torch.no_grad():
        said = every.network(torch.from_numpy(normalise_windows(windows, IMAGE, SIZE)))
    steps = said.sequence[:, [5, 3]] - said.sequence[:, [4]]  # to frame 3, from both sides
    beside = (said.centre[0] + steps[0, 0] + said.centre[1] + steps[1, 1]) / 2
    np.testing.assert_allclose(found[3], (beside - beside[:1]).numpy(), atol=1e-5)


def test_a_lifter_without_sequence_branch_has_a_window_for_every_frame() -> None:
    released = lifter(IMAGE, "released", window=9)
    videos = Lifter(released.network, replace(released.card, fps=25), per_second=12.5)
    points = clip(30)
    expected = released.lift_steady(points, SIZE).joints
    np.testing.assert_array_equal(videos.lift_steady(points, SIZE).joints, expected)
