from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.contacts import ANKLE_HEIGHT, ANKLES
from glagcn_cli.scene.floor_height import floor_height
from glagcn_cli.scene.gravity import CAMERA_UP, standing_up
from glagcn_cli.scene.placing import scene_axes, to_scene
from glagcn_cli.scene.supports import CLEARANCE
from glagcn_cli.skeleton import H36M17
from tests.helpers.filmed_figure import (
    ANY_CAMERA,
    CAMERAS,
    FPS,
    SIZE,
    Camera,
    degrees_between,
    lifted,
    lying,
    walk,
)
from tests.helpers.moving_figure import Figure


@ANY_CAMERA
@pytest.mark.parametrize("heading", [0, 90, 140])
def test_the_path_on_the_floor_has_its_length_and_direction(camera: Camera, heading) -> None:
    joints = walk(heading)
    path = lifted(camera, joints)[:, 0, ::2]
    expected = joints[:, 0, ::2]
    moved, true = path[-1] - path[0], expected[-1] - expected[0]
    assert np.linalg.norm(moved - true) < 0.06 * np.linalg.norm(true)
    error = (path - path.mean(axis=0)) - (expected - expected.mean(axis=0))
    assert np.linalg.norm(error, axis=1).max() < 0.15


@ANY_CAMERA
def test_feet_stand_on_the_floor(camera: Camera) -> None:
    joints = lifted(camera, walk(90, 300))
    lowest = joints[:, ANKLES, 1].min(axis=1)
    assert lowest.min() == pytest.approx(ANKLE_HEIGHT, abs=0.03)
    steps = [lowest[i : i + FPS].min() for i in range(0, 250, 10)]
    np.testing.assert_allclose(steps, ANKLE_HEIGHT, atol=0.04)


@ANY_CAMERA
def test_axes_are_y_up_x_to_the_right_and_right_handed(camera: Camera) -> None:
    axes = scene_axes(camera.up)
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1)
    np.testing.assert_allclose(axes @ camera.up, [0, 1, 0], atol=1e-12)
    assert (axes @ [1, 0, 0])[0] > 0.98, "the picture's right is x"
    assert (axes @ [0, 0, -1])[2] > 0.9, "towards the camera is z"
    level = Rotation.from_euler("y", 0).as_matrix()
    if camera.roll == 0:  # then the scene is the world itself, which these cameras do not turn in
        np.testing.assert_allclose(axes @ camera.rotation, level, atol=1e-9)


@pytest.mark.parametrize("down", [86, 89.9, 90, -86, -89.9, -90])
def test_axes_of_a_camera_that_looks_straight_down_or_up_are_the_worlds(down: float) -> None:
    """Pitching alone turns a camera neither to the left nor to the right."""
    camera = Camera(down=down)
    np.testing.assert_allclose(scene_axes(camera.up) @ camera.rotation, np.eye(3), atol=1e-9)


@pytest.mark.parametrize("heading, direction", [(90, (1, 0)), (270, (-1, 0)), (0, (0, 1))])
def test_who_walks_to_the_right_moves_along_x_and_who_comes_near_along_z(
    heading, direction
) -> None:
    joints = lifted(Camera(down=12), walk(heading))
    moved = joints[-1, 0, ::2] - joints[0, 0, ::2]
    np.testing.assert_allclose(moved / np.linalg.norm(moved), direction, atol=0.05)
    left, right = H36M17.indices(["left_shoulder", "right_shoulder"])
    across = (joints[:, left] - joints[:, right]).mean(axis=0)
    forward = np.array([direction[0], 0, direction[1]])
    assert np.cross([0, 1, 0], forward) @ across > 0.3, "left is on the left of the way"
    assert (joints[:, H36M17.index("head"), 1] > joints[:, 0, 1] + 0.4).all()


def joint_angles(joints: NDArray) -> NDArray[np.float64]:
    """Cosines between all pairs of bones, (frames, bones, bones)."""
    bones = np.stack([joints[:, child] - joints[:, parent] for parent, child in
                      H36M17.bone_indices], axis=1)  # fmt: skip
    bones = bones / np.linalg.norm(bones, axis=-1, keepdims=True)
    return bones @ bones.swapaxes(1, 2)


@ANY_CAMERA
def test_moving_the_camera_does_not_change_joint_angles(camera: Camera) -> None:
    joints = walk(120)
    scene = lifted(replace(camera, yaw=25), joints, cutoff=0, foot_lock=False)
    np.testing.assert_allclose(joint_angles(scene), joint_angles(joints), atol=1e-4)
    bones = np.linalg.norm(scene[:, 1:] - scene[:, list(H36M17.parents[1:])], axis=-1)
    expected = np.linalg.norm(joints[:, 1:] - joints[:, list(H36M17.parents[1:])], axis=-1)
    np.testing.assert_allclose(bones, expected, atol=1e-4)


