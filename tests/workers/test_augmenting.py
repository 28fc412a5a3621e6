"""An order's ranges are the studio's; what stays a photograph is said to be one."""

import torch

from db.operations.augmentation import AugmentPicture
from db.operations.training import Augment, Jitter
from models.images import Loaded
from tests.factories import NOWHERE
from workers.apply import apply
from workers.augmenting import augment_of
from workers.edit import Given

RANGES = {"rotate_deg": 5.0, "flip": True, "crop": 0.1, "scale": 0.2}
LIGHT = {"brightness": 0.1, "contrast": 0.2, "saturation": 0.3, "hue": 0.4}


def test_a_training_and_the_operation_mean_the_same_by_the_same_words() -> None:
    training = Augment(**RANGES, jitter=Jitter(**LIGHT))  # type: ignore[arg-type]
    asked = AugmentPicture(picture=NOWHERE, **RANGES, jitter=Jitter(**LIGHT))  # type: ignore[arg-type]

    found = augment_of(training)

    assert found == augment_of(asked)
    assert {name: getattr(found, name) for name in RANGES} == RANGES
    assert {name: getattr(found.jitter, name) for name in LIGHT} == LIGHT


def test_colours_make_it_enhanced_and_moves_do_not() -> None:
    moved = AugmentPicture(picture=NOWHERE, flip=True, rotate_deg=10.0)
    lit = AugmentPicture(picture=NOWHERE, jitter=Jitter(hue=0.1))

    assert (moved.delivers(), lit.delivers()) == ("original", "enhanced")


def test_a_job_gets_as_many_variants_as_it_asked_for() -> None:
    image = torch.rand(1, 3, 24, 32)
    given = Given({"picture": Loaded(image, None)}, {}, lambda _: None, 7)  # type: ignore[arg-type,return-value]

    made = apply(AugmentPicture(picture=NOWHERE, n=3, rotate_deg=20.0), given)

    assert [one.shape for one in made.images] == [image.shape] * 3
    assert [one["mirrored"] for one in made.details] == [False] * 3
