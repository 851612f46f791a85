"""What is refused of an ONNX file before a library opens it."""

from __future__ import annotations

import contextlib
import os
import pickle
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from glagcn_cli.errors import CheckpointError
from glagcn_cli.machine.onnx_file import LARGEST, check_onnx
from tests.helpers.onnx_files import flat_lifter, with_weights_in, write_graph


def refused(path: Path, *words: str) -> None:
    """A message names the file and says each of the words."""
    with pytest.raises(CheckpointError) as caught:
        check_onnx(path)
    for word in (str(path), *words):
        assert word in str(caught.value)


def test_standard_network_passes(tmp_path: Path) -> None:
    check_onnx(flat_lifter(tmp_path / "a.onnx"))


def test_custom_operators_are_named(tmp_path: Path) -> None:
    node = helper.make_node("Steal", ["keypoints"], ["joints"], domain="com.evil")
    refused(write_graph(tmp_path / "a.onnx", [node], {}, [1], [1], ("com.evil",)), "com.evil.Steal")


def test_functions_that_the_file_defines_are_no_custom_operators(tmp_path: Path) -> None:
    node = helper.make_node("Twice", ["keypoints"], ["joints"], domain="own")
    path = write_graph(tmp_path / "a.onnx", [node], {}, ["n"], ["n"], ("own",))
    model = onnx.load_from_string(path.read_bytes())
    inner = helper.make_node("Add", ["x", "x"], ["y"])
    opset = [helper.make_opsetid("", 17)]
    model.functions.append(helper.make_function("own", "Twice", ["x"], ["y"], [inner], opset))
    path.write_bytes(model.SerializeToString())
    check_onnx(path)


@pytest.mark.parametrize("where", ["../secret", "/etc/hostname", "inner/../../secret", "", "none"])
def test_weights_outside_the_folder_are_refused(tmp_path: Path, where: str) -> None:
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (tmp_path / "secret").write_bytes(b"x" * 64)
    refused(with_weights_in(folder / "a.onnx", where), "own folder", repr(where))


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(b"x" * 64)
    (folder / "weights.bin").symlink_to(tmp_path / "secret")
    refused(with_weights_in(folder / "a.onnx", "weights.bin"), "own folder")


def test_weights_beside_the_network_are_taken(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"x" * 64)
    check_onnx(with_weights_in(tmp_path / "a.onnx", "weights.bin"))


def test_weights_in_the_branch_of_a_node_are_seen(tmp_path: Path) -> None:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../secret")
    constant = helper.make_node("Constant", [], ["joints"], value=tensor)
    out = helper.make_tensor_value_info("joints", TensorProto.FLOAT, [1])
    branch = helper.make_graph([constant], "branch", [], [out])
    node = helper.make_node("If", ["keypoints"], ["joints"], then_branch=branch, else_branch=branch)
    refused(write_graph(tmp_path / "a.onnx", [node], {}, [1], [1]), "../secret")


def test_two_gigabytes_are_refused_in_a_moment(tmp_path: Path) -> None:
    path = flat_lifter(tmp_path / "a.onnx")
    os.truncate(path, 2 * LARGEST)  # a file with a hole takes no room
    refused(path, "2.1 GB", "at most")


def test_large_weights_beside_the_network_count(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").touch()
    os.truncate(tmp_path / "weights.bin", LARGEST)
    refused(with_weights_in(tmp_path / "a.onnx", "weights.bin"), "with its weights")


@pytest.mark.parametrize(
    "content", [b"", b"\x00", b"PK\x03\x04 a zip", b"hello, this is text", b"\x0b"]
)
def test_other_files_are_no_onnx(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.onnx"
    path.write_bytes(content)
    refused(path, "no ONNX file")


class _Harm:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple:
        return Path.touch, (self.marker,)


def test_pickles_are_not_run(tmp_path: Path) -> None:
    path, marker = tmp_path / "a.onnx", tmp_path / "ran"
    path.write_bytes(pickle.dumps(_Harm(marker)))
    refused(path, "no ONNX file")
    assert not marker.exists()


def test_every_cut_off_file_is_refused(tmp_path: Path) -> None:
    whole = flat_lifter(tmp_path / "a.onnx").read_bytes()
    path = tmp_path / "cut.onnx"
    outcomes = []
    for end in np.linspace(1, len(whole) - 1, 40).astype(int):
        path.write_bytes(whole[:end])
        try:
            check_onnx(path)
            outcomes.append(True)
        except CheckpointError:
            outcomes.append(False)
    assert sum(outcomes) <= 2  # cut exactly between two fields, which a runtime refuses


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_files_raise_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.onnx"
    whole = bytearray(flat_lifter(path).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(whole))
    with contextlib.suppress(CheckpointError):
        check_onnx(path)


def test_graphs_nested_without_end_are_refused(tmp_path: Path) -> None:
    # An attribute (5) of a node (1) that holds a graph (6) that holds a node, and so on.
    def wrapped(field: int, inner: bytes) -> bytes:
        length, tag = len(inner), (field << 3 | 2).to_bytes(1, "little")
        size = b""
        while length > 127:
            size, length = size + bytes([length & 127 | 128]), length >> 7
        return tag + size + bytes([length]) + inner

    content = b""
    for _ in range(200):
        content = wrapped(1, wrapped(5, wrapped(6, content)))
    path = tmp_path / "a.onnx"
    path.write_bytes(wrapped(7, content))
    refused(path, "nested too deeply")
