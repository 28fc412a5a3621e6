"""How one network goes down its loss: gradients of a batch's pieces, added, clipped, one step."""

import torch
from torch import Tensor, nn

from models.training import together
from models.training.batches import Moment
from models.training.config import TrainConfig
from models.training.optimizers import manner, optimizer_for
from models.training.pieces import Piece
from models.training.schedule import set_rate, share_of_peak


class Descent:
    """A network's optimiser under its schedule."""

    def __init__(self, network: nn.Module, config: TrainConfig) -> None:
        self.optimizer = optimizer_for(network, config)
        self._network = network
        self._how = manner(config)
        self._peak = config.learning_rate

    def begin(self, moment: Moment) -> None:
        """Before the first piece of a batch."""
        set_rate(self.optimizer, self._peak * share_of_peak(self._how.schedule, moment.progress))
        self.optimizer.zero_grad(set_to_none=True)

    def add(self, loss: Tensor, piece: Piece) -> None:
        """The gradient of a piece's mean loss, as heavy as the piece is of its batch."""
        torch.autograd.backward(loss if piece.share == 1 else loss * piece.share)

    def end(self) -> None:
        """One step with all that was added, by all processes."""
        parameters = tuple(one for one in self._network.parameters() if one.requires_grad)
        if together.ranks() > 1:
            together.add_up(_gradient(parameter) for parameter in parameters)
            together.even_out(self._network.buffers())
        if self._how.clip_norm:
            nn.utils.clip_grad_norm_(parameters, self._how.clip_norm)
        self.optimizer.step()


def _gradient(parameter: nn.Parameter) -> Tensor:
    """Zero where this process found none; another may have."""
    if parameter.grad is None:
        parameter.grad = torch.zeros_like(parameter)
    return parameter.grad
