"""How a network is called: its doors, what each takes, and how it sees a large picture."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from models.layers.tiling import Tiling
from models.networks import community
from models.networks.classifier import MIN_SIDE, ProductClassifier
from models.networks.denoiser import Denoiser
from models.networks.gan import Generator
from models.networks.inpainter import Inpainter
from models.networks.matte import MatteNet
from models.networks.restoring import Denoises, Enlarges
from models.networks.style import StyleAutoencoder
from models.networks.translator import TOLD, Translator
from models.networks.upscaler import UpscalerConfig
from models.networks.vae import ConditionalVae
from models.networks.warp import WarpNet
from models.warping.frames import SIDE
from models.weights import Card

Door = Callable[..., Tensor | tuple[Tensor, ...]]


def doors(module: nn.Module) -> dict[str, Door]:
    """The callables that operations may be handed, by name."""
    match module:
        case Generator():
            return {"generate": module.generate, "respond": module.respond}
        case ConditionalVae():
            return {"encode": module.encode, "decode": module.decode, "prior": module.prior}
        case Denoises():
            return {"denoise": module.denoise}
        case ProductClassifier():
            return {"classify": module.classify, "features": module.features}
        case Enlarges():
            return {"upscale": module.upscale}
        case Translator():
            return {"translate": module.translate}
        case Inpainter():
            return {"fill": module.fill}
        case MatteNet():
            return {"matte": module.matte}
        case StyleAutoencoder():
            return {"measure": module.measure, "restyle": module.restyle}
        case WarpNet():
            return {"warp": module.warp}
        case _:
            raise TypeError(f"no doors are known for {type(module).__name__}")


def examples(module: nn.Module) -> dict[str, tuple[Tensor, ...]]:
    """Arguments that each door takes, always the same: to warm it up, and to compare answers."""
    draw = torch.Generator().manual_seed(0)
    match module:
        case Generator(config=config):
            noise = torch.randn(1, config.z_dim, generator=draw)
            return dict.fromkeys(("generate", "respond"), (noise, _first_label()))
        case ConditionalVae(config=config):
            z = torch.randn(1, config.z_dim, generator=draw)
            shape = (1, config.channels, config.image_size, config.image_size)
            image = torch.rand(shape, generator=draw)
            given = {"encode": image, "decode": z, "prior": z}
            return {door: (one, _first_label()) for door, one in given.items()}
        case Denoises(channels=channels):
            image = torch.rand((1, channels, 64, 64), generator=draw)
            return {"denoise": (image, torch.tensor([25.0]))}
        case ProductClassifier(config=config):
            image = torch.rand((1, config.channels, MIN_SIDE, MIN_SIDE), generator=draw)
            return {"classify": (image,), "features": (image,)}
        case Enlarges(channels=channels):
            return {"upscale": (torch.rand((1, channels, 64, 64), generator=draw),)}
        case Translator(config=config):
            shape = (1, TOLD[config.source], config.image_size, config.image_size)
            return {"translate": (torch.rand(shape, generator=draw).round(), _first_label())}
        case Inpainter():
            film, hole = torch.rand((1, 3, 64, 64), generator=draw), torch.zeros(1, 1, 64, 64)
            hole[..., 16:48, 16:48] = 1.0
            return {"fill": (film, hole)}
        case MatteNet():
            return {"matte": (torch.rand((1, 3, 64, 64), generator=draw),)}
        case StyleAutoencoder(code_channels=channels):
            image = torch.rand((1, 3, 64, 64), generator=draw)
            gain, shift = 0.5 + torch.rand(2, 1, channels, generator=draw)
            everything = torch.ones(1, 1, 64, 64)
            return {"measure": (image, everything), "restyle": (image, gain, shift)}
        case WarpNet():
            garment = torch.rand((1, 4, SIDE, SIDE), generator=draw)
            mask = torch.zeros(1, 1, SIDE, SIDE)
            mask[..., 16:80, 16:80] = 1.0
            return {"warp": (garment, mask)}
        case _:
            raise TypeError(f"no doors are known for {type(module).__name__}")


def tiling(card: Card) -> Tiling:
    """How a network that works in tiles, of ours or of others, sees a large picture."""
    if community.is_community(card.config):
        return community.tiling(card.config)
    if card.network == "upscaler":
        return UpscalerConfig(**card.config).tiling
    return StyleAutoencoder.tiling if card.network == "style" else Denoiser.tiling


def _first_label() -> Tensor:
    return torch.zeros(1, dtype=torch.int64)
