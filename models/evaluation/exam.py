"""What a network is measured on: pictures that were learnt from, and others that nothing saw."""

from dataclasses import dataclass, replace

import torch

from models.data.image_set import Part, resized


@dataclass(frozen=True, slots=True)
class Exam:
    """In the categories that a candidate knows, under its labels.

    Attributes:
        learnt: images uint8 [N, C, H, W]; baselines learn from them, too.
        held_out: the same of products that nothing learnt from, one picture at least.
        digest: of the held-out pictures, as the dataset has them.
        device: where the networks are run.
    """

    learnt: Part
    held_out: Part
    digest: str
    device: torch.device

    def shaped(self, *, size: int, channels: int) -> "Exam":
        """The same pictures as a network takes them."""
        return replace(
            self,
            learnt=resized(self.learnt, size=size, channels=channels),
            held_out=resized(self.held_out, size=size, channels=channels),
        )
