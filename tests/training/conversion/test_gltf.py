"""glTF files: interpolation, trees, scales, several animations, humanoids."""

from __future__ import annotations

import json
import logging
import struct
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation, Slerp

from glagcn_cli.errors import InputError
from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.skeleton import H36M17
from glagcn_training.conversion.clips import Reading
from glagcn_training.conversion.folder import read_folder
from glagcn_training.conversion.gltf import read_gltf
from glagcn_training.conversion.keys import at_times, sampling_times
from glagcn_training.conversion.placing import stand_up
from tests.helpers.motion_files import CMU, forward, walk, write_glb
from tests.helpers.moving_figure import sequence, walking


def rows(frames: int, size: float = 25.0) -> np.ndarray:
    rng, count = np.random.default_rng(1), len(list(walk(CMU)))
    time = np.arange(frames)[:, None] / 50
    angles = size * np.sin(2 * time + rng.uniform(0, 6, 3 * count))
    return np.hstack([np.tile([0.0, 17, 0], (frames, 1)) + time, angles])


@pytest.mark.parametrize("mode", ["LINEAR", "STEP", "CUBICSPLINE"])
@pytest.mark.parametrize("skin", [False, True])
def test_a_tree_of_nodes_by_matrices_multiplied_by_hand(tmp_path, mode, skin) -> None:
    moves = rows(12)
    (found,) = read_gltf(write_glb(tmp_path / "a.glb", {"a": moves}, CMU, 30, mode, skin=skin))
    assert found.fps == 30 and found.unit == 1.0 and found.take == ""
    for frame in (0, 5, 11):
        at, turns = forward(CMU, moves[frame])
        for name in ("Head", "LeftHand", "RightFoot"):
            node = found.index(name)
            np.testing.assert_allclose(found.positions[frame, node], at[name], atol=1e-4)
            np.testing.assert_allclose(found.rotations[frame, node], turns[name], atol=1e-5)
            rest, _ = forward(CMU, np.zeros(3 + 3 * len(found.names)))
            np.testing.assert_allclose(found.rest[node], rest[name], atol=1e-6)


def test_the_node_above_turns_and_scales_all(tmp_path) -> None:
    turn = Rotation.from_euler("x", -90, degrees=True)
    above = {"rotation": turn.as_quat().tolist(), "scale": [0.01] * 3, "translation": [0, 0, 2.0]}
    moves = rows(6)
    (found,) = read_gltf(write_glb(tmp_path / "a.glb", {"a": moves}, CMU, above=above))
    at, _ = forward(CMU, moves[3])
    expected = 0.01 * turn.apply(at["LeftHand"]) + [0, 0, 2]
    np.testing.assert_allclose(found.positions[3, found.index("LeftHand")], expected, atol=1e-6)
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = 0.01 * turn.as_matrix(), [0, 0, 2]
    above = {"matrix": matrix.T.ravel().tolist()}
    (same,) = read_gltf(write_glb(tmp_path / "b.glb", {"a": moves}, CMU, above=above))
    np.testing.assert_allclose(same.positions, found.positions, atol=1e-6)
    np.testing.assert_allclose(same.rotations, found.rotations, atol=1e-6)


def test_every_animation_is_a_clip(tmp_path, caplog) -> None:
    caplog.set_level(logging.INFO, logger="glagcn_training")
    figures = {"walk": rows(30), "sit": rows(20) * 0.5 + 0.1}
    for moves in figures.values():
        moves[:, 1] = 17
    write_glb(tmp_path / "them.glb", figures, CMU)
    clips, problems = read_folder(tmp_path, Reading())
    assert not problems and [clip.name for clip in clips] == ["them_walk", "them_sit"]
    assert [len(clip.joints) for clip in clips] == [30, 20]
    assert "one unit is 0.05644 m" in caplog.text  # 31 metres tall is no person


def test_bones_of_a_humanoid_have_its_names(tmp_path) -> None:
    own = [name for name, _, _ in walk(CMU)]
    bones = {"LeftUpLeg": "leftUpperLeg", "Head": "head", "RightHand": "rightHand"}
    new = {bone: {"node": own.index(name)} for name, bone in bones.items()}
    old = [{"bone": bone, "node": own.index(name)} for name, bone in bones.items()]
    for extension, listed in (("VRMC_vrm_animation", new), ("VRMC_vrm", new), ("VRM", old)):
        path = write_glb(
            tmp_path / f"{extension}.glb", {"a": rows(3)}, CMU,
            extensions={extension: {"humanoid": {"humanBones": listed}}},
        )  # fmt: skip
        (found,) = read_gltf(path)
        assert found.has("leftUpperLeg", "head", "rightHand") and not found.has("LeftUpLeg")


