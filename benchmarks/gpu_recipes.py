"""How the networks that ship learn where there is a GPU for some minutes, and from what.

Epochs are not told: as many are learnt as there is time for, `most_epochs` at most. Batches are as
large as an H100 takes in the time of its smallest ones, and what measures is spared where epochs
are short.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import photo_recipes
from models.data import packed
from models.data import photographs as whole
from models.data.augmentation import Augment
from models.data.diff_augment import DiffAugment
from models.data.image_set import ImageSet
from models.training.config import TrainConfig


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one network learns, and how.

    Attributes:
        config: its epochs are the most that do it good.
        pictures: reads them from the folder of the pack.
    """

    config: TrainConfig
    pictures: Callable[[Path], ImageSet]


def fashion(pack: Path) -> ImageSet:
    return packed.read(pack / "fashion-mnist")


def with_twins(pack: Path) -> ImageSet:
    return packed.read(pack / "catalogue")


def as_rendered(pack: Path) -> ImageSet:
    """Without the recoloured twins of what is learnt from, which come last."""
    both = with_twins(pack)
    learning, _ = both.split()
    count = len(both) - len(learning) // 2
    return replace(
        both,
        images=both.images[:count],
        labels=both.labels[:count],
        validation=both.validation[both.validation < count],
    )


def photographs(pack: Path) -> ImageSet:
    return packed.read(pack / "photographs")


def detailed(pack: Path) -> ImageSet:
    return whole.detailed(photographs(pack))


LESSONS = {
    "gan-fashion": Lesson(
        TrainConfig(
            "gan",
            epochs=100,
            batch_size=128,
            learning_rate=4e-4,
            ema_images=50_000,
            measured_every=5,
        ),
        fashion,
    ),
    "gan-catalogue": Lesson(
        TrainConfig(
            "gan",
            epochs=400,
            batch_size=64,
            learning_rate=4e-4,
            image_size=64,
            channels=3,
            r1_gamma=0.5,
            ema_images=50_000,
            augment=Augment(flip=True),
            diff_augment=DiffAugment(("color", "translation", "cutout")),
            measured_every=20,
        ),
        as_rendered,
    ),
    "vae-catalogue": Lesson(
        TrainConfig(
            "vae",
            epochs=150,
            batch_size=128,
            learning_rate=5e-4,
            image_size=64,
            channels=3,
            ema_images=50_000,
            augment=Augment(flip=True),
            measured_every=5,
        ),
        with_twins,
    ),
    "classifier-catalogue": Lesson(
        TrainConfig(
            "classifier",
            epochs=80,
            batch_size=256,
            learning_rate=0.08,
            image_size=64,
            channels=3,
            augment=Augment(flip=True, rotate_deg=15.0, crop=0.08, scale=0.25),
            weight_decay=1e-3,
            dropout=0.3,
        ),
        with_twins,
    ),
    "classifier-fashion": Lesson(
        TrainConfig(
            "classifier",
            epochs=60,
            batch_size=256,
            learning_rate=0.1,
            augment=Augment(flip=True),
            measured_every=2,
        ),
        fashion,
    ),
    "vae-fashion": Lesson(
        TrainConfig("vae", epochs=80, batch_size=256, learning_rate=2e-3, measured_every=5),
        fashion,
    ),
    "denoise-photo": Lesson(
        TrainConfig(
            "denoiser",
            epochs=600,
            batch_size=32,
            learning_rate=1.5e-3,
            image_size=64,
            channels=3,
            ema_images=20_000,
            measured_every=5,
        ),
        photographs,
    ),
    "upscaler-photo-x2": Lesson(replace(photo_recipes.upscaler(2), measured_every=5), detailed),
    "upscaler-photo-x4": Lesson(replace(photo_recipes.upscaler(4), measured_every=5), detailed),
}
