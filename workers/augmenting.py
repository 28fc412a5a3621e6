"""How far pictures are varied, from an order's words to the studio's."""

from db.operations import training
from models.data.augmentation import Augment, Jitter


def augment_of(asked: training.Augment) -> Augment:
    """The same ranges for a training and for `augment`."""
    jitter = Jitter(**asked.jitter.model_dump())
    return Augment(asked.rotate_deg, asked.flip, asked.crop, asked.scale, jitter)
