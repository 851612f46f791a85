"""Networks of others in the place of a lifter: their card, their axes and their units."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import helper

from glagcn_cli.errors import CheckpointError
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.onnx_card import OnnxCard, read_card
from glagcn_cli.lifting.onnx_card import write_card as write_again
from glagcn_cli.lifting.onnx_network import LEG, load_onnx_lifter
from glagcn_cli.lifting.opening import check_lifter, lifter_sha256
from glagcn_cli.machine.openvino import importing
from glagcn_cli.skeleton import H36M17, JOINT_SETS
from tests.helpers.onnx_files import CARD, FLAT, flat_lifter, write_card, write_graph

torch.set_num_threads(1)

WINDOWS = torch.from_numpy(np.random.default_rng(3).normal(size=(3, 9, 17, 2)).astype(np.float32))


def refused(path: Path, *words: str) -> None:
    """Loading fails with a message that says each of the words."""
    with pytest.raises(CheckpointError) as caught:
        load_onnx_lifter(path)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("layout", ["NTVC", "NCTV", "NTF", "NFT"])
@pytest.mark.parametrize("centre", [False, True])
def test_every_layout_reads_the_same_window(tmp_path: Path, layout: str, centre: bool) -> None:
    path = flat_lifter(tmp_path / "a.onnx", layout=layout, centre=centre)
    write_card(path, input=layout, output="centre" if centre else "sequence")
    network, _ = load_onnx_lifter(path)
    wanted = WINDOWS @ torch.from_numpy(FLAT)
    if centre:
        torch.testing.assert_close(network(WINDOWS).centre, wanted[:, 4])
        assert not network.lifts_whole(True)
    else:
        torch.testing.assert_close(network.sequence(WINDOWS).sequence, wanted)
        assert network.lifts_whole(False)


@pytest.mark.parametrize("batch", [1, 2, "windows"])
def test_networks_of_one_batch_size_lift_any_number(tmp_path: Path, batch: int | str) -> None:
    path = flat_lifter(tmp_path / "a.onnx", batch=batch)
    write_card(path)
    lifted = load_onnx_lifter(path)[0].sequence(WINDOWS).sequence
    torch.testing.assert_close(lifted, WINDOWS @ torch.from_numpy(FLAT))


def test_joints_in_another_order_come_back_in_ours(tmp_path: Path) -> None:
    order = np.random.default_rng(5).permutation(17)
    factors = 1.0 + np.arange(17)  # of the network's own joints
    path = flat_lifter(tmp_path / "a.onnx", factors=factors)
    write_card(path, joints=[H36M17.joints[place] for place in order])
    lifted = load_onnx_lifter(path)[0].sequence(WINDOWS).sequence
    own = torch.from_numpy(factors[np.argsort(order)].astype(np.float32))
    torch.testing.assert_close(lifted, WINDOWS @ torch.from_numpy(FLAT) * own[:, None])


@pytest.mark.parametrize("unit, scale", [("m", 1.0), ("cm", 100.0), ("mm", 1000.0)])
def test_units_become_metres(tmp_path: Path, unit: str, scale: float) -> None:
    path = flat_lifter(tmp_path / "a.onnx", scale=scale)
    write_card(path, unit=unit)
    lifted = load_onnx_lifter(path)[0].sequence(WINDOWS).sequence
    torch.testing.assert_close(lifted, WINDOWS @ torch.from_numpy(FLAT))


def test_bodies_without_a_unit_get_the_legs_of_a_person(tmp_path: Path) -> None:
    path = flat_lifter(tmp_path / "a.onnx", scale=7.0)
    write_card(path, unit="body")
    lifted = load_onnx_lifter(path)[0].sequence(WINDOWS).sequence.numpy()
    legs = [
        np.linalg.norm(np.diff(lifted[:, :, [f, f + 1, f + 2]], axis=2), axis=-1).sum(-1)
        for f in (1, 4)
    ]
    np.testing.assert_allclose(np.mean(legs, axis=(0, 2)), LEG, rtol=1e-5)


def test_a_clip_is_lifted_as_by_a_lifter_of_ours(tmp_path: Path) -> None:
    path = flat_lifter(tmp_path / "a.onnx")
    write_card(path, normalisation="image", points="coco17-h36m17-v1")
    keypoints = np.random.default_rng(0).uniform(100, 900, (31, 17, 2))
    lifter = Lifter.load(str(path))
    lifted = lifter.lift_keypoints(keypoints, None, (1000, 500), Fraction(25), flip=True)
    normal = keypoints / 1000 * 2 - [1, 0.5]
    mirrored = normal * [-1, 1]
    straight, turned = normal @ FLAT, (mirrored @ FLAT) * [-1, 1, 1]
    wanted = (straight + turned) / 2
    np.testing.assert_allclose(lifted.joints, wanted - wanted[:, :1], atol=1e-5)
    assert lifter.video_branch == "sequence"


def test_both_runtimes_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime")
    path = flat_lifter(tmp_path / "a.onnx", layout="NFT")
    write_card(path, input="NFT")
    one = load_onnx_lifter(path)[0].sequence(WINDOWS).sequence
    _without_openvino(monkeypatch)
    other = load_onnx_lifter(path)[0].sequence(WINDOWS).sequence
    torch.testing.assert_close(one, other, atol=1e-6, rtol=0)


def test_without_a_runtime_a_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = flat_lifter(tmp_path / "a.onnx")
    write_card(path)
    _without_openvino(monkeypatch)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    refused(path, "pip install onnxruntime")


def _without_openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert importing.import_openvino.__module__


def test_weights_in_a_file_beside_the_network_are_read(tmp_path: Path) -> None:
    path = flat_lifter(tmp_path / "a.onnx")
    model = onnx.load_from_string(path.read_bytes())
    onnx.save_model(
        model, path, save_as_external_data=True, location="weights.bin", size_threshold=0
    )
    write_card(path)
    lifted = load_onnx_lifter(path)[0].sequence(WINDOWS).sequence
    assert (tmp_path / "weights.bin").stat().st_size > 0
    torch.testing.assert_close(lifted, WINDOWS @ torch.from_numpy(FLAT))


def test_another_input_is_listed_with_what_is_needed(tmp_path: Path) -> None:
    path = flat_lifter(tmp_path / "a.onnx", layout="NFT")
    write_card(path)
    refused(path, "keypoints (any, 34, 9) float32", "keypoints (any, 9, 17, 2) float32", "NTVC")


def test_several_inputs_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    write_graph(
        path, [helper.make_node("Add", ["keypoints", "b"], ["joints"])], {}, [1, 9, 17, 2], [1]
    )
    model = onnx.load_from_string(path.read_bytes())
    model.graph.input.append(helper.make_tensor_value_info("b", 1, [1, 9, 17, 2]))
    path.write_bytes(model.SerializeToString())
    write_card(path)
    refused(path, "keypoints (1, 9, 17, 2) float32, b (1, 9, 17, 2) float32", "one input")


def test_an_output_that_is_no_pose_is_refused(tmp_path: Path) -> None:
    path = flat_lifter(tmp_path / "a.onnx", centre=True)
    write_card(path)  # which says that whole windows are lifted
    refused(path, "153 x 3 numbers", "sequence", "joints")


def test_numbers_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    path = flat_lifter(tmp_path / "a.onnx", scale=float("inf"))
    write_card(path)
    refused(path, "not finite")


def test_an_unknown_operator_is_named(tmp_path: Path) -> None:
    node = helper.make_node("NoSuchThing", ["keypoints"], ["joints"])
    path = write_graph(tmp_path / "a.onnx", [node], {}, ["n", 9, 17, 2], ["n", 9, 17, 3])
    write_card(path)
    refused(path, "NoSuchThing")


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"window": None}, "window is missing"),
        ({"window": 0}, "from 1 to"),
        ({"window": "27"}, "whole number"),
        ({"joints": "smpl"}, "expected one of coco17"),
        ({"joints": ["hip", "knee"]}, "names of all joints of one"),
        ({"output": "middle"}, "centre, sequence"),
        ({"normalisation": "none"}, "person, image"),
        ({"unit": "inch"}, "m, cm, mm, body"),
        ({"fps": 25.5}, "whole number"),
        ({"input": "NVTC"}, "NTVC, NCTV, NTF, NFT"),
        ({"channels": 4}, "2, 3"),
        ({"points": "openpose"}, "as-given"),
        ({"colour": "red"}, "'colour' is unknown"),
    ],
)  # fmt: skip
def test_a_card_says_what_is_wrong_with_it(tmp_path: Path, changes: dict, words: str) -> None:
    path = flat_lifter(tmp_path / "a.onnx")
    card = write_card(path, **changes)
    refused(path, str(card), words)


@pytest.mark.parametrize(
    "content", ["", "- a", "joints: !!python/object/apply:os.getcwd []", "a: [", "\x00"]
)
def test_a_card_that_is_no_card_is_refused(tmp_path: Path, content: str) -> None:
    path = flat_lifter(tmp_path / "a.onnx")
    path.with_suffix(".yaml").write_text(content)
    refused(path, "a.yaml is no card")


def test_a_missing_card_says_what_to_write(tmp_path: Path) -> None:
    path = flat_lifter(tmp_path / "a.onnx")
    refused(path, "write a.yaml beside it")
    with pytest.raises(CheckpointError, match="has no card"):
        check_lifter(str(path))


def test_a_card_in_json_is_a_card(tmp_path: Path) -> None:
    path = flat_lifter(tmp_path / "a.onnx")
    write_card(path).rename(tmp_path / "a.json")
    assert read_card(path) == OnnxCard(**CARD)


def test_a_card_is_written_as_it_is_read(tmp_path: Path) -> None:
    card = OnnxCard(H36M17.joints[::-1], 27, "centre", "image", "mm", 50, "NFT", 3, data="x")
    write_again(tmp_path / "a.onnx", card, overwrite=False)
    assert read_card(tmp_path / "a.onnx") == card


def test_other_bodies_do_not_lift_videos(tmp_path: Path) -> None:
    path = flat_lifter(tmp_path / "a.onnx")
    write_card(path, joints="mpi_inf_3dhp17")
    assert load_onnx_lifter(path)[0].joint_set is JOINT_SETS["mpi_inf_3dhp17"]
    with pytest.raises(CheckpointError, match="video needs a lifter of h36m17"):
        Lifter.load(str(path))


def test_another_card_makes_another_lifter(tmp_path: Path) -> None:
    path = flat_lifter(tmp_path / "a.onnx")
    write_card(path)
    before = lifter_sha256(path)
    write_card(path, fps=50)
    assert lifter_sha256(path) != before


def test_ctrl_c_still_comes_when_networks_are_done_with(tmp_path) -> None:
    """Entries of OpenVINO that overlap leave a stack for signals that is gone: a crash."""
    flat_lifter(tmp_path / "a.onnx")
    script = (
        "import signal, sys\n"
        "from pathlib import Path\n"
        "from glagcn_cli.machine.onnx_running import open_onnx\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "one, other = (open_onnx(Path(sys.argv[1]), 1) for _ in range(2))\n"
        "del one\n"
        "del other\n"
        "try:\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "except KeyboardInterrupt:\n"
        "    print('it came')\n"
    )
    command = [sys.executable, "-X", "faulthandler", "-c", script, str(tmp_path / "a.onnx")]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.stdout == "it came\n", said.stderr
