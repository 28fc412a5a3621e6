"""A matte is measured on held-out products on held-out grounds, beside the classical cut-out."""

from dataclasses import fields
from typing import NoReturn

import pytest
import torch
from torch import Generator, Tensor

from models.data.composites import composed
from models.data.image_set import ImageSet
from models.evaluation.contender import Contender
from models.evaluation.cutting import SEED, iou
from models.evaluation.evaluate import evaluate
from models.failures import CannotDo
from models.networks.matte import MatteConfig, MatteNet
from tests.cutouts import cutouts

CPU = torch.device("cpu")
SMALL = MatteConfig(view=16, levels=(8, 8), rim_width=4, rim_depth=2)


class _Knowing(MatteNet):
    """Finds a share of the exact matte, which it knows: the rest of the picture is ground to it."""

    def __init__(self, share: float) -> None:
        super().__init__(SMALL)
        self.share = share
        images = cutouts(side=48, held_out=8)
        chance = Generator().manual_seed(SEED)
        _, held_out = images.split()
        self.alpha = composed(held_out.images / 255, images.grounds.held_out, chance).alpha

    def matte(self, x: Tensor) -> Tensor:
        columns = torch.arange(x.shape[-1]) < self.share * x.shape[-1]
        return self.alpha[: len(x)] * columns


def _never(*_args: object) -> NoReturn:
    pytest.fail("a matte needs no judge")


def _found(share: float, incumbent: float | None = None, images: ImageSet | None = None):
    return evaluate(
        Contender(_Knowing(share), ("other",)),
        images or cutouts(side=48, held_out=8),
        incumbent=None if incumbent is None else Contender(_Knowing(incumbent), ("more",)),
        teach=_never,
        device=CPU,
    )


def test_who_knows_the_mattes_has_all_of_them():
    found = _found(1.0)

    assert (found.measure, found.value, found.pictures) == ("iou", 1.0, 8)
    assert found.scores["mae"] < 0.002  # rounding to a file's levels
    assert found.baseline == "the classical cut-out"
    assert {name: one.pictures for name, one in found.categories.items()} == {"a": 4, "b": 4}


def test_the_classical_cut_out_is_measured_on_the_same_pictures():
    found = _found(1.0)

    assert 0.2 < found.over_baseline.other < 1
    assert found.scores["mae_classical"] > found.scores["mae"]


def test_who_finds_half_of_each_product_has_half_the_area():
    found = _found(0.5)

    assert 0.3 < found.value < 0.7
    assert not found.beats_baseline


def test_what_serves_is_measured_on_the_same_grounds():
    assert _found(0.9, incumbent=0.4).beats_incumbent
    assert _found(0.4, incumbent=0.9).beats_incumbent is False


def test_pictures_that_are_not_cut_out_measure_nothing():
    images = cutouts(side=48)
    opaque = {field.name: getattr(images, field.name) for field in fields(ImageSet)}

    with pytest.raises(CannotDo) as caught:
        _found(1.0, images=ImageSet(**{**opaque, "images": images.images[:, :3]}))

    assert caught.value.code == "no_transparency"


def test_two_mattes_are_compared_where_more_than_half_is_covered():
    made = torch.tensor([[0.6, 0.4, 0.9, 0.1], [0.0, 0.2, 0.0, 0.0]]).view(2, 1, 2, 2)
    exact = torch.tensor([[1.0, 1.0, 0.7, 0.0], [0.1, 0.0, 0.0, 0.0]]).view(2, 1, 2, 2)

    assert iou(made, exact).tolist() == pytest.approx([2 / 3, 1.0])
