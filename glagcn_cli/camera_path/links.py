"""Places of the background in pairs of pictures, as they are measured while frames go by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

PARTS = (4, 3)
"""Parts of the picture, across and down, over which corresponding points are averaged."""

COLUMNS = 5
"""Columns of a pair: x, y in the key picture, x, y in the other one, how many points."""

LOST, SKIPPED = -1, -2
"""In place of a key picture's number: the background was not found, or not looked for."""

_PREFIX = "camera_view_"

Pairs = NDArray[np.float32]


@dataclass(frozen=True)
class BackgroundLinks:
    """Where the background of key pictures lies in the frames of a clip.

    Parameters
    ----------
    keys
        (frames,) number of the key picture that a frame is compared with, `LOST` or `SKIPPED`.
    pairs
        (frames, parts, `COLUMNS`) pixels: corresponding places, averaged over parts of the picture.
        Places without points are zero, with a count of 0.
    agreement
        (frames,) share of the background, in 0..1, that follows one motion.
    ends
        (links, 2) numbers of two key pictures that show the same background.
    links
        (links, parts, `COLUMNS`) pixels: corresponding places in them.
    """

    keys: NDArray[np.int32]
    pairs: Pairs
    agreement: NDArray[np.float32]
    ends: NDArray[np.int32]
    links: Pairs

    def __len__(self) -> int:
        return len(self.keys)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return arrays by name, for storage with the 2D."""
        return {_PREFIX + name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def of_clip(cls, clip: Mapping[str, NDArray[Any]], frames: int) -> BackgroundLinks | None:
        """Return the links among a clip's stored arrays; None without any, or of another clip."""
        names = list(cls.__dataclass_fields__)
        if not all(_PREFIX + name in clip for name in names):
            return None
        keys, pairs, agreement, ends, links = (clip[_PREFIX + name] for name in names)
        parts = (PARTS[0] * PARTS[1], COLUMNS)
        shapes = ((frames,), (frames, *parts), (frames,), (len(ends), 2), (len(ends), *parts))
        found = (keys, pairs, agreement, ends, links)
        if any(array.shape != shape for array, shape in zip(found, shapes, strict=True)):
            return None
        if not (np.isfinite(pairs).all() and np.isfinite(links).all()) or ends.min(initial=0) < 0:
            return None
        return cls(
            keys.astype(np.int32), pairs.astype(np.float32), agreement.astype(np.float32),
            ends.astype(np.int32), links.astype(np.float32),
        )  # fmt: skip

    def of_frames(self, part: slice) -> BackgroundLinks:
        """Return the links of a part of the frames; key pictures keep their numbers."""
        return replace(
            self, keys=self.keys[part], pairs=self.pairs[part], agreement=self.agreement[part]
        )

    def connected(self) -> BackgroundLinks:
        """Return the links without key pictures that tell nothing of these frames."""
        # slow to import, and commands that only read this file should refuse soon
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        count = 1 + max(int(self.keys.max(initial=0)), int(self.ends.max(initial=0)))
        joined = coo_matrix((np.ones(len(self.ends)), self.ends.T), (count, count))
        place = connected_components(joined, directed=False)[1]
        used = np.isin(place, place[self.keys[self.keys >= 0]])
        number = (np.cumsum(used) - 1).astype(np.int32)
        keys = np.where(self.keys >= 0, number[self.keys.clip(0)], self.keys).astype(np.int32)
        kept = used[self.ends[:, 0]]
        return replace(self, keys=keys, ends=number[self.ends[kept]], links=self.links[kept])

    def scaled(self, size: float) -> BackgroundLinks:
        """Return the links of a larger or smaller copy of the video."""
        factors = np.array([size, size, size, size, 1.0], np.float32)
        return replace(self, pairs=self.pairs * factors, links=self.links * factors)


def averaged(
    then: NDArray[np.floating], now: NDArray[np.floating], part: NDArray[np.intp]
) -> Pairs:
    """Average corresponding points (n, 2) over the parts (n,) in which they lie."""
    pairs = np.zeros((PARTS[0] * PARTS[1], COLUMNS), np.float32)
    count = np.bincount(part, minlength=len(pairs))
    both = np.concatenate([then, now], axis=1)
    for column in range(4):
        total = np.bincount(part, both[:, column], len(pairs))
        pairs[:, column] = total / np.maximum(count, 1)
    pairs[:, 4] = count
    return pairs
