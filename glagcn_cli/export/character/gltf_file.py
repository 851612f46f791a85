"""GLB files as they are: their JSON and their binary chunk, read, added to and written again.

Nothing that stands in a file is parsed into objects and back: what this program does not know
(extensions, extras, metadata of VRM) stays as it is, and the binary chunk stays byte for byte at
the beginning of the new one.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError

_MAGIC, _JSON, _BINARY = 0x46546C67, 0x4E4F534A, 0x004E4942  # of the format
_COMPRESSED = {
    "KHR_draco_mesh_compression": "Draco",
    "EXT_meshopt_compression": "meshopt",
    "KHR_meshopt_compression": "meshopt",
}
_NUMBERS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
_KINDS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_TYPES = {1: "SCALAR", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
_FLOAT = 5126


@dataclass
class GltfFile:
    """A GLB file.

    Parameters
    ----------
    path
        Where it was read.
    json
        Its JSON chunk.
    binary
        Its binary chunk.
    added
        What is written behind that.
    """

    path: Path
    json: dict[str, Any]
    binary: bytes
    added: bytearray = field(default_factory=bytearray)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return one of its lists, such as "nodes"; empty where it has none."""
        found: list[dict[str, Any]] = self.json.get(name, [])
        return found

    def array(self, number: int) -> NDArray[np.float64]:
        """Return the values (count, numbers) of an accessor; whole numbers are scaled if they say.

        Raises
        ------
        InputError
            The accessor lies outside the binary chunk, or is of a kind that glTF does not know.
        """
        try:
            return self._array(self.json["accessors"][number])
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise InputError(f"{self.path}: its accessor {number} is damaged ({error})") from error

    def _array(self, accessor: dict[str, Any]) -> NDArray[np.float64]:
        kind, width = np.dtype(_KINDS[accessor["componentType"]]), _NUMBERS[accessor["type"]]
        count = accessor["count"]
        if "bufferView" not in accessor:
            return np.zeros((count, width))
        view = self.json["bufferViews"][accessor["bufferView"]]
        if view.get("buffer", 0) != 0:
            raise ValueError("it lies in another file")
        start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
        step = view.get("byteStride", kind.itemsize * width)
        shape, strides = (count, width), (step, kind.itemsize)
        values = np.ndarray(shape, kind, self.binary, start, strides).astype(np.float64)
        if accessor.get("normalized"):
            values = np.maximum(values / np.iinfo(kind).max, -1.0)
        return values

    def add_array(self, values: NDArray[np.floating], bounds: bool = False) -> int:
        """Put an array (items,) or (items, numbers) behind the rest; return its accessor."""
        rows = np.ascontiguousarray(values.reshape(len(values), -1), dtype="<f4")
        self.added += bytes(-(len(self.binary) + len(self.added)) % 4)
        start = len(self.binary) + len(self.added)
        self.added += rows.tobytes()
        views = self.json.setdefault("bufferViews", [])
        views.append({"buffer": 0, "byteOffset": start, "byteLength": rows.nbytes})
        accessor: dict[str, Any] = {
            "bufferView": len(views) - 1,
            "componentType": _FLOAT,
            "count": len(rows),
            "type": _TYPES[rows.shape[1]],
        }
        if bounds:
            accessor |= {"min": rows.min(axis=0).tolist(), "max": rows.max(axis=0).tolist()}
        self.json.setdefault("accessors", []).append(accessor)
        return len(self.json["accessors"]) - 1

    def to_bytes(self) -> bytes:
        """Contents of the `.glb` file."""
        buffers = self.json.setdefault("buffers", [{}])
        length = len(self.binary) + len(self.added)
        buffers[0]["byteLength"] = length
        text = json.dumps(self.json, ensure_ascii=False, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        padding = bytes(-length % 4)
        chunk = length + len(padding)
        return b"".join(
            [struct.pack("<III", _MAGIC, 2, 28 + len(text) + chunk),
             struct.pack("<II", len(text), _JSON), text,
             struct.pack("<II", chunk, _BINARY), self.binary, self.added, padding]
        )  # fmt: skip


def read_gltf(path: Path) -> GltfFile:
    """Read a GLB file (`.glb`, `.vrm`, `.vrma`).

    Raises
    ------
    InputError
        There is no such file, it is none of glTF 2.0, damaged, compressed, or in several files.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: the character cannot be read ({error.strerror})") from error
    return parse_gltf(data, path)


def parse_gltf(data: bytes, path: Path) -> GltfFile:
    """Read the bytes of a GLB file; as `read_gltf`."""
    chunks = _chunks(data, path)
    try:
        document = json.loads(chunks[_JSON])
    except (KeyError, ValueError) as error:
        raise InputError(f"{path}: is a damaged GLB file: its JSON cannot be read") from error
    used = [*document.get("extensionsUsed", []), *document.get("extensionsRequired", [])]
    for extension in used:
        if how := _COMPRESSED.get(extension):
            raise InputError(
                f"{path}: is compressed with {how}; save it without: open it in Blender and "
                "export it as .glb with Compression off"
            )
    elsewhere = [b["uri"] for b in document.get("buffers", []) if "uri" in b]
    if elsewhere or _BINARY not in chunks:
        raise InputError(f"{path}: its data is not inside it; save it as .glb, in one file")
    length = document["buffers"][0].get("byteLength", len(chunks[_BINARY]))
    return GltfFile(path, document, chunks[_BINARY][:length])


def _chunks(data: bytes, path: Path) -> dict[int, bytes]:
    """Return the first chunk of each kind."""
    if len(data) < 20 or int.from_bytes(data[:4], "little") != _MAGIC:
        is_text = data[:256].lstrip().startswith(b"{")
        what = "glTF in several files" if is_text else "no GLB file"
        raise InputError(
            f"{path}: is {what}; a character is a .glb or .vrm file, which Blender saves "
            "(File > Export > glTF 2.0, format glTF Binary)"
        )
    version, length = struct.unpack_from("<II", data, 4)
    if version != 2:
        raise InputError(f"{path}: is glTF {version}, expected glTF 2")
    if length > len(data):
        raise InputError(f"{path}: is cut off: {len(data)} of its {length} bytes are there")
    chunks: dict[int, bytes] = {}
    place = 12
    while place + 8 <= length:
        size, kind = struct.unpack_from("<II", data, place)
        chunks.setdefault(kind, data[place + 8 : place + 8 + size])
        place += 8 + size
    return chunks


def copied(file: GltfFile) -> GltfFile:
    """Copy what an animation is added to; the rest is shared, and nobody changes it."""
    document = dict(file.json)
    for name in ("accessors", "bufferViews"):
        document[name] = list(file.rows(name))
    document["nodes"] = [dict(node) for node in file.rows("nodes")]
    document["buffers"] = [dict(buffer) for buffer in file.rows("buffers")]
    return GltfFile(file.path, document, file.binary)
