"""Pictures of which for some it is only guessed what they are: how likely each category is."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from models.data.image_set import ImageSet, Part

UNLABELLED = -1
"""The label of a picture whose category nobody has told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guessed(ImageSet):
    """What is learnt of a picture is how likely each category is; what is held out has labels.

    Attributes:
        likely: [N, K], rows sum to one; of held-out pictures nobody reads it.
    """

    likely: Tensor

    def __post_init__(self) -> None:
        ImageSet.__post_init__(self)
        if self.likely.shape != (len(self), len(self.categories)):
            raise ValueError(f"expected [N, K] of likely, got {tuple(self.likely.shape)}")

    def split(self) -> tuple[Part, Part]:
        """The training part's labels are float [N, K], the validation part's int64 [N]."""
        learning, held_out = ImageSet.split(self)
        learnt = torch.ones(len(self), dtype=torch.bool)
        learnt[self.validation] = False
        return replace(learning, labels=self.likely[learnt]), held_out

    def digest(self) -> str:
        """Of the pictures, their labels and what is guessed of them."""
        told = torch.cat([self.labels[:, None].double(), self.likely.double()], dim=1)
        return Part(self.images, told).digest()
