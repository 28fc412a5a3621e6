"""What a file of weights from anywhere is, tried out: it must answer here as spandrel has it."""

from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor

from models.failures import CannotDo
from models.networks import community
from models.networks.community import BROKEN, UNSUPPORTED, Community, CommunityConfig

USUAL_SIGMA: Final = 15.0
"""In 8-bit units: what spandrel tells a network of the noise, as nobody tells spandrel."""
MOST_APART: Final = 0.01


def examined(kind: str, tensors: Mapping[str, Tensor]) -> CommunityConfig:
    """The architecture of these tensors, and what it takes and gives.

    Args:
        kind: "denoiser" or "upscaler".
        tensors: by name, of a file from anywhere.

    Raises:
        CannotDo: `community_not_installed`, `architecture_unknown`, `network_unfit` where it is of
            the other kind, or `community_unsupported` with the reason.
    """
    found = community.detected(tensors)
    config = _config(found)
    _refuse_other_kind(kind, found, config)
    _refuse_other_answers(found, community.of_kind(kind, found.model, config))
    return config


def _config(found: Any) -> CommunityConfig:
    size = found.size_requirements
    architecture = str(found.architecture.id)
    return CommunityConfig(
        architecture=architecture,
        parameters=_parameters(found),
        scale=int(found.scale),
        channels=int(found.input_channels),
        is_told_sigma=architecture == "DRUNet" or "FDnCNN" in found.tags,
        multiple=int(size.multiple_of),
        minimum=int(size.minimum),
        is_square=bool(size.square),
        can_learn=_is_found_again(found),
    )


def _parameters(found: Any) -> dict[str, Any]:
    return {name: _plain(one) for name, one in getattr(found.model, "hyperparameters", {}).items()}


def _plain(value: Any) -> Any:
    """As JSON keeps it."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case list() | tuple():
            return [_plain(one) for one in value]
        case _:
            return getattr(value, "__name__", type(value).__name__)


def _is_found_again(found: Any) -> bool:
    try:
        again = community.loaded(found.architecture, found.model.state_dict())
    except CannotDo:
        return False
    return _parameters(again) == _parameters(found)


def _refuse_other_kind(kind: str, found: Any, config: CommunityConfig) -> None:
    if found.purpose not in ("SR", "Restoration"):
        raise CannotDo(UNSUPPORTED, f"{config.architecture} is for {found.purpose}")
    if config.channels not in (1, 3) or found.output_channels != config.channels:
        channels = f"{config.channels} channels and gives {found.output_channels}"
        raise CannotDo(UNSUPPORTED, f"{config.architecture} takes {channels}: 3 or 1 are served")
    if (kind == "denoiser") != (config.scale == 1):
        sentence = f"it enlarges ×{config.scale}: a denoiser is ×1, an upscaler more"
        raise CannotDo("network_unfit", sentence)


def _refuse_other_answers(found: Any, ours: Community) -> None:
    """Two pictures at once, in the order of pixels that serving takes, are as spandrel has them."""
    config, chance = ours.config, torch.Generator().manual_seed(0)
    images = torch.rand((2, config.channels, 40, 56), generator=chance)
    sigma = torch.full((2,), USUAL_SIGMA)
    try:
        with torch.no_grad():
            wanted = torch.cat([found(image.clone()) for image in torch.split(images, 1)])
            given = ours.to(memory_format=torch.channels_last).answer(images, sigma).clamp(0, 1)
    except BROKEN as error:
        sentence = f"a {config.architecture} does not answer as it is served: {error}"
        raise CannotDo(UNSUPPORTED, sentence) from error
    if not (given - wanted).abs().max() <= MOST_APART:
        sentence = f"a {config.architecture} answers otherwise than spandrel has it"
        raise CannotDo(UNSUPPORTED, sentence)
