"""What the upscalers that are to ship learn of photographs, and how: for a device with room."""

from dataclasses import replace

from models.training.config import RECIPES, TrainConfig

EPOCHS = 240
BATCH_SIZE = 32


def upscaler(scale: int) -> TrainConfig:
    """Five times as long as the usual recipe, in larger batches: for a graphics card."""
    return replace(RECIPES["upscaler"], scale=scale, epochs=EPOCHS, batch_size=BATCH_SIZE)