def jump(height: float = 0.4, seconds: float = 0.6, frames: int = 200) -> NDArray:
    """Stand, jump once in the middle of the clip, stand."""
    t = (np.arange(frames) - frames / 2) / FPS / seconds
    arc = height * np.clip(1 - 4 * t**2, 0, None)
    path = np.stack([0 * arc, 0.83 + ANKLE_HEIGHT + 0.01 + arc, 0 * arc], axis=1)
    joints = Figure(frames, knee=2.0, elbow=10.0, path=path).joints
    joints[..., 1] -= joints[:, ANKLES, 1].min() - ANKLE_HEIGHT
    return joints


@pytest.mark.parametrize("camera", [CAMERAS["level"], CAMERAS["rolled"]])
def test_a_jump_stays_a_jump(camera: Camera) -> None:
    joints = lifted(camera, jump())
    rise = joints[:, 0, 1] - np.median(joints[:, 0, 1])
    assert rise.max() == pytest.approx(0.4, abs=0.05)
    assert abs(int(rise.argmax()) - 100) <= 2
    np.testing.assert_allclose(joints[:70, ANKLES, 1], ANKLE_HEIGHT, atol=0.03)


def test_people_far_apart_keep_their_distance() -> None:
    camera = CAMERAS["12 degrees down"]
    near, far = walk(90, start=(-1.5, 0, 1)), walk(270, start=(1.5, 0, -3))
    scene = to_scene(
        [camera.film(near), camera.film(far, person=2)], SIZE, SceneChoices(camera.fov)
    )
    assert [sequence.person for sequence in scene] == [1, 2]
    apart = scene[1].joints[:, 0] - scene[0].joints[:, 0]
    np.testing.assert_allclose(apart, far[:, 0] - near[:, 0], atol=0.25)
    assert np.abs((apart - (far[:, 0] - near[:, 0])).mean(axis=0)).max() < 0.1


def test_people_who_were_lifted_leaning_by_different_angles_stand_alike() -> None:
    camera = CAMERAS["level"]
    people = [camera.film(walk(90)), camera.film(walk(270, start=(1, 0, -2)), person=2)]
    tipped = []
    for person, degrees in zip(people, (12.0, -5.0), strict=True):
        lean = Rotation.from_euler("x", degrees, degrees=True).as_matrix().astype(np.float32)
        tipped.append(replace(person, joints=person.joints @ lean.T))
    for scene in to_scene(tipped, SIZE, SceneChoices(camera.fov)):
        ankles = scene.joints[:, H36M17.indices(["left_ankle", "right_ankle"])].mean(axis=1)
        body = (scene.joints[:, H36M17.index("thorax")] - ankles).mean(axis=0)
        assert degrees_between(body / np.linalg.norm(body), np.array([0.0, 1.0, 0.0])) < 2


def test_the_middle_of_the_people_is_the_origin() -> None:
    joints = lifted(Camera(down=12), walk(60, start=(1, 0, -2)))
    np.testing.assert_allclose(np.median(joints[:, 0, ::2], axis=0), 0, atol=1e-5)


def test_nobody_is_no_error() -> None:
    assert to_scene([], SIZE, SceneChoices()) == []
    absent = Camera().film(walk(), valid=np.zeros(150, bool))
    (scene,) = to_scene([absent], SIZE, SceneChoices())
    assert scene.frame == "scene" and not scene.valid.any()


def test_one_who_is_absent_beside_one_who_is_there() -> None:
    absent = Camera().film(walk(), valid=np.zeros(150, bool), person=2)
    alone = lifted(Camera(), walk())
    scene = to_scene([Camera().film(walk()), absent], SIZE, SceneChoices())
    np.testing.assert_allclose(scene[0].joints, alone, atol=1e-6)
    assert np.isfinite(scene[1].joints).all()


@ANY_CAMERA
def test_a_single_frame(camera: Camera) -> None:
    joints = walk()[30:31]
    scene = lifted(camera, joints)
    assert scene[0, ANKLES, 1].min() == pytest.approx(ANKLE_HEIGHT, abs=1e-4)
    assert (scene[0, H36M17.index("head")] - scene[0, 0])[1] > 0.4


@pytest.mark.parametrize("frames", [2, 3, 7])
def test_a_few_frames(frames: int) -> None:
    scene = lifted(Camera(down=12), walk()[:frames])
    np.testing.assert_allclose(
        np.diff(scene[:, 0], axis=0), np.diff(walk()[:frames, 0], axis=0), atol=0.02
    )
    assert scene[:, ANKLES, 1].min() == pytest.approx(ANKLE_HEIGHT, abs=0.02)


