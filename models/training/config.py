"""What a training run is told, and the recipes that worked."""

import math
from dataclasses import dataclass, field
from typing import Literal

from models.data.augmentation import Augment
from models.data.diff_augment import DiffAugment
from models.layers.attention import Blocks
from models.losses.adversarial import Adversarial
from models.losses.elbo import Reconstruction
from models.networks.denoiser import TAKES
from models.networks.translator import Source
from models.networks.upscaler import SCALES
from models.networks.vae import Output
from models.precision import Precision
from models.training.schedule import ScheduleName

Network = Literal[
    "gan", "vae", "denoiser", "deblocker", "deblurrer", "classifier", "upscaler", "translator",
    "matte", "style", "inpainter", "warp",
]  # fmt: skip
OptimizerName = Literal["adam", "adamw", "sgd"]


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Everything that decides the result, together with the pictures.

    Attributes:
        network: what is trained.
        epochs: passes over the training pictures.
        batch_size: pictures a step; fewer where the set is smaller.
        learning_rate: the peak of the schedule.
        seed: the same seed gives the same weights on one CPU.
        image_size: 32 or 64; pictures of 24 to 32 or 48 to 64 pixels keep their size.
        channels: 1 grey, 3 colour.
        z_dim: length of the latent vector.
        beta: weight of the VAE's KL term.
        r1_gamma: weight of the GAN's gradient penalty.
        scale: how many times larger the upscaler makes a picture, 2 or 4.
        ema_images: half-life of the weights' running mean.
        precision: of the convolutions; losses and penalties are always float32.
        augment: variations of the training pictures.
        blocks: what a GAN or VAE is built of; with attention it begins as the residual one.
        labelled_share: of the labels, what a classifier is told; the same share of each category.
        pseudo_threshold: how likely a category must be for a classifier to learn from its own
            guess, in a second round; None: it learns from what is labelled alone.
        optimizer: None is the network's own, as are the next three; see `optimizers.USUAL`.
        schedule: how the learning rate goes over the run.
        weight_decay: pull of the weights to zero; L2, decoupled with `adamw`.
        clip_norm: the longest that a network's gradient may be; 0 leaves it as it is.
        accumulate: pieces of `batch_size` pictures whose gradients are added for one step.
        dropout: share of what the last layer of a classifier or discriminator, or the first of a
            VAE's decoder, is told that is left out.
        reconstruction: how far off the VAE's picture is.
        free_bits: of the VAE's KL term, nats a dimension that cost nothing.
        adversarial: what the halves of a GAN, a translator or an inpainter are punished for.
        l1_weight: of a translator's or an inpainter's absolute differences, beside what its critic
            says.
        diff_augment: how everything that the discriminator sees is varied.
        smoothing: share of a label that the other categories get.
        patience: epochs without a better validation score after which the run ends, with the best.
        target: a validation score as cards name it, and how much of it ends the run at once; a run
            that does not come to it fails.
        measured_every: so many epochs are learnt before one is measured; the last always is.
        output: how a VAE's last layer becomes pixels; None: as its reconstruction term wants it.
        widths: channels of each scale of a denoiser, classifier or style; None: as in its file.
        source: what a translator draws from: the pictures' edges, or the label maps they carry.
    """

    network: Network
    epochs: int = 10
    batch_size: int = 64
    learning_rate: float = 1e-3
    seed: int = 0
    image_size: int = 32
    channels: int = 1
    z_dim: int = 64
    beta: float = 1.0
    r1_gamma: float = 0.05
    scale: int = 2
    ema_images: int = 10_000
    precision: Precision = "auto"
    augment: Augment = field(default_factory=Augment)
    blocks: Blocks = "residual"
    labelled_share: float = 1.0
    pseudo_threshold: float | None = None
    optimizer: OptimizerName | None = None
    schedule: ScheduleName | None = None
    weight_decay: float | None = None
    clip_norm: float | None = None
    accumulate: int = 1
    dropout: float = 0.0
    reconstruction: Reconstruction = "gaussian"
    free_bits: float = 0.0
    adversarial: Adversarial = "non_saturating"
    l1_weight: float = 100.0
    diff_augment: DiffAugment = field(default_factory=DiffAugment)
    smoothing: float = 0.1
    patience: int | None = None
    target: tuple[str, float] | None = None
    measured_every: int = 1
    output: Output | None = None
    widths: tuple[int, ...] | None = None
    source: Source = "edges"

    def __post_init__(self) -> None:
        if self.scale not in SCALES:
            raise ValueError(f"expected a scale of 2 or 4, got {self.scale}")
        if self.image_size not in (32, 64) or self.channels not in (1, 3):
            raise ValueError("expected image_size 32 or 64 and channels 1 or 3")
        counts = (self.epochs, self.batch_size, self.z_dim, self.ema_images, self.accumulate)
        if min(counts) < 1:
            raise ValueError("expected at least 1 epoch, picture a step and latent dimension")
        weights = (self.beta, self.r1_gamma, self.free_bits, self.l1_weight)
        if not (self.learning_rate > 0 and min(weights) >= 0):
            raise ValueError("expected a learning rate above 0 and weights of at least 0")
        if not (0 < self.labelled_share <= 1 and 0 < (self.pseudo_threshold or 1) <= 1):
            raise ValueError("expected a labelled_share and a pseudo_threshold above 0, at most 1")
        if self.network not in ("gan", "vae") and self.blocks != "residual":
            raise ValueError("only a GAN or a VAE has blocks with attention")
        if self.network != "classifier" and (self.labelled_share, self.pseudo_threshold) != (
            1,
            None,
        ):
            raise ValueError("only a classifier learns from labels, or gives some itself")
        if not (self.weight_decay or 0) >= 0 or not (self.clip_norm or 0) >= 0:
            raise ValueError("expected a decay and a longest gradient of at least 0")
        if self.widths is not None and self.network not in (*TAKES, "classifier", "style"):
            raise ValueError("only a denoiser or its like, a classifier or a style has widths")
        if self.output is not None and self.network != "vae":
            raise ValueError("only a VAE has an output to choose")
        if self.output == "linear" and self.reconstruction == "bce":
            raise ValueError("binary cross-entropy wants a chance: no linear output")
        if self.source != "edges" and (self.network != "translator" or self.channels != 3):
            raise ValueError("only a translator of colour pictures draws from label maps")
        if self.patience is not None and self.patience < 1:
            raise ValueError("expected patience of at least 1 epoch")
        if self.target is not None and not math.isfinite(self.target[1]):
            raise ValueError("expected a target that is a number")
        if self.measured_every < 1 or (self.measured_every > 1 and self._ends_by_scores):
            raise ValueError("expected each epoch to be measured where patience or a target ends")
        if not (0 <= self.dropout < 1 and 0 <= self.smoothing < 1):
            raise ValueError("expected shares from 0 to below 1")

    @property
    def _ends_by_scores(self) -> bool:
        return self.patience is not None or self.target is not None


RECIPES: dict[Network, TrainConfig] = {
    "gan": TrainConfig("gan", epochs=7, learning_rate=4e-4),
    "vae": TrainConfig("vae", epochs=6, batch_size=128, learning_rate=2e-3, z_dim=32),
    "denoiser": TrainConfig(
        "denoiser", epochs=40, batch_size=16, learning_rate=2e-3, channels=3, image_size=64
    ),
    "deblocker": TrainConfig(
        "deblocker", epochs=40, batch_size=16, learning_rate=2e-3, channels=3, image_size=64
    ),
    "deblurrer": TrainConfig(
        "deblurrer", epochs=40, batch_size=16, learning_rate=2e-3, channels=3, image_size=64
    ),
    "classifier": TrainConfig(
        "classifier", epochs=15, batch_size=256, learning_rate=0.1, augment=Augment(flip=True)
    ),
    "upscaler": TrainConfig(
        "upscaler", epochs=50, batch_size=16, learning_rate=2e-3, channels=3, image_size=64
    ),
    "translator": TrainConfig(
        "translator",
        epochs=20,
        batch_size=16,
        learning_rate=1e-3,
        channels=3,
        image_size=64,
        adversarial="hinge",
        augment=Augment(flip=True),
    ),
    "matte": TrainConfig(
        "matte",
        epochs=20,
        batch_size=16,
        learning_rate=2e-3,
        channels=3,
        image_size=64,
        augment=Augment(flip=True),
    ),
    "inpainter": TrainConfig(
        "inpainter",
        epochs=40,
        batch_size=16,
        learning_rate=5e-4,
        channels=3,
        image_size=64,
        adversarial="hinge",
    ),
    "warp": TrainConfig(
        "warp",
        epochs=40,
        batch_size=12,
        learning_rate=1.5e-3,
        channels=3,
        image_size=64,
        augment=Augment(flip=True),
    ),
    "style": TrainConfig(
        "style", epochs=20, batch_size=16, learning_rate=2e-3, channels=3, image_size=64
    ),
}
"""Where to start; `dataclasses.replace` what should differ."""
