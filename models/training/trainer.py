"""What every trainer can do, and which network has which."""

from typing import Protocol, assert_never

import torch
from torch import Tensor, nn
from torch.optim.optimizer import Optimizer

from models.data import label_maps
from models.data.cutouts import CHANNELS, CutOuts
from models.data.image_set import ImageSet, Part
from models.networks import classifier, denoiser, style
from models.networks.classifier import ClassifierConfig
from models.networks.denoiser import Denoiser, DenoiserConfig
from models.networks.gan import GanConfig
from models.networks.inpainter import InpainterConfig
from models.networks.matte import MatteConfig
from models.networks.restoring import Denoises, Enlarges
from models.networks.style import StyleConfig
from models.networks.translator import TranslatorConfig
from models.networks.upscaler import Upscaler, UpscalerConfig
from models.networks.vae import Output, VaeConfig
from models.networks.warp import WarpConfig
from models.training.batches import Batch, Moment, image_size_for
from models.training.classifier import ClassifierTrainer
from models.training.config import TrainConfig
from models.training.denoiser import DenoiserTrainer
from models.training.ema import Ema
from models.training.gan import GanTrainer
from models.training.inpainter import InpainterTrainer
from models.training.matte import MatteTrainer
from models.training.style import StyleTrainer
from models.training.translator import TranslatorTrainer
from models.training.upscaler import UpscalerTrainer
from models.training.vae import VaeTrainer
from models.training.warp import WarpTrainer
from models.training.watch import TrainingError


class Trainer(Protocol):
    """Networks, their optimisers, and the running mean that is kept in the end."""

    networks: dict[str, nn.Module]
    ema: Ema
    optimizers: dict[str, Optimizer]

    def step(self, batch: Batch, moment: Moment) -> dict[str, Tensor]:
        """Learn from one batch; losses by name."""

    def restored(self, batch: Batch) -> tuple[Tensor, Tensor] | None:
        """References and what the kept network makes of them; None where there is none."""

    def scores(self, learning: Part, held_out: Part) -> dict[str, float]:
        """Validation scores of what has no reference picture, the one that decides first."""

    def finish(self, learning: Part, held_out: Part) -> None:
        """What is fitted once the network has learnt."""


def trainer_for(
    config: TrainConfig,
    images: ImageSet,
    device: torch.device,
    *,
    theirs: Denoises | Enlarges | None = None,
) -> Trainer:
    """A fresh trainer; its weights depend on the seed alone.

    With `theirs` that network learns, which is of an architecture that we cannot make anew.
    """
    match theirs:
        case None:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(config.seed)
                return _fresh(config, images, device)
        case Denoises():
            return DenoiserTrainer(config, theirs, device)
        case Enlarges():
            return UpscalerTrainer(config, theirs, device)


def _fresh(config: TrainConfig, images: ImageSet, device: torch.device) -> Trainer:
    size, count = image_size_for(config, images), len(images.categories)
    match config.network:
        case "gan":
            gan = GanConfig(count, config.channels, size, config.z_dim, blocks=config.blocks)
            return GanTrainer(config, gan, device)
        case "vae":
            # A chance of a white pixel must be one; everything else learns better without.
            usual: Output = "sigmoid" if config.reconstruction == "bce" else "linear"
            vae = VaeConfig(
                *(count, config.channels, size, config.z_dim),
                blocks=config.blocks,
                output=config.output or usual,
            )
            return VaeTrainer(config, vae, device)
        case "denoiser" | "deblocker" | "deblurrer" as network:
            widths = config.widths or denoiser.WIDTHS
            mends = DenoiserConfig(widths=widths, takes=denoiser.TAKES[network])
            return DenoiserTrainer(config, Denoiser(mends), device)
        case "classifier":
            widths = config.widths or classifier.WIDTHS
            reads = ClassifierConfig(count, config.channels, widths)
            return ClassifierTrainer(config, reads, device)
        case "upscaler":
            return UpscalerTrainer(config, Upscaler(UpscalerConfig(config.scale)), device)
        case "translator":
            _refuse_without_maps(config, images)
            translator = TranslatorConfig(count, config.channels, size, source=config.source)
            return TranslatorTrainer(config, translator, device)
        case "inpainter":
            return InpainterTrainer(config, InpainterConfig(), device)
        case "matte":
            if not isinstance(images, CutOuts):
                raise TrainingError("no_transparency", "a matte is learnt from cut-out pictures")
            return MatteTrainer(config, MatteConfig(), images.grounds, device)
        case "warp":
            if images.images.shape[1] != CHANNELS:
                raise TrainingError("no_transparency", "a warp is learnt from cut-out garments")
            return WarpTrainer(config, WarpConfig(), device)
        case "style":
            widths = config.widths or style.WIDTHS
            return StyleTrainer(config, StyleConfig(widths), device)
        case never:
            assert_never(never)


def _refuse_without_maps(config: TrainConfig, images: ImageSet) -> None:
    if config.source == "labels" and images.images.shape[1] != label_maps.CHANNELS:
        sentence = "label maps are learnt from cut-out pictures, which carry them along"
        raise TrainingError("no_transparency", sentence)
