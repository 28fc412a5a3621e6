"""Which images the CPU measures in numpy and OpenCV, and how numpy sees them.

Numpy works in the thread that asks. Torch calls all cores for every comparison of a large picture
and waits for the slowest, which on a busy machine costs twenty times as much.
"""

from typing import Any

import torch
from torch import Tensor

_DEVICES = frozenset({"cpu"})


def is_plain(*tensors: Tensor) -> bool:
    """Whether all lie on the CPU and want no gradient; others are for torch."""
    return all(one.device.type in _DEVICES and not one.requires_grad for one in tensors)


def bare(x: Tensor) -> Any:
    """The array behind a plain tensor, another tensor as it is.

    For the operators and slices that both share.
    """
    return x.numpy() if is_plain(x) else x


def dressed(x: Any) -> Tensor:
    """Its tensor again."""
    return torch.as_tensor(x)
