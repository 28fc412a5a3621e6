"""A network that is measured, and the category that each of its labels means."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module, covariant=True)


@dataclass(frozen=True, slots=True)
class Contender(Generic[Network]):
    """A candidate, or what it would follow."""

    network: Network
    categories: tuple[str, ...]

    def labels_of(self, categories: tuple[str, ...]) -> Tensor:
        """[K] int64: for each of these its own label, -1 where it does not know the category."""
        place = {name: label for label, name in enumerate(self.categories)}
        return torch.tensor([place.get(name, -1) for name in categories], dtype=torch.int64)

    def known(self, categories: tuple[str, ...], labels: Tensor) -> tuple[Tensor, Tensor]:
        """Of pictures labelled [N]: the rows [M] whose category it knows, and its labels of them.

        Args:
            categories: what the labels mean.
            labels: int64 [N].
        """
        own = self.labels_of(categories)[labels]
        rows = (own >= 0).nonzero().flatten()
        return rows, own[rows]


@dataclass(frozen=True, slots=True)
class Takes:
    """Pictures as a network takes them; `image_size` None: of any size."""

    channels: int
    image_size: int | None = None

    def __str__(self) -> str:
        """In words."""
        pixels = "" if self.image_size is None else f"{self.image_size} pixels and "
        return f"{pixels}{self.channels} channels"


def unlike(
    candidate: Contender[Network],
    incumbent: Contender[Network] | None,
    *,
    takes: Callable[[Network], Takes],
) -> str | None:
    """Why the two cannot be measured on the same pictures, in a sentence; None if they can."""
    if incumbent is None:
        return None
    mine, theirs = takes(candidate.network), takes(incumbent.network)
    if mine != theirs:
        return f"what serves is for {theirs}, this for {mine}"
    if not set(candidate.categories) & set(incumbent.categories):
        return "what serves knows none of these categories"
    return None
