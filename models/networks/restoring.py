"""What all that restore can do, whoever made them: networks that mend, networks that enlarge."""

from typing import Literal

from torch import Tensor, nn

Takes = Literal["noise", "jpeg", "blur"]
"""What a restoring network takes away."""


class Denoises(nn.Module):
    """Takes noise away: x [N, 3, H, W] in [0, 1] and sigma [N] in 8-bit units → [N, 3, H, W].

    Or what JPEG added, or a blur; sigma is what `models.data.spoiling` tells of it then.

    What it gives when called is the estimate as it is, unclipped: what the loss is told.
    """

    channels: int
    takes: Takes = "noise"

    def denoise(self, x: Tensor, sigma: Tensor) -> Tensor:
        """The door: the estimate, in [0, 1]."""
        clean: Tensor = self(x, sigma)
        return clean.clamp(0, 1)


class Enlarges(nn.Module):
    """Makes larger: x [N, 3, H, W] in [0, 1] → [N, 3, H·scale, W·scale].

    What it gives when called is the estimate as it is, unclipped: what the loss is told.
    """

    channels: int
    scale: int

    def upscale(self, x: Tensor) -> Tensor:
        """The door: the estimate, in [0, 1]."""
        enlarged: Tensor = self(x)
        return enlarged.clamp(0, 1)