def test_our_own_glb_comes_back(tmp_path) -> None:
    joints = walking(100).joints
    path = tmp_path / "in" / "walk.glb"
    path.parent.mkdir()
    list(writer_for(path)(path, [sequence(joints)], ExportContext()))
    clips, problems = read_folder(path.parent, Reading())
    assert not problems
    off = np.linalg.norm(clips[0].joints - stand_up(joints, "y"), axis=-1).max(axis=0)
    same = [i for i, name in enumerate(H36M17.joints) if name not in ("spine", "head")]
    assert off[same].max() < 1e-3 and off.max() < 0.03


def test_rotations_take_the_shorter_arc_as_scipys_do() -> None:
    keys = np.array([0.0, 0.1, 0.5])
    turns = Rotation.from_euler("zyx", [[0, 0, 0], [80, 20, 5], [200, -30, 60]], degrees=True)
    values = turns.as_quat() * [[1], [-1], [1]]
    times = np.linspace(0, 0.5, 23)
    found = at_times(keys, values, "LINEAR", times, rotation=True)
    off = (Rotation.from_quat(found).inv() * Slerp(keys, turns)(times)).magnitude()
    assert off.max() < 1e-6


def test_cubic_splines_repeat_a_cubic_and_steps_hold() -> None:
    keys = np.array([0.0, 1.0, 3.0])
    slope = 3 * keys**2 - 2
    values = np.stack([slope, keys**3 - 2 * keys, slope], axis=1).reshape(-1, 1)
    times = np.linspace(0, 3, 31)
    found = at_times(keys, values, "CUBICSPLINE", times, rotation=False)[:, 0]
    np.testing.assert_allclose(found, times**3 - 2 * times, atol=1e-9)
    steps = at_times(keys, np.array([[1.0], [2], [3]]), "STEP", np.array([-1, 0.9, 1, 9]), False)
    assert steps[:, 0].tolist() == [1, 1, 2, 3]


@pytest.mark.parametrize("fps", [24, 30, 60, 120])
def test_the_rate_is_that_of_the_keys(fps) -> None:
    keys = (np.arange(200) / fps).astype(np.float32).astype(float)
    times, rate = sampling_times([keys, keys[[0, 7, 8, -1]]])
    assert rate == fps and len(times) == 200
    thinned = keys[[0, 3, 4, 90, 199]]  # redundant keys left out
    assert sampling_times([thinned])[1] == fps


def test_a_few_keys_by_hand_are_sampled_at_the_rate_of_the_packs() -> None:
    times, rate = sampling_times([np.array([0.0, 0.37, 1.0]), np.array([0.0, 1.0])])
    assert rate == 50 and len(times) == 51


def chunk(path: Path, change) -> None:
    """Change the JSON of a GLB file."""
    data = path.read_bytes()
    size = struct.unpack("<I", data[12:16])[0]
    content = json.loads(data[20 : 20 + size])
    change(content)
    text = json.dumps(content).encode()
    text += b" " * (-len(text) % 4)
    rest = struct.pack("<I4s", len(text), b"JSON") + text + data[20 + size :]
    path.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(rest)) + rest)


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda file: file.pop("animations"), "no animation"),
        (lambda file: file["accessors"][1].update(count=10**7), "cannot be read"),
        (lambda file: file["accessors"][1].update(sparse={"count": 1}), "sparsely"),
        (lambda file: file["nodes"][3].update(children=[0]), "cannot be read"),
        (lambda file: file["bufferViews"][0].update(extensions={"EXT_x": {}}), "compressed"),
        (lambda file: file["animations"][0]["samplers"][0].update(output=99), "cannot be read"),
    ],
)
def test_damaged_files_are_refused(tmp_path, change, words) -> None:
    path = write_glb(tmp_path / "a.glb", {"a": rows(5)}, CMU)
    chunk(path, change)
    with pytest.raises(InputError, match=rf"a\.glb.*{words}"):
        read_gltf(path)


def test_a_file_cut_off_is_refused(tmp_path) -> None:
    path = write_glb(tmp_path / "a.glb", {"a": rows(5)}, CMU)
    for size in (0, 3, 12, 400, path.stat().st_size - 200):
        path.write_bytes(path.read_bytes()[:size])
        with pytest.raises(InputError, match=r"a\.glb"):
            read_gltf(path)
        write_glb(path, {"a": rows(5)}, CMU)
