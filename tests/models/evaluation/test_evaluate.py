"""A version is measured on held-out pictures, beside its baseline and beside what serves."""

from dataclasses import replace

import pytest
import torch
from torch import Generator, Tensor, nn

from models.data.image_set import ImageSet, Part
from models.evaluation.contender import Contender
from models.evaluation.evaluate import evaluate
from models.evaluation.judge import Judge
from models.failures import CannotDo
from models.metrics.psnr import psnr_db
from models.networks.vae import ConditionalVae, VaeConfig

CPU = torch.device("cpu")
CATEGORIES = ("bag", "shoe")
SIDE = 28


class _Perfect(ConditionalVae):
    """Keeps the picture itself, and gives it back with an error of its own."""

    def __init__(self, config: VaeConfig, error: float) -> None:
        super().__init__(config)
        self.error = error

    def encode(self, image: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        return image.flatten(1), label

    def decode(self, z: Tensor, label: Tensor) -> Tensor:
        side = self.config.image_size
        image = z.reshape(len(label), self.config.channels, side, side)
        worse = torch.where(label == 1, 2.0, 1.0) * self.error  # shoes are harder
        return (image - worse[:, None, None, None]).clamp(0, 1)


def nobody(part: Part) -> Judge:
    raise AssertionError("a network that gives pictures back needs no judge")


def _contender(
    error: float, categories: tuple[str, ...] = CATEGORIES, **config: int
) -> Contender[nn.Module]:
    shape = VaeConfig(len(categories), channels=1, image_size=SIDE, z_dim=4)
    return Contender(_Perfect(replace(shape, **config), error), categories)


def _images(count: int = 40, categories: tuple[str, ...] = CATEGORIES) -> ImageSet:
    draw = Generator().manual_seed(1)
    return ImageSet(
        "noise",
        torch.randint(80, 256, (count, 1, SIDE, SIDE), generator=draw).byte(),
        torch.arange(count) % len(categories),
        categories,
        torch.randperm(count, generator=draw)[: count // 4],
        "CC0",
        "made here",
    )


def test_the_numbers_are_those_of_the_held_out_pictures_alone():
    images = _images()
    _, held_out = images.split()

    found = evaluate(_contender(0.1), images, incumbent=None, teach=nobody, device=CPU)

    network = _contender(0.1).network
    assert isinstance(network, ConditionalVae)
    given = held_out.images / 255
    back = network.decode(network.encode(given, held_out.labels)[0], held_out.labels)
    back = (back * 255).round() / 255
    assert found.pictures == 10
    assert found.digest == held_out.digest()
    assert found.value == pytest.approx(psnr_db(back, given).mean().item())
    assert found.scores["psnr_db"] == found.value
    assert 0 < found.scores["ssim"] < 1
    assert found.ms_per_picture is not None
    assert found.peak_memory_mb is not None


def test_of_noise_no_linear_code_keeps_much_and_the_candidate_is_ahead_of_it():
    found = evaluate(_contender(0.01), _images(), incumbent=None, teach=nobody, device=CPU)

    assert found.baseline == "4 principal components"
    assert found.beats_baseline
    assert found.beats_incumbent is None


def test_a_network_that_gives_nothing_back_does_not_beat_the_baseline():
    found = evaluate(_contender(1.0), _images(), incumbent=None, teach=nobody, device=CPU)

    assert not found.beats_baseline
    assert found.over_baseline.is_behind


def test_the_better_of_two_is_ahead_and_the_worse_is_not():
    images = _images()
    better, worse = _contender(0.02), _contender(0.05)

    assert evaluate(better, images, incumbent=worse, teach=nobody, device=CPU).beats_incumbent
    assert (
        evaluate(worse, images, incumbent=better, teach=nobody, device=CPU).beats_incumbent is False
    )
    assert (
        evaluate(worse, images, incumbent=worse, teach=nobody, device=CPU).beats_incumbent is False
    )


def test_the_same_categories_in_another_order_are_the_same_categories():
    other = _contender(0.05, ("shoe", "bag"))

    found = evaluate(_contender(0.02), _images(), incumbent=other, teach=nobody, device=CPU)

    assert found.over_incumbent is not None
    assert found.over_incumbent.pictures == 10


def test_a_category_that_became_worse_is_named_whatever_the_mean_says():
    class Forgetful(_Perfect):
        def decode(self, z: Tensor, label: Tensor) -> Tensor:
            image = super().decode(z, label)
            return torch.where((label == 1)[:, None, None, None], image * 0.5, image)

    config = VaeConfig(2, channels=1, image_size=SIDE, z_dim=4)
    candidate = Contender(Forgetful(config, 0.002), CATEGORIES)

    found = evaluate(candidate, _images(), incumbent=_contender(0.03), teach=nobody, device=CPU)

    assert found.fallen == ("shoe",)
    assert found.categories["bag"].lead is not None
    assert found.categories["bag"].lead.is_sure


def test_a_new_category_is_measured_and_not_compared():
    images = _images(60, ("bag", "hat", "shoe"))

    found = evaluate(
        _contender(0.02, ("bag", "hat", "shoe")),
        images,
        incumbent=_contender(0.05),
        teach=nobody,
        device=CPU,
    )

    assert found.categories["hat"].lead is None
    assert found.over_incumbent is not None
    assert found.over_incumbent.pictures == found.pictures - found.categories["hat"].pictures


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (_contender(0.1, image_size=32), "for 32 pixels"),
        (_contender(0.1, channels=3), "3 channels"),
        (_contender(0.1, ("hat", "scarf")), "none of these categories"),
    ],
    ids=["size", "channels", "categories"],
)
def test_what_cannot_be_compared_is_said_and_not_compared(other: Contender[nn.Module], why: str):
    found = evaluate(_contender(0.1), _images(), incumbent=other, teach=nobody, device=CPU)

    assert found.unlike is not None
    assert why in found.unlike
    assert found.beats_incumbent is None


def test_pictures_of_categories_that_it_does_not_know_are_left_out():
    images = _images(60, ("bag", "hat", "shoe"))

    found = evaluate(_contender(0.02), images, incumbent=None, teach=nobody, device=CPU)

    assert set(found.categories) == {"bag", "shoe"}
    assert found.pictures == sum(one.pictures for one in found.categories.values())


def test_where_it_knows_no_category_nothing_is_measured():
    with pytest.raises(CannotDo, match="no held-out picture") as caught:
        evaluate(_contender(0.1, ("hat",)), _images(), incumbent=None, teach=nobody, device=CPU)

    assert caught.value.code == "nothing_held_out"


def test_a_picture_given_back_to_the_last_bit_counts_a_hundred():
    found = evaluate(_contender(0.0), _images(), incumbent=None, teach=nobody, device=CPU)

    assert found.value == 100.0
