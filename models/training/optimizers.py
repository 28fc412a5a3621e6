"""Which optimiser a network learns with, and under which schedule: its usual one, or as it is told.

Adam: Kingma & Ba 2015; AdamW: Loshchilov & Hutter 2019; SGD with Nesterov's momentum: Sutskever et
al. 2013.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, assert_never

from torch import nn
from torch.optim import SGD, Adam, AdamW
from torch.optim.optimizer import Optimizer

from models.training.config import Network, OptimizerName, TrainConfig
from models.training.schedule import ScheduleName

MOMENTUM = 0.9


@dataclass(frozen=True, slots=True)
class Usual:
    """How a network learns unless it is told otherwise.

    Attributes:
        betas: of Adam and AdamW.
        clip_norm: 0 leaves gradients as they are.
        spares_gains: whether gains and offsets are left out of the decay.
    """

    optimizer: OptimizerName
    schedule: ScheduleName
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.0
    clip_norm: float = 0.0
    spares_gains: bool = False


USUAL: Final[Mapping[Network, Usual]] = {
    "gan": Usual("adam", "linear", betas=(0.0, 0.99)),
    "vae": Usual("adamw", "one_cycle", weight_decay=0.01, clip_norm=5.0),
    "denoiser": Usual("adamw", "one_cycle", clip_norm=1.0),
    "deblocker": Usual("adamw", "one_cycle", clip_norm=1.0),
    "deblurrer": Usual("adamw", "one_cycle", clip_norm=1.0),
    "upscaler": Usual("adamw", "one_cycle", clip_norm=1.0),
    "translator": Usual("adam", "linear", betas=(0.5, 0.99)),
    "inpainter": Usual("adam", "linear", betas=(0.5, 0.99)),
    "style": Usual("adamw", "one_cycle", clip_norm=1.0),
    "warp": Usual("adam", "one_cycle", clip_norm=1.0),
    "matte": Usual("adamw", "one_cycle", weight_decay=0.01, clip_norm=1.0),
    "classifier": Usual("sgd", "one_cycle", weight_decay=5e-4, spares_gains=True),
}


def manner(config: TrainConfig) -> Usual:
    """The network's usual manner, and where the run was told otherwise, that."""
    told: dict[str, Any] = {
        "optimizer": config.optimizer,
        "schedule": config.schedule,
        "weight_decay": config.weight_decay,
        "clip_norm": config.clip_norm,
    }
    given = {name: value for name, value in told.items() if value is not None}
    return replace(USUAL[config.network], **given)


def optimizer_for(network: nn.Module, config: TrainConfig) -> Optimizer:
    how = manner(config)
    groups, rate = _groups(network, how), config.learning_rate
    match how.optimizer:
        case "adam":
            return Adam(groups, lr=rate, betas=how.betas)
        case "adamw":
            return AdamW(groups, lr=rate, betas=how.betas)
        case "sgd":
            return SGD(groups, lr=rate, momentum=MOMENTUM, nesterov=True)
        case never:
            assert_never(never)


def _groups(network: nn.Module, how: Usual) -> list[dict[str, Any]]:
    parameters = tuple(network.parameters())
    if not how.spares_gains:
        return [{"params": parameters, "weight_decay": how.weight_decay}]
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": how.weight_decay},
        {"params": [p for p in parameters if p.ndim == 1], "weight_decay": 0.0},
    ]
