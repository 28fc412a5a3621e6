"""A small classifier of 28 to 64 pixels: the eye that generated pictures are judged with."""

from itertools import pairwise

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

from models.layers.initial import he
from models.precision import autocast

EPOCHS = 3
BATCH = 128
PEAK = 3e-3


class Classifier(nn.Module):
    """[N, C, S, S] in [0, 1] → logits [N, K]; `features` gives the [N, 128] before them."""

    def __init__(self, categories: int, *, channels: int = 1, side: int = 28) -> None:
        super().__init__()
        widths = (channels, 32, 64, 128)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(widths)
        )
        self.hidden = nn.Linear(128 * (side // 8) ** 2, 128)
        self.out = nn.Linear(128, categories)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                he(layer)

    def features(self, image: Tensor) -> Tensor:
        h = image * 2 - 1
        for convolution in self.convolutions:
            h = functional.max_pool2d(functional.relu(convolution(h)), 2)
        found: Tensor = functional.relu(self.hidden(h.flatten(1))).float()
        return found

    def forward(self, image: Tensor) -> Tensor:
        kept = functional.dropout(self.features(image), 0.3, self.training)
        logits: Tensor = self.out(kept).float()
        return logits


def taught(
    images: Tensor, labels: Tensor, *, categories: int, seed: int, epochs: int = EPOCHS
) -> Classifier:
    """A classifier that has seen these square pictures (uint8 or [0, 1]) a few times."""
    chance = Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Classifier(categories, channels=images.shape[1], side=images.shape[2])
        return _taught(images, labels, network, chance, epochs=epochs)


def accuracy(network: Classifier, images: Tensor, labels: Tensor) -> float:
    return (predicted(network, images) == labels).double().mean().item()


def predicted(network: Classifier, images: Tensor) -> Tensor:
    """The category [N] the classifier sees in each picture."""
    with torch.inference_mode():
        pieces = [network(unit(piece)).argmax(1) for piece in torch.split(images, 1000)]
    return torch.cat(pieces)


def features(network: Classifier, images: Tensor) -> Tensor:
    """[N, 128] float64."""
    with torch.inference_mode():
        pieces = [network.features(unit(piece)) for piece in torch.split(images, 1000)]
    return torch.cat(pieces).double()


def unit(images: Tensor) -> Tensor:
    return images / 255 if images.dtype == torch.uint8 else images


def _taught(
    images: Tensor, labels: Tensor, network: Classifier, generator: Generator, *, epochs: int
) -> Classifier:
    optimizer = AdamW(network.parameters(), lr=PEAK, betas=(0.9, 0.99), weight_decay=0.05)
    steps = len(images) // BATCH
    schedule = OneCycleLR(optimizer, PEAK, total_steps=epochs * steps)
    for _ in range(epochs):
        rows = torch.randperm(len(images), generator=generator)[: steps * BATCH]
        for chosen in rows.view(steps, BATCH):
            with autocast(images.device, "auto"):
                logits = network(unit(images[chosen]))
            loss = functional.cross_entropy(logits, labels[chosen], label_smoothing=0.05)
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()
    return network.eval()
