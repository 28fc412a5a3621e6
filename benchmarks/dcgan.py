"""The DCGAN recipe of pytorch/examples (Radford et al. 2016), with which people start.

Written anew: strided convolutions with BatchNorm, weights from N(0, 0.02), BCE, Adam at 2e-4 with
betas 0.5 and 0.999, batches of 64, noise of 100 numbers; at 32 pixels one layer less than at 64. So
that it can be asked for a category, both halves get it as more channels, 0 or 1 (Mirza & Osindero
2014). Pictures [N, 1, 28, 28] in [0, 1]; inside they lie on a grid of 32 in [-1, 1].
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Adam

from models.data.image_set import Part
from models.layers.grid import crop, pad
from models.precision import autocast

GRID = 32
SIDE = 28
NOISE = 100
WIDTH = 64
BATCH = 64
RATE = 2e-4
BETAS = (0.5, 0.999)

Progress = Callable[[int, int], None]


class Generator(nn.Module):
    """noise [N, 100] and label [N] → [N, 1, 28, 28] in [0, 1]."""

    def __init__(self, categories: int) -> None:
        super().__init__()
        self.categories = categories
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(NOISE + categories, 4 * WIDTH, 4, 1, 0, bias=False),
            *_normed(4 * WIDTH, nn.ReLU()),
            nn.ConvTranspose2d(4 * WIDTH, 2 * WIDTH, 4, 2, 1, bias=False),
            *_normed(2 * WIDTH, nn.ReLU()),
            nn.ConvTranspose2d(2 * WIDTH, WIDTH, 4, 2, 1, bias=False),
            *_normed(WIDTH, nn.ReLU()),
            nn.ConvTranspose2d(WIDTH, 1, 4, 2, 1, bias=False),
        )
        self.apply(_initial)

    def forward(self, noise: Tensor, label: Tensor) -> Tensor:
        asked = torch.cat([noise, functional.one_hot(label, self.categories)], dim=1)
        drawn = self.layers(asked[:, :, None, None]).float()
        return crop((drawn.tanh() + 1) / 2, size=SIDE)


class Discriminator(nn.Module):
    """[N, 1, 28, 28] in [0, 1] and label [N] → logit [N] of being real."""

    def __init__(self, categories: int) -> None:
        super().__init__()
        self.categories = categories
        leaky = nn.LeakyReLU(0.2)
        self.layers = nn.Sequential(
            nn.Conv2d(1 + categories, WIDTH, 4, 2, 1, bias=False),
            leaky,
            nn.Conv2d(WIDTH, 2 * WIDTH, 4, 2, 1, bias=False),
            *_normed(2 * WIDTH, leaky),
            nn.Conv2d(2 * WIDTH, 4 * WIDTH, 4, 2, 1, bias=False),
            *_normed(4 * WIDTH, leaky),
            nn.Conv2d(4 * WIDTH, 1, 4, 1, 0, bias=False),
        )
        self.apply(_initial)

    def forward(self, image: Tensor, label: Tensor) -> Tensor:
        planes = functional.one_hot(label, self.categories)[:, :, None, None]
        shown = pad(image * 2 - 1, grid=GRID, value=-1.0)
        given = torch.cat([shown, planes.expand(-1, -1, GRID, GRID)], dim=1)
        logit: Tensor = self.layers(given).float().flatten()
        return logit


def trained(
    part: Part, *, categories: int, steps: int, seed: int, on_progress: Progress
) -> Generator:
    """The generator after so many steps of 64 pictures, in evaluation."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator, discriminator = Generator(categories), Discriminator(categories)
        optimizers = [
            Adam(network.parameters(), lr=RATE, betas=BETAS)
            for network in (generator, discriminator)
        ]
        for step in range(steps):
            rows = torch.randint(len(part), (BATCH,))
            batch = Part(part.images[rows] / 255, part.labels[rows])
            _step(generator, discriminator, optimizers, batch)
            on_progress(step + 1, steps)
    return generator.eval()


def _step(
    generator: Generator, discriminator: Discriminator, optimizers: list[Adam], batch: Part
) -> None:
    """The discriminator on real and drawn pictures, then the generator against it."""
    cpu = batch.images.device
    of_generator, of_discriminator = optimizers
    with autocast(cpu, "auto"):
        drawn = generator(torch.randn(len(batch), NOISE), batch.labels)
        real = discriminator(batch.images, batch.labels)
        fake = discriminator(drawn.detach(), batch.labels)
    _descend(of_discriminator, _bce(real, real=True) + _bce(fake, real=False))
    with autocast(cpu, "auto"):
        fooled = discriminator(drawn, batch.labels)
    _descend(of_generator, _bce(fooled, real=True))


def _descend(optimizer: Adam, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    optimizer.step()


def _bce(logit: Tensor, *, real: bool) -> Tensor:
    wanted = torch.full_like(logit, float(real))
    return functional.binary_cross_entropy_with_logits(logit, wanted)


def _normed(channels: int, activation: nn.Module) -> tuple[nn.Module, nn.Module]:
    return nn.BatchNorm2d(channels), activation


def _initial(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)
        nn.init.zeros_(layer.bias)
