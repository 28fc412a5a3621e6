"""Two halves that learn in turn: a critic tells drawn pictures from real ones, the other draws.

Beside what the critic says, absolute differences say where things belong (Isola et al. 2017).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn

from models.losses.adversarial import discriminator_loss, generator_loss
from models.training.batches import Moment
from models.training.config import TrainConfig
from models.training.descent import Descent
from models.training.pieces import Piece, Told, whole


class _OfABatch(Protocol):
    @property
    def piece(self) -> Piece: ...

    @property
    def real(self) -> Tensor: ...


Portion = TypeVar("Portion", bound=_OfABatch)


@dataclass(frozen=True, slots=True)
class Contest(Generic[Portion]):
    """How both halves learn from the portions of a batch.

    Attributes:
        drawer: the name of the half that draws; the other is `critic`.
        critic: the network of that name.
        descents: of both halves, by name.
        draw: a portion → what is drawn, [N, C, H, W].
        judge: images and their portion → the critic's logits.
        apart: what is drawn, and its portion → the mean absolute difference that counts.
    """

    config: TrainConfig
    drawer: str
    critic: nn.Module
    descents: Mapping[str, Descent]
    draw: Callable[[Portion], Tensor]
    judge: Callable[[Tensor, Portion], Tensor]
    apart: Callable[[Tensor, Portion], Tensor]

    def held(self, portions: Sequence[Portion], moment: Moment) -> Told:
        """One step of the critic, then one of the drawer; the losses of both."""
        return self._teach_critic(portions, moment) | self._teach_drawer(portions, moment)

    def _teach_critic(self, portions: Sequence[Portion], moment: Moment) -> Told:
        descent, told = self.descents["critic"], []
        descent.begin(moment)
        for given in portions:
            with torch.no_grad():
                fake = self.draw(given)
            logits = self.judge(given.real, given), self.judge(fake, given)
            loss = discriminator_loss(*logits, self.config.adversarial)
            descent.add(loss, given.piece)
            told.append((given.piece, {"critic": loss.detach()}))
        descent.end()
        return whole(told)

    def _teach_drawer(self, portions: Sequence[Portion], moment: Moment) -> Told:
        descent, told = self.descents[self.drawer], []
        self.critic.requires_grad_(requires_grad=False)
        descent.begin(moment)
        for given in portions:
            fake = self.draw(given)
            seen_through = generator_loss(self.judge(fake, given), self.config.adversarial)
            apart = self.apart(fake, given)
            descent.add(seen_through + self.config.l1_weight * apart, given.piece)
            told.append((given.piece, {self.drawer: seen_through.detach(), "l1": apart.detach()}))
        descent.end()
        self.critic.requires_grad_(requires_grad=True)
        return whole(told)
