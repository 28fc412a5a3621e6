"""A part of Fashion-MNIST on which trainings are compared: small enough for minutes."""

from dataclasses import replace

import torch

from models.data import fashion_mnist
from models.data.image_set import ImageSet

HELD_OUT = 2_000


def part(pictures: int) -> ImageSet:
    """The first so many to learn from, and the first 2,000 of those that are held out."""
    images = fashion_mnist.read()
    rows = torch.cat([torch.arange(pictures), images.validation[:HELD_OUT]])
    return replace(
        images,
        images=images.images[rows],
        labels=images.labels[rows],
        validation=torch.arange(pictures, len(rows)),
    )
