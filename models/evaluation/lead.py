"""How far one method is ahead of another over the same pictures, and how sure that is."""

import math
from dataclasses import dataclass

from torch import Tensor

SURE = 2.0
"""Standard errors that a difference must have: one in forty is luck."""


@dataclass(frozen=True, slots=True)
class Lead:
    """Of a candidate over another method.

    Attributes:
        other: the other's mean.
        ahead: mean of the differences, picture by picture; above 0 the candidate is better.
        noise: standard error of that mean; None of a single picture.
        pictures: that both were measured on.
    """

    other: float
    ahead: float
    noise: float | None
    pictures: int

    @property
    def is_sure(self) -> bool:
        """Better beyond what the choice of pictures explains."""
        return self.noise is not None and self.ahead > SURE * self.noise

    @property
    def is_behind(self) -> bool:
        """Worse beyond what the choice of pictures explains."""
        return self.noise is not None and self.ahead < -SURE * self.noise


def lead(ours: Tensor, theirs: Tensor) -> Lead:
    """Two methods on the same pictures, higher is better.

    Pairing takes out how hard each picture is, which is most of what varies.

    Args:
        ours: [N], finite, of one picture each.
        theirs: [N], of the same pictures in the same order.
    """
    if ours.shape != theirs.shape or ours.ndim != 1 or len(ours) == 0:
        raise ValueError(f"expected two equal [N], got {tuple(ours.shape)}, {tuple(theirs.shape)}")
    ahead = ours.double() - theirs.double()
    noise = ahead.std().item() / math.sqrt(len(ahead)) if len(ahead) > 1 else None
    return Lead(theirs.double().mean().item(), ahead.mean().item(), noise, len(ahead))
