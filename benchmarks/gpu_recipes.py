"""How the networks that ship learn where there is a GPU for some minutes, and from what.

As it ships (`recipes`), but for the epochs: as many are learnt as there is time for, and at most
what is told here. Networks of Fashion-MNIST ship as two cores learnt them; here batches are larger,
and what measures is spared where epochs are short.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from benchmarks.recipes import SHIPPED
from models.data import packed
from models.data import photographs as whole
from models.data.cutouts import CutOuts, Grounds
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


def cut_out(pack: Path) -> CutOuts:
    """The catalogue with how far it covers each pixel, to be put on photographs."""
    seen, cover = as_rendered(pack), packed.read(pack / "catalogue-cover").images
    learnt, held_out = photographs(pack).split()
    images = torch.cat([seen.images, cover], dim=1)
    return CutOuts(
        name=seen.name,
        images=images,
        labels=seen.labels,
        categories=seen.categories,
        validation=seen.validation,
        licence=seen.licence,
        source=f"{seen.source}, on {whole.SOURCE}",
        grounds=Grounds(learnt.images, held_out.images),
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
    "gan-catalogue": Lesson(replace(SHIPPED["gan-catalogue"], epochs=400), as_rendered),
    "vae-catalogue": Lesson(replace(SHIPPED["vae-catalogue"], epochs=150), with_twins),
    "classifier-catalogue": Lesson(replace(SHIPPED["classifier-catalogue"], epochs=80), with_twins),
    "classifier-fashion": Lesson(
        replace(SHIPPED["classifier-fashion"], epochs=60, measured_every=2), fashion
    ),
    "vae-fashion": Lesson(
        replace(SHIPPED["vae-fashion"], epochs=80, batch_size=256, z_dim=64, measured_every=5),
        fashion,
    ),
    "denoise-photo": Lesson(replace(SHIPPED["denoise-photo"], epochs=600), photographs),
    "deblur-photo": Lesson(replace(SHIPPED["deblur-photo"], epochs=600), photographs),
    "inpaint-photo": Lesson(replace(SHIPPED["inpaint-photo"], epochs=400), photographs),
    "matte-catalogue": Lesson(replace(SHIPPED["matte-catalogue"], epochs=150), cut_out),
    "translator-catalogue": Lesson(
        replace(SHIPPED["translator-catalogue"], epochs=100), as_rendered
    ),
    "upscaler-photo-x2": Lesson(SHIPPED["upscaler-photo-x2"], detailed),
    "upscaler-photo-x4": Lesson(SHIPPED["upscaler-photo-x4"], detailed),
}
