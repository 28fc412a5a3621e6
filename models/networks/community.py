"""Networks that others made and trained, through spandrel (the extra `community`), called as ours.

Of the architectures in spandrel's main registry; which one, and with which parameters, is read off
the names and shapes of the tensors. Sides that it cannot take are continued by reflection and cut
off again; one of a single channel mends each colour by itself.
"""

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.failures import CannotDo
from models.layers.tiling import Tiling
from models.networks.restoring import Denoises, Enlarges

DTYPES: Final = (torch.float16, torch.bfloat16, torch.float32, torch.int64)
UNSUPPORTED: Final = "community_unsupported"
_WINDOW: Final = 8
_TILE_PX, _MARGIN_PX = 512, 64
Own = TypeVar("Own", bound="Community")
BROKEN: Final = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError,
    ValueError,
)  # fmt: skip
"""What spandrel raises, whatever is wrong with tensors."""
_BY_CHANCE = (nn.BatchNorm1d, nn.BatchNorm2d, nn.Dropout, nn.Dropout2d)


@dataclass(frozen=True, slots=True)
class CommunityConfig:
    """What spandrel finds in a file of weights.

    Attributes:
        architecture: spandrel's id of it.
        parameters: what it is built with, as far as JSON can say it.
        scale: how many times larger its answer is.
        channels: of the pictures it takes: 3, or 1.
        is_told_sigma: whether it takes the strength of the noise; a blind one estimates it.
        multiple: of which its sides must be.
        minimum: the least side that it takes.
        is_square: whether it takes nothing but squares.
        can_learn: whether its own tensors are a file of the same network again.
    """

    architecture: str
    parameters: dict[str, Any]
    scale: int
    channels: int
    is_told_sigma: bool
    multiple: int
    minimum: int
    is_square: bool
    can_learn: bool


class Community(nn.Module):
    """Somebody's network, which takes pictures of any size, any number of them at once."""

    def __init__(self, network: nn.Module, config: CommunityConfig) -> None:
        super().__init__()
        self.network = network
        self.config = config
        self.channels = config.channels

    def answer(self, x: Tensor, sigma: Tensor | None = None) -> Tensor:
        """For x [N, 1 or 3, H, W] and sigma [N] in 8-bit units: [N, as many, H·scale, W·scale]."""
        seen = x.reshape(-1, self.config.channels, *x.shape[2:])
        padded = _padded(seen, self.config)
        if sigma is not None and self.config.is_told_sigma:
            strength = sigma.repeat_interleave(len(seen) // len(x)) / 255
            noise = strength[:, None, None, None].expand(-1, 1, *padded.shape[2:])
            padded = torch.cat([padded, noise.to(padded.dtype)], dim=1)
        found = self.network(padded.clone())  # some write into what they are given
        output: Tensor = found if isinstance(found, Tensor) else found[0]
        height, width = (side * self.config.scale for side in x.shape[2:])
        return output[..., :height, :width].float().reshape(*x.shape[:2], height, width)


class CommunityDenoiser(Community, Denoises):
    """One that mends; a blind one makes nothing of sigma."""

    def forward(self, x: Tensor, sigma: Tensor) -> Tensor:
        return self.answer(x, sigma)


class CommunityUpscaler(Community, Enlarges):
    """One that makes larger."""

    def __init__(self, network: nn.Module, config: CommunityConfig) -> None:
        super().__init__(network, config)
        self.scale = config.scale

    def forward(self, x: Tensor) -> Tensor:
        return self.answer(x)


def is_community(config: Mapping[str, Any]) -> bool:
    """Whether a card's config is of such a network."""
    return "architecture" in config


def bare(network: nn.Module) -> nn.Module:
    """Somebody's network itself, whose tensors have the names that all the world gives them."""
    return network.network if isinstance(network, Community) else network


def learner(network: Own) -> Own:
    """A copy that learns; what it drops by chance, and statistics of batches, stay as they are."""
    copied = copy.deepcopy(network).train().requires_grad_(requires_grad=True)
    for module in copied.modules():
        if isinstance(module, _BY_CHANCE) or type(module).__name__ == "DropPath":
            module.eval()
    return copied


def tiling(config: Mapping[str, Any]) -> Tiling:
    """Spandrel tells no receptive radius: windows stay aligned, and 64 pixels are seen beyond."""
    multiple = math.lcm(_WINDOW, int(config["multiple"]))
    return Tiling(multiple=multiple, margin=_MARGIN_PX, tile=_TILE_PX)


def network(kind: str, config: CommunityConfig, tensors: Mapping[str, Tensor]) -> Community:
    """The network of a version, by the architecture that its card names.

    Raises:
        CannotDo: `community_not_installed`; `architecture_unknown` to the spandrel that is here;
            `community_unsupported` where these are not its tensors, or mean something else to it.
    """
    support = _spandrel().MAIN_REGISTRY.get(config.architecture)
    if support is None:
        sentence = f"the spandrel that is here knows no architecture {config.architecture!r}"
        raise CannotDo("architecture_unknown", sentence)
    found = loaded(support.architecture, _state(tensors))
    if (found.scale, found.input_channels) != (config.scale, config.channels):
        sentence = f"{config.architecture} was read as another network when it was registered"
        raise CannotDo(UNSUPPORTED, sentence)
    return of_kind(kind, found.model, config)


def detected(tensors: Mapping[str, Tensor]) -> Any:
    """Spandrel's descriptor of a file from anywhere: its network, and what it takes.

    Raises:
        CannotDo: `community_not_installed`, `architecture_unknown`, `community_unsupported`.
    """
    state = _state(tensors)
    for support in _spandrel().MAIN_REGISTRY.architectures("detection"):
        if support.detect(state):
            return loaded(support.architecture, state)
    sentence = "the names of its tensors are of no architecture that spandrel knows"
    raise CannotDo("architecture_unknown", sentence)


def loaded(architecture: Any, state: Mapping[str, Tensor]) -> Any:
    """Spandrel's descriptor of a network of this architecture with these tensors.

    Raises:
        CannotDo: `community_unsupported`.
    """
    try:
        return architecture.load(dict(state))  # which may rename some in what it is given
    except BROKEN as error:
        sentence = f"its tensors do not make a {architecture.name}: {error}"
        raise CannotDo(UNSUPPORTED, sentence) from error


def of_kind(kind: str, network: nn.Module, config: CommunityConfig) -> Community:
    """Behind the doors of a denoiser or of an upscaler."""
    made = CommunityDenoiser if kind == "denoiser" else CommunityUpscaler
    return made(network, config).eval()


def _spandrel() -> Any:
    try:
        import spandrel  # an extra
    except ImportError as error:
        sentence = "a network that others made wants the extra: pip install 'packshot[community]'"
        raise CannotDo("community_not_installed", sentence) from error
    return spandrel


def _state(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """By the names that architectures are known by, in float32."""
    wide = {name: one.float() if one.is_floating_point() else one for name, one in tensors.items()}
    return dict(_spandrel().canonicalize_state_dict(wide))


def _padded(x: Tensor, config: CommunityConfig) -> Tensor:
    """As large as it must be, continued at the right and below."""
    sides = [-(-max(s, config.minimum) // config.multiple) * config.multiple for s in x.shape[2:]]
    height, width = [max(sides)] * 2 if config.is_square else sides
    while x.shape[2:] != (height, width):
        more = [
            min(to - s, max(s - 1, 1)) for to, s in zip((height, width), x.shape[2:], strict=True)
        ]
        how = "reflect" if min(x.shape[2:]) > 1 else "replicate"
        x = functional.pad(x, (0, more[1], 0, more[0]), how)
    return x
