"""A network that is measured, and the category that each of its labels means."""

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