def test_frames_without_a_pose_disturb_no_one() -> None:
    """What stands in frames that are not valid must not reach the others."""
    valid = np.ones(150, bool)
    valid[60:90] = False
    film = Camera(down=12).film(walk(), valid)
    film.scores[~valid] = 0
    calm = to_scene([film], SIZE, SceneChoices())[0].joints[valid]
    film.joints[~valid] = 7.0
    film.keypoints[~valid] = -1e4
    np.testing.assert_array_equal(to_scene([film], SIZE, SceneChoices())[0].joints[valid], calm)


def test_who_lies_is_taken_for_lying_not_for_a_tilted_camera() -> None:
    camera = Camera(down=4)
    np.testing.assert_array_equal(standing_up([camera.film(lying())]), CAMERA_UP)
    joints = lifted(camera, lying())
    assert np.ptp(joints[0, :, 1]) < 0.6, "still flat"
    assert joints[..., 1].min() > -0.01


def test_who_stands_on_his_hands_does_not_sink_into_the_floor() -> None:
    head_down = Figure(150, knee=2.0, path=(0, 0, 0)).joints * [1, -1, -1] + [0, 1.2, 0]
    joints = lifted(Camera(down=5), head_down)
    lowest = joints[..., 1].min()
    assert lowest == pytest.approx(CLEARANCE[H36M17.index("head")], abs=0.02)


def test_the_floor_follows_a_drift_but_not_a_stride() -> None:
    joints = walk(90, 300)
    drift = np.linspace(0, 0.5, 300)[:, None]
    drifting = joints.copy()
    drifting[..., 1] += drift
    floor = floor_height(drifting, Camera().film(joints))
    np.testing.assert_allclose(floor[50:-50], drift[50:-50, 0], atol=0.12)
    np.testing.assert_allclose(floor_height(joints, Camera().film(joints)), 0, atol=0.03)


def test_all_joints_in_one_pixel_is_no_error() -> None:
    film = Camera().film(walk())
    film.keypoints[:] = 500.0
    with np.errstate(all="raise"):
        (scene,) = to_scene([film], SIZE, SceneChoices())
    assert np.isfinite(scene.joints).all()


@pytest.mark.parametrize("cutoff", [0.0, 7.0])
def test_the_cutoff_decides_whether_paths_are_smoothed(cutoff: float) -> None:
    film = Camera().film(walk())
    film.joints[:, 13] += np.random.default_rng(3).normal(0, 0.05, (150, 3)).astype(np.float32)
    (scene,) = to_scene([film], SIZE, SceneChoices(cutoff=cutoff))
    wrist = scene.joints[:, 13] - scene.joints[:, 0]
    shake = np.abs(np.diff(wrist, n=2, axis=0)).mean()
    assert shake > 0.05 if cutoff == 0 else shake < 0.01


def test_uncertainty_goes_through_as_it_is() -> None:
    film = Camera().film(walk())
    unsure = np.random.default_rng(0).uniform(0.02, 0.3, (150, 17)).astype(np.float32)
    (scene,) = to_scene([replace(film, uncertainty=unsure)], SIZE, SceneChoices())
    np.testing.assert_array_equal(scene.uncertainty, unsure)
    assert to_scene([film], SIZE, SceneChoices())[0].uncertainty is None


@pytest.mark.parametrize("told", [False, True])
def test_bones_have_one_length_in_the_end(told: bool) -> None:
    rng = np.random.default_rng(2)
    film = CAMERAS["12 degrees down"].film(walk())
    unsure = rng.uniform(0.01, 0.2, (150, 17)).astype(np.float32)
    joints = film.joints + rng.normal(0, 0.05, film.joints.shape).astype(np.float32)
    noisy = replace(film, joints=joints, uncertainty=unsure if told else None)
    (scene,) = to_scene([noisy], SIZE, SceneChoices())
    parents, children = np.array(H36M17.bone_indices).T
    lengths = np.linalg.norm(scene.joints[:, children] - scene.joints[:, parents], axis=-1)
    assert (lengths.std(axis=0) / lengths.mean(axis=0)).max() < 1e-4


def test_a_leg_that_is_hidden_and_known_to_be_leaves_the_rest_where_it_is() -> None:
    film = Camera().film(walk())
    hidden = H36M17.indices(["left_knee", "left_ankle"])
    rest = [joint for joint in range(17) if joint not in hidden]
    joints, unsure = film.joints.copy(), np.full((150, 17), 0.02, np.float32)
    joints[:, hidden] = film.joints[:, hidden] * 0.3  # drawn up to the hip
    unsure[:, hidden] = 0.4
    (clean,) = to_scene([film], SIZE, SceneChoices())
    (scene,) = to_scene([replace(film, joints=joints, uncertainty=unsure)], SIZE, SceneChoices())
    offset = [s.joints[:, rest] - s.joints[:, :1] for s in (scene, clean)]
    assert np.linalg.norm(offset[0] - offset[1], axis=-1).max() < 0.02
