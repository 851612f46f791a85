"""Blocks of Google's mobile networks, whose convolutions pad as TensorFlow does."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from .convolutions import Activation, convolve


class Conv(nn.Conv2d):
    """Convolution and activation; pads as TensorFlow's ``SAME``.

    With a stride of 2 that is a row less above and a column less on the left than on the other
    sides. A kernel with zeros above and to the left, on a picture padded on all sides, sees the
    same without a copy of the picture.

    Parameters
    ----------
    inputs, outputs, kernel, stride, bias
        As ``nn.Conv2d`` takes them; sides of pictures are multiples of the stride.
    depthwise
        Filter each channel by itself.
    activation
        What the results go through.
    centred
        Pad all sides alike with a stride of 2 too.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 1,
        stride: int = 1,
        depthwise: bool = False,
        bias: bool = True,
        activation: Activation = "none",
        centred: bool = False,
    ) -> None:
        groups = inputs if depthwise else 1
        super().__init__(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=bias)
        self.activation = activation
        self.centred = centred or stride == 1

    def forward(self, x: Tensor) -> Tensor:
        """Convolve ``(images, channels, height, width)``."""
        stride, padding = self.stride[0], self.kernel_size[0] // 2
        weight = self.weight if self.centred else functional.pad(self.weight, (1, 0, 1, 0))
        return convolve(x, weight, self.bias, stride, padding, self.groups, self.activation)


class InvertedResidual(nn.Module):
    """MobileNetV2's block: widen (unless the expansion is 1), filter each channel, project.

    What comes in is added where it has as many channels as what comes out, the largest of each four
    cells where the stride is 2.

    Parameters
    ----------
    inputs, outputs
        Channels.
    expansion
        By how much channels are widened.
    stride, kernel
        Of the filter.
    centred
        As of `Conv`.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        expansion: int,
        stride: int,
        kernel: int = 3,
        centred: bool = False,
    ) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.expand = Conv(inputs, hidden, activation="relu6") if expansion > 1 else None
        self.depthwise = Conv(
            hidden, hidden, kernel, stride, depthwise=True, activation="relu6", centred=centred
        )
        self.project = Conv(hidden, outputs)
        self.has_shortcut = inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(images, inputs, height, width)`` to ``(images, outputs, ...)``."""
        hidden = x if self.expand is None else self.expand(x)
        projected: Tensor = self.project(self.depthwise(hidden))
        if not self.has_shortcut:
            return projected
        return projected + (x if self.depthwise.stride[0] == 1 else functional.max_pool2d(x, 2))
