"""What a frame of a video is as an array."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
"""A picture (height, width, 3), RGB; (height, width) where it is grey."""
